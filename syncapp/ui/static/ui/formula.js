// Makes an editor of every <textarea data-formula>; the text area keeps the text and stays the
// form's field. Attributes name elements of the page: data-result (shows the value), data-record
// (its value is the record as JSON), data-fields (a list of the source's fields). Without a
// data-result the value is shown by the nearest data-formula-result, which may name a connection.
(() => {
  "use strict";
  const script = document.currentScript;
  const CM = window.CodeMirror;
  const { mode, proposals, helper, pathsOf } = window.formulaWords;
  const WAIT = 300;

  /**
   * @typedef {{start: number, end: number, text: string, shown: string, kind: string | null, error: string}} Step
   * @typedef {{start: number, end: number, message: string, suggestion: string, kind: string}} Trouble
   * @typedef {{kind: string | null, shown: string, error: Trouble | null, steps: Step[], fields: {name: string, start: number, end: number}[], html: string}} Answer
   */

  const announce = (text) => {
    const line = document.getElementById("announce");
    if (line && line.textContent !== text) line.textContent = text;
  };

  /** The server counts characters, an editor halves of them. */
  const places = (text) => {
    const characters = [...text];
    const at = [0];
    for (const character of characters) at.push(at[at.length - 1] + character.length);
    return (place) => at[Math.min(place, characters.length)];
  };

  /** @type {Map<string, string>} the record that was last seen in an element */
  const remembered = new Map();

  /** @type {Promise<any> | null} */
  let words = null;
  /** What the language and the tenant call things; null if it cannot be had, and then it is asked for again. */
  const vocabulary = () => {
    words ??= fetch(script.dataset.words, { headers: { Accept: "application/json" } })
      .then((response) => (response.ok ? response.json() : null))
      .catch(() => null)
      .then((found) => { if (!found) words = null; return found; });
    return words;
  };

  // Look --------------------------------------------------------------------------------------
  const { tags } = CM;
  const look = CM.HighlightStyle.define([
    { tag: tags.string, class: "formula-text" },
    { tag: tags.number, class: "formula-number" },
    { tag: [tags.keyword, tags.atom], class: "formula-word" },
    { tag: tags.function(tags.variableName), class: "formula-call" },
    { tag: [tags.operator, tags.punctuation, tags.bracket], class: "formula-sign" },
  ]);
  const language = CM.StreamLanguage.define(mode);

  // A part of the formula whose value is looked at ----------------------------------------------
  const mark = CM.StateEffect.define();
  const marked = CM.StateField.define({
    create: () => CM.Decoration.none,
    update(found, transaction) {
      let next = transaction.docChanged ? CM.Decoration.none : found;
      for (const effect of transaction.effects) {
        if (effect.is(mark)) {
          const range = effect.value;
          next = range && range.to > range.from
            ? CM.Decoration.set([CM.Decoration.mark({ class: "formula-marked" }).range(range.from, range.to)])
            : CM.Decoration.none;
        }
      }
      return next;
    },
    provide: (field) => CM.EditorView.decorations.from(field),
  });

  // Signature of the call around the cursor -------------------------------------------------------
  const drawn = (call) => {
    const line = document.createElement("div");
    line.className = "formula-signature";
    const code = document.createElement("code");
    code.append(`${call.name}(`);
    call.fn.parameters.forEach((one, place) => {
      const part = document.createElement(place === call.index ? "b" : "span");
      part.textContent = one.optional ? `[${one.name}]` : one.many ? `${one.name}, …` : one.name;
      code.append(place ? ", " : "", part);
    });
    code.append(")");
    const help = document.createElement("span");
    help.textContent = call.fn.help;
    line.append(code, help);
    return line;
  };
  const signatures = (callAt) => {
    const around = (state, shown) => {
      const call = callAt(state.doc.toString(), state.selection.main.head);
      if (!call) return null;
      if (shown && shown.pos === call.at && shown.index === call.index && shown.name === call.name) return shown;
      return { pos: call.at, index: call.index, name: call.name, above: true, create: () => ({ dom: drawn(call) }) };
    };
    return CM.StateField.define({
      create: (state) => around(state, null),
      update: (shown, { docChanged, selection, state }) => (docChanged || selection ? around(state, shown) : shown),
      provide: (field) => CM.showTooltip.from(field, (shown) => shown),
    });
  };

  // One editor ----------------------------------------------------------------------------------
  class Editor {
    /** @param {HTMLTextAreaElement} area */
    constructor(area) {
      this.area = area;
      /** @type {Answer | null} */
      this.answer = null;
      this.formula = ""; // that the answer is about
      this.timer = 0;
      /** @type {string | null} the record on which it was tried last */
      this.tried = null;
      this.asking = null;
      this.pointing = null;
      this.source = null;
      this.signature = new CM.Compartment();
      this.view = new CM.EditorView({
        state: CM.EditorState.create({ doc: area.value, extensions: this.extensions() }),
      });
      area.after(this.view.dom);
      area.hidden = true;
      area.formulaEditor = this;
      for (const label of area.labels ?? []) label.addEventListener("click", () => this.view.focus());
      vocabulary().then((found) => this.learn(found));
      if (area.value.trim() && area.dataset.result) this.soon(0); // others when they are looked at
    }

    extensions() {
      const { area } = this;
      const label = area.labels?.[0]?.firstChild?.textContent.trim() || area.getAttribute("aria-label") || "Formula";
      const attributes = { "aria-label": label, "aria-multiline": "true", spellcheck: "false", autocapitalize: "off" };
      const described = area.getAttribute("aria-describedby");
      if (described) attributes["aria-describedby"] = described;
      return [
        CM.EditorView.cspNonce.of(script.nonce),
        CM.history(), CM.drawSelection(), CM.bracketMatching(), CM.closeBrackets(),
        CM.EditorView.editorAttributes.of({ class: "formula-editor form-control" }),
        CM.EditorView.lineWrapping, CM.EditorView.contentAttributes.of(attributes),
        language, CM.syntaxHighlighting(look), marked, this.signature.of([]),
        CM.autocompletion({ override: [(context) => this.propose(context)], icons: false }),
        CM.hoverTooltip((_view, at) => this.tooltip(at)),
        CM.keymap.of([
          { key: "Alt-Enter", run: () => this.mend() },
          ...CM.closeBracketsKeymap, ...CM.completionKeymap, ...CM.lintKeymap, ...CM.historyKeymap, ...CM.defaultKeymap,
        ]),
        CM.EditorView.updateListener.of((update) => {
          if (update.docChanged) this.changed();
          else if (update.selectionSet) this.point();
          if (update.focusChanged && update.view.hasFocus && !this.answer) this.soon(0);
        }),
      ];
    }

    learn(found) {
      if (!found || this.source) return;
      this.source = proposals(found, () => this.fields());
      this.view.dispatch({ effects: this.signature.reconfigure(signatures(helper(found))) });
    }

    /** Who asks before the words are here gets them as soon as they are. */
    propose(context) {
      if (this.source) return this.source(context);
      return vocabulary().then((found) => { this.learn(found); return this.source?.(context) ?? null; });
    }

    /** The parts of the page around it. */
    result() {
      const { result } = this.area.dataset;
      return result ? document.querySelector(result) : this.area.parentElement?.querySelector("[data-formula-result]") ?? null;
    }
    record() { return this.area.dataset.record ? document.querySelector(this.area.dataset.record) : null; }

    /** The record as JSON. A part of the page that is drawn anew may lose it; it is remembered. */
    sample() {
      const at = this.area.dataset.record;
      if (!at) return "";
      if (this.record()) remembered.set(at, this.record().value);
      return remembered.get(at) ?? "";
    }

    /** Mark what a line of the list is about; any other place unmarks. */
    pointed(target) {
      const row = this.result()?.contains(target) ? target.closest("[data-start]") : null;
      if (!row && !this.pointing) return;
      this.pointing = row;
      this.mark(row ? { start: Number(row.dataset.start), end: Number(row.dataset.end) } : null);
    }

    /** Fields that can be read: those listed for the source, else those of the record. */
    fields() {
      const list = this.area.dataset.fields ? document.querySelector(this.area.dataset.fields) : null;
      if (list?.options?.length) return [...list.options].map((one) => ({ name: one.value, label: one.textContent }));
      try { return pathsOf(JSON.parse(this.sample() || "{}")); } catch { return []; }
    }

    changed() {
      this.area.value = this.view.state.doc.toString();
      this.area.dispatchEvent(new Event("input", { bubbles: true }));
      this.soon(WAIT);
    }

    soon(wait) {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.ask(), wait);
    }

    async ask() {
      this.asking?.abort();
      if (!this.area.isConnected) return;
      const formula = this.view.state.doc.toString();
      if (!formula.trim()) { this.show(null, formula); return; }
      this.asking = new AbortController();
      const body = new FormData();
      body.append("formula", formula);
      this.tried = this.sample();
      body.append("record", this.tried);
      const connection = this.result()?.dataset.connection;
      if (connection) {
        body.append("connection", connection);
        body.append("source", `connection:${connection}`);
        body.append("brief", "1");
      } else {
        for (const name of ["source", "key"]) body.append(name, this.area.form?.elements[name]?.value ?? "");
      }
      try {
        const response = await fetch(script.dataset.try, {
          method: "POST", body, signal: this.asking.signal, headers: { "X-CSRFToken": script.dataset.token },
        });
        const told = await response.json();
        if (response.ok) this.show(told, formula);
        else this.complain(told.problem ?? `The server answered ${response.status}.`);
      } catch (error) {
        if (error.name !== "AbortError") this.complain("The server cannot be reached.");
      }
    }

    /** Say that the formula could not be tried at all; what is wrong is not the formula. */
    complain(problem) {
      const place = this.result();
      if (place) { place.textContent = problem; place.classList.add("formula-problem"); }
      announce(problem);
    }

    /**
     * @param {Answer | null} answer
     * @param {string} formula
     */
    show(answer, formula) {
      Object.assign(this, { answer, formula });
      const { state } = this.view;
      const at = places(state.doc.toString());
      const error = answer?.error;
      const wrong = error && !["rejected", "skipped"].includes(error.kind);
      const from = wrong ? Math.min(at(error.start), Math.max(state.doc.length - 1, 0)) : 0;
      const found = wrong ? [{
        from, to: Math.min(Math.max(at(error.end), from + 1), state.doc.length), severity: "error", message: error.message,
        actions: error.suggestion ? [{ name: `Write ${error.suggestion}`, apply: () => this.mend() }] : [],
      }] : [];
      this.view.dispatch(CM.setDiagnostics(state, [...found, ...this.strange(answer, at)]));
      this.view.contentDOM.setAttribute("aria-invalid", String(Boolean(wrong)));
      const place = this.result();
      if (place) { place.classList.remove("formula-problem"); place.innerHTML = answer?.html ?? ""; }
      if (this.view.hasFocus && answer) {
        const advice = error?.suggestion ? ` Alt Enter writes ${error.suggestion}.` : "";
        announce(error ? `${error.message}${advice}` : `Result: ${answer.shown || answer.kind}`.slice(0, 200));
      }
      this.area.dispatchEvent(new CustomEvent("formula:answer", { bubbles: true, detail: answer }));
    }

    /** Warn of fields that the source's list does not have. */
    strange(answer, at) {
      const list = this.area.dataset.fields ? document.querySelector(this.area.dataset.fields) : null;
      const known = new Set([...list?.options ?? []].map((one) => one.value.split(/[.[]/)[0]));
      return (known.size && answer ? answer.fields : [])
        .filter((one) => !known.has(one.name) && !known.has(one.name.split(/[.[]/)[0]))
        .map((one) => ({ from: at(one.start), to: at(one.end), severity: "warning", message: `The source has no field “${one.name}”.` }));
    }

    /** Put the suggestion where the error is. */
    mend() {
      const error = this.answer?.error;
      if (!error?.suggestion) return false;
      const now = this.view.state.doc.toString();
      const at = places(now);
      const [from, to] = [at(error.start), at(error.end)];
      if (now.slice(0, to) !== this.formula.slice(0, to)) return false; // written since
      this.view.dispatch({
        changes: { from, to, insert: error.suggestion },
        selection: { anchor: from + error.suggestion.length },
        userEvent: "input",
      });
      return true;
    }

    mark(range) {
      const at = places(this.view.state.doc.toString());
      const value = range && { from: at(range.start), to: at(range.end) };
      if (!value || value.to <= this.view.state.doc.length) this.view.dispatch({ effects: mark.of(value) });
    }

    /** The smallest part around a place whose value is known. */
    part(position) {
      const at = places(this.view.state.doc.toString());
      const around = (this.answer?.steps ?? []).filter((one) => at(one.start) <= position && position <= at(one.end));
      const step = around.sort((a, b) => a.end - a.start - (b.end - b.start))[0];
      return step && { ...step, from: at(step.start), to: at(step.end) };
    }

    /** Show which line of the list belongs to the part around the cursor. */
    point() {
      const step = this.part(this.view.state.selection.main.head);
      for (const row of this.result()?.querySelectorAll("[data-start]") ?? []) {
        const here = step && Number(row.dataset.start) === step.start && Number(row.dataset.end) === step.end;
        row.toggleAttribute("data-here", Boolean(here));
      }
    }

    tooltip(position) {
      const step = this.part(position);
      if (!step) return null;
      const box = document.createElement("div");
      box.className = "formula-part";
      box.textContent = step.error || step.shown.slice(0, 300) || step.kind;
      return { pos: step.from, end: step.to, above: true, create: () => ({ dom: box }) };
    }
  }

  // Wiring --------------------------------------------------------------------------------------
  /** @type {Set<Editor>} */
  const editors = new Set();
  const present = () => {
    for (const one of editors) if (!one.area.isConnected) editors.delete(one);
    return [...editors];
  };
  const enhance = (root) => {
    for (const area of root.querySelectorAll("textarea[data-formula]")) {
      if (!area.formulaEditor) editors.add(new Editor(area));
    }
  };
  document.addEventListener("input", (event) => {
    for (const one of present()) if (event.target === one.record() && one.tried !== null) one.soon(WAIT);
  });
  for (const type of ["mouseover", "focusin"]) {
    document.addEventListener(type, (event) => {
      if (event.target instanceof Element) for (const one of present()) one.pointed(event.target);
    });
  }
  document.addEventListener("click", (event) => {
    const hit = event.target instanceof Element && event.target.closest("[data-formula-mend]");
    const editor = hit && present().find((one) => one.result()?.contains(hit));
    if (editor) { editor.mend(); editor.view.focus(); }
  });
  document.addEventListener("htmx:afterSettle", () => { // another record may have come
    for (const one of present()) if (one.tried !== null && one.sample() !== one.tried) one.soon(0);
  });
  document.addEventListener("htmx:load", (event) => enhance(event.detail.elt));
  enhance(document);
})();
