// What the formula editor knows of the language: tokens, the call around the cursor, proposals.
// The grammar proper is the server's; this reads what is typed, finished or not.
(() => {
  "use strict";

  /**
   * @typedef {{name: string, kind: string, optional: boolean, many: boolean, wants: string}} Parameter
   * @typedef {{name: string, aliases: string[], group: string, help: string, notes: string, returns: string, parameters: Parameter[], example: string}} Fn
   * @typedef {{name: string, label: string, fields: {name: string, label: string}[]}} Store
   * @typedef {{functions: Fn[], objects: Store[], maps: string[]}} Words
   * @typedef {{name: string, open: string, at: number, index: number, texts: string[]}} Frame
   * @typedef {{frames: Frame[], text: {from: number, quote: string} | null}} Place
   */

  const TOKEN = /'(?:\\[^]|[^'\\])*'|"(?:\\[^]|[^"\\])*"|(['"])[^]*|[A-Za-z_]\w*|(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?|=>|==|!=|<>|<=|>=|&&|\|\||[^\s]/g;
  const WORDS = { and: "keyword", or: "keyword", not: "keyword", true: "atom", false: "atom", null: "atom" };

  /** Highlighting, token by token; a text may span lines. */
  const mode = {
    name: "formula",
    startState: () => ({ quote: "" }),
    token(stream, state) {
      if (!state.quote && stream.eatSpace()) return null;
      if (state.quote || /['"]/.test(stream.peek())) {
        if (!state.quote) state.quote = stream.next();
        for (let sign; (sign = stream.next()) !== undefined;) {
          if (sign === "\\") stream.next();
          else if (sign === state.quote) { state.quote = ""; break; }
        }
        return "string";
      }
      if (stream.match(/^(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?/)) return "number";
      if (stream.match(/^[A-Za-z_]\w*/)) {
        const called = stream.match(/^\s*\(/, false);
        const known = WORDS[stream.current().toLowerCase()];
        return known && !(called && known === "keyword") ? known : called ? "variableName.function" : "variableName";
      }
      if (stream.match(/^(?:=>|==|!=|<>|<=|>=|&&|\|\||[-+*/%<>=!])/)) return "operator";
      return /[()[\]]/.test(stream.next()) ? "bracket" : "punctuation";
    },
    languageData: { closeBrackets: { brackets: ["(", "[", "'", '"'] } },
  };

  const unquoted = (token) => token.slice(1, -1).replace(/\\([^])/g, "$1");

  /**
   * Find out where in a formula the cursor is: the brackets around it, and the text it stands in.
   * @param {string} formula
   * @param {number} cursor
   * @returns {Place}
   */
  const placeOf = (formula, cursor) => {
    /** @type {Frame[]} */
    const frames = [];
    let word = "";
    for (const match of formula.matchAll(TOKEN)) {
      const [token] = match;
      const from = match.index;
      if (from >= cursor) break;
      const top = frames[frames.length - 1];
      const quoted = /^['"]/.test(token);
      if (quoted && (match[1] || cursor < from + token.length)) return { frames, text: { from: from + 1, quote: token[0] } };
      if (quoted && top) top.texts[top.index] = unquoted(token);
      else if (token === "(" || token === "[") frames.push({ name: token === "(" ? word : "", open: token, at: from, index: 0, texts: [] });
      else if (token === ")" || token === "]") frames.pop();
      else if (token === "," && top) top.index += 1;
      word = /^[A-Za-z_]/.test(token) ? token.toLowerCase() : "";
    }
    return { frames, text: null };
  };

  /** The end of the text in which the cursor is, and whether it is closed. */
  const endOfText = (formula, from, quote) => {
    for (let at = from; at < formula.length; at += 1) {
      if (formula[at] === "\\") at += 1;
      else if (formula[at] === quote) return { to: at, closed: true };
      else if (formula[at] === "\n" || /[,()]/.test(formula[at])) return { to: at, closed: false };
    }
    return { to: formula.length, closed: false };
  };

  const spelled = (name, quote) => name.replace(/\\/g, "\\\\").replaceAll(quote, `\\${quote}`);

  /** @param {Words} words */
  const book = (words) => {
    /** @type {Map<string, Fn>} */
    const functions = new Map();
    for (const one of words.functions) for (const name of [one.name, ...one.aliases]) functions.set(name, one);
    return functions;
  };

  const signature = (fn, name = fn.name) =>
    `${name}(${fn.parameters.map((one) => (one.optional ? `[${one.name}]` : one.many ? `${one.name}, …` : one.name)).join(", ")})`;

  /** What is proposed inside of a text, by the argument that it is. */
  const namesFor = (words, functions, place, fields) => {
    const frames = [...place.frames];
    let frame = frames.pop();
    let inner = false;
    while (frame && frame.open === "[") { frame = frames.pop(); inner = true; }
    const fn = frame && functions.get(frame.name);
    if (!fn) return [];
    const wants = fn.parameters[Math.min(frame.index, fn.parameters.length - 1)]?.wants;
    if (wants === "field" && !inner) return fields;
    if (wants === "object" && !inner) return words.objects.map((one) => ({ name: one.name, label: one.label }));
    if (wants === "map" && !inner) return words.maps.map((name) => ({ name, label: "value map" }));
    if (wants !== "object_field") return [];
    const at = fn.parameters.findIndex((one) => one.wants === "object");
    return words.objects.find((one) => one.name === frame.texts[at])?.fields ?? [];
  };

  const information = (fn) => () => {
    const box = document.createElement("div");
    for (const text of [signature(fn), fn.help, fn.notes, fn.example]) {
      if (!text) continue;
      const line = document.createElement(text === signature(fn) || text === fn.example ? "code" : "p");
      line.textContent = text;
      box.append(line);
    }
    return box;
  };

  /** Put a call, with the cursor between its brackets if it takes something. */
  const applyCall = (name, takes) => (view, _completion, from, to) => {
    const called = view.state.sliceDoc(to, to + 1) === "(";
    view.dispatch({
      changes: { from, to, insert: called ? name : `${name}()` },
      selection: { anchor: from + name.length + (called || takes ? 1 : 2) },
      userEvent: "input.complete",
    });
  };

  const applyName = (quote) => (view, completion, from) => {
    const { to, closed } = endOfText(view.state.doc.toString(), from, quote);
    const insert = spelled(completion.label, quote);
    view.dispatch({
      changes: { from, to, insert: closed ? insert : insert + quote },
      selection: { anchor: from + insert.length + 1 },
      userEvent: "input.complete",
    });
  };

  /**
   * Make the source of proposals.
   * @param {Words} words
   * @param {() => {name: string, label: string}[]} fieldsOf
   */
  const proposals = (words, fieldsOf) => {
    const functions = book(words);
    const calls = [...functions].map(([name, fn]) => ({
      label: name, type: "function", detail: `${fn.group} · ${fn.returns}`,
      info: information(fn), apply: applyCall(name, fn.parameters.length > 0),
    }));
    return (context) => {
      const formula = context.state.doc.toString();
      const place = placeOf(formula, context.pos);
      if (place.text) {
        const options = namesFor(words, functions, place, fieldsOf()).map((one) => ({
          label: one.name, detail: one.label === one.name ? "" : one.label, type: "property", apply: applyName(place.text.quote),
        }));
        return options.length ? { from: place.text.from, options, validFor: /^[^'"]*$/ } : null;
      }
      const word = context.matchBefore(/[A-Za-z_]\w*/);
      if (!word && !context.explicit) return null;
      const fields = fieldsOf().map((one) => ({
        label: one.name, detail: "field", type: "property", boost: -50, apply: `data('${spelled(one.name, "'")}')`,
      }));
      return { from: word ? word.from : context.pos, options: [...calls, ...fields], validFor: /^\w*$/ };
    };
  };

  /**
   * Find the call whose argument is being written.
   * @param {Words} words
   */
  const helper = (words) => {
    const functions = book(words);
    return (formula, cursor) => {
      const { frames } = placeOf(formula, cursor);
      const frame = frames.findLast((one) => one.open === "(" && functions.has(one.name));
      if (!frame) return null;
      const fn = functions.get(frame.name);
      return { at: frame.at, name: frame.name, fn, index: Math.min(frame.index, Math.max(fn.parameters.length - 1, 0)) };
    };
  };

  /** Paths into a record that was pasted: names, nested names, first elements of arrays. */
  const pathsOf = (record, prefix = "", depth = 3) =>
    Object.entries(record).flatMap(([name, value]) => {
      const step = /[.[\]"]/.test(name) ? `["${name}"]` : name;
      const path = prefix && !step.startsWith("[") ? `${prefix}.${step}` : prefix + step;
      const label = Array.isArray(value) ? "array" : value === null ? "null" : typeof value;
      const within = Array.isArray(value) ? value[0] : value;
      const deeper = depth > 1 && within && typeof within === "object" && !Array.isArray(within);
      return [{ name: path, label }, ...(deeper ? pathsOf(within, Array.isArray(value) ? `${path}[0]` : path, depth - 1) : [])];
    });

  window.formulaWords = { mode, proposals, helper, pathsOf };
})();
