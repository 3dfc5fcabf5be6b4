// Makes the mapping editor quick: keys, searching without the server, the focus in an editor that
// opens and back in its row when it closes. Every act is a link or button that works without it.
(() => {
  "use strict";
  const isTyping = (target) =>
    target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

  // A search narrows the rows that are there -------------------------------------------------------
  const narrow = (box) => {
    const wanted = box.value.trim().toLowerCase();
    let n = 0;
    for (const body of document.querySelectorAll(`${box.dataset.narrows} > tbody`)) {
      body.hidden = Boolean(wanted) && !body.dataset.find.includes(wanted);
      n += body.hidden ? 0 : 1;
    }
    const line = document.getElementById("announce");
    if (line) line.textContent = `${n} fields`;
  };
  document.addEventListener("input", (event) => {
    if (event.target.matches?.("[data-narrows]")) narrow(event.target);
  });

  // Keys: arrows go from row to row, Enter opens (a link does), m accepts, u undoes, Escape closes ---
  const links = () => [...document.querySelectorAll(".mapping .row-link")].filter((one) => one.offsetParent);
  const go = (step, from) => {
    const all = links();
    const at = all.indexOf(from);
    all[at < 0 ? 0 : Math.max(0, Math.min(all.length - 1, at + step))]?.focus();
  };
  const press = (key, row) => {
    const button = (row?.querySelector(`[data-key="${key}"]`)) ?? (key === "u" ? document.querySelector(`[data-key="u"]`) : null);
    if (button) button.click();
    return Boolean(button);
  };
  document.addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (key === "Escape") {
      const close = target.closest?.(".target-editor")?.querySelector("[data-escape]");
      if (close && !document.querySelector(".cm-tooltip-autocomplete")) close.click();
      return;
    }
    if (target.matches?.("[data-narrows]") && (key === "ArrowDown" || key === "Enter")) {
      event.preventDefault();
      go(0, null);
      return;
    }
    if (isTyping(target)) return;
    const row = target.closest?.("tr.target") ?? null;
    const link = row?.querySelector(".row-link") ?? null;
    const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[key];
    if (step && (link || target === document.body) && !target.closest("details[open]")) {
      event.preventDefault();
      go(step, link);
    } else if ((key === "m" || key === "u") && press(key, row)) event.preventDefault();
  });

  // An editor takes the focus when it opens, and gives it back to its row when it closes ------------
  let opened = "";
  document.addEventListener("htmx:beforeRequest", (event) => {
    const link = event.detail.elt;
    if (link.matches?.(".row-link, .target-menu a, .target-more a")) opened = link.id;
  });
  document.addEventListener("htmx:afterSettle", () => {
    const editor = document.getElementById("editor");
    const now = document.activeElement;
    if (editor && !editor.contains(now) && !editor.dataset.met) {
      const errors = editor.querySelector("#errors");
      const first = errors ?? editor.querySelector("input[type=text]#id_edit-target") ?? editor.querySelector("[name='edit-kind']:checked");
      first?.focus({ preventScroll: Boolean(!errors) });
      editor.scrollIntoView({ block: "nearest" });
      editor.dataset.met = "1";
    } else if (!editor && opened && (now === document.body || !now.closest(".mapping-head, .mapping-filters, .draft-bar"))) {
      document.getElementById(opened)?.focus({ preventScroll: true });
      opened = "";
    }
  });

  // Buttons of rows belong to a form that is elsewhere; htmx asks the form, which does not know them --
  let pressed = null;
  document.addEventListener("submit", (event) => { pressed = event.submitter; }, true);
  document.addEventListener("htmx:configRequest", (event) => {
    const { elt, formData } = event.detail;
    if (elt.id === "acts" && pressed?.name) formData.set(pressed.name, pressed.value);
  });

  // A refusal says what happened, and shows the draft as it is now ---------------------------------
  document.addEventListener("htmx:beforeSwap", (event) => {
    if ([404, 409, 412].includes(event.detail.xhr.status) && event.detail.target.closest("#board")) {
      event.detail.shouldSwap = true;
      event.detail.isError = false;
    }
  });
})();
