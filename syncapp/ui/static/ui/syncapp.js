// Makes pages quicker to use; every page works without it. One listener per kind of thing, on the
// document, so that fragments swapped in later need no wiring.
(() => {
  "use strict";
  const on = (type, selector, act) =>
    document.addEventListener(type, (event) => {
      const hit = event.target instanceof Element && event.target.closest(selector);
      if (hit) act(hit, event);
    });
  const announce = (text) => {
    const line = document.getElementById("announce");
    if (line && text) line.textContent = text;
  };

  // Theme ------------------------------------------------------------------------------------
  const isDark = () => document.documentElement.getAttribute("data-bs-theme") === "dark";
  const showTheme = () =>
    document.querySelectorAll("[data-theme-toggle]").forEach((button) =>
      button.setAttribute("aria-pressed", String(isDark())));
  on("click", "[data-theme-toggle]", () => {
    const next = isDark() ? "light" : "dark";
    document.documentElement.setAttribute("data-bs-theme", next);
    try { localStorage.setItem("syncapp-theme", next); } catch { /* only for this page, then */ }
    showTheme();
  });

  // Menus: native disclosures that also close on Escape and on a click elsewhere --------------
  const openMenus = () => document.querySelectorAll("details.menu[open]");
  document.addEventListener("click", (event) => {
    openMenus().forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
  });

  // Keys: / searches, Ctrl-S saves, Escape closes menus ---------------------------------------
  const isTyping = (target) =>
    target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !isTyping(event.target) && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const box = document.querySelector("[data-search], input[type=search]");
      if (box) { event.preventDefault(); box.focus(); box.select(); }
    } else if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") {
      const form = document.querySelector("form[data-save]");
      if (form) { event.preventDefault(); form.requestSubmit(); }
    } else if (event.key === "Escape") {
      openMenus().forEach((menu) => { menu.open = false; menu.querySelector("summary").focus(); });
    }
  });

  // Unsaved changes ---------------------------------------------------------------------------
  let dirty = null;
  on("input", "form[data-guard]", (form) => { dirty = form; });
  on("change", "form[data-guard]", (form) => { dirty = form; });
  document.addEventListener("submit", () => { dirty = null; });
  window.addEventListener("beforeunload", (event) => {
    if (dirty && dirty.isConnected) event.preventDefault();
  });

  // A second click on a button that is already sending does nothing ----------------------------
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    if (form.dataset.sending) event.preventDefault();
    form.dataset.sending = "1";
  });
  window.addEventListener("pageshow", () =>
    document.querySelectorAll("form[data-sending]").forEach((form) => { delete form.dataset.sending; }));

  // Rows: a click follows the row's link; selecting text does not -------------------------------
  on("click", "tr", (row, event) => {
    const link = row.querySelector("a.row-link");
    if (!link || event.target.closest("a, button, input, label, summary, form") || String(getSelection())) return;
    if (event.ctrlKey || event.metaKey) window.open(link.href, "_blank", "noopener");
    else link.click();
  });
  on("auxclick", "tr", (row, event) => {
    const link = row.querySelector("a.row-link");
    if (link && event.button === 1 && !event.target.closest("a")) window.open(link.href, "_blank", "noopener");
  });

  // Copy, dismiss -------------------------------------------------------------------------------
  const copy = async (text) => {
    if (navigator.clipboard) return navigator.clipboard.writeText(text);
    const area = document.createElement("textarea"); // pages served over plain HTTP
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  };
  on("click", "[data-copy]", async (button) => {
    await copy(button.dataset.copy);
    button.classList.add("done");
    announce("Copied");
    setTimeout(() => button.classList.remove("done"), 1200);
  });
  on("click", "[data-dismiss]", (button) => {
    button.closest(".message").remove();
    document.getElementById("main").focus();
  });

  // Dialog: a link with hx-target="#dialog-body" fills it, then it opens --------------------------
  const dialog = document.getElementById("dialog");
  let opener = null;
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.target && event.detail.target.id === "dialog-body") opener = document.activeElement;
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id === "dialog-body" && !dialog.open) dialog.showModal();
  });
  on("click", "#dialog [data-close]", (_, event) => { event.preventDefault(); dialog.close(); });
  if (dialog) {
    dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
    dialog.addEventListener("close", () => {
      document.getElementById("dialog-body").replaceChildren();
      if (opener && opener.isConnected) opener.focus();
    });
  }

  // htmx ----------------------------------------------------------------------------------------
  document.addEventListener("htmx:configRequest", (event) => { // short addresses: no empty filters
    const { verb, parameters } = event.detail;
    if (verb === "get") for (const [name, value] of [...parameters.entries()]) if (value === "") parameters.delete(name);
  });
  // htmx keeps the focus on an element that comes back with the same id; a button that was disabled
  // while it waited, or has no id, would lose it to the body. Content settles within the swap (see the
  // htmx-config of the page), so that no key falls between the old page and the new one.
  const focusBefore = new WeakMap(); // target of a request: what had the focus
  const keepFocus = (event) => {
    const { elt, target } = event.detail;
    const now = document.activeElement;
    if (now !== document.body && (target.contains(now) || elt.contains?.(now))) focusBefore.set(target, now);
  };
  const giveBackFocus = (target) => {
    const before = focusBefore.get(target);
    if (!before || document.activeElement !== document.body) return;
    const place = [before, document.getElementById(before.id), target, document.getElementById(target.id)].find((one) => one?.isConnected);
    if (!place || place.disabled) return;
    if (place.tabIndex < 0) place.tabIndex = -1;
    place.focus({ preventScroll: true });
  };
  document.addEventListener("htmx:beforeRequest", keepFocus);
  document.addEventListener("htmx:beforeSwap", keepFocus);
  document.addEventListener("htmx:afterSettle", (event) => {
    const { elt, target } = event.detail;
    const told = elt.querySelector?.("[data-announce]");
    if (told) announce(told.dataset.announce);
    giveBackFocus(target);
  });
  document.addEventListener("htmx:afterRequest", (event) => { // what waited is no longer disabled
    giveBackFocus(event.detail.target);
    focusBefore.delete(event.detail.target);
  });
  document.addEventListener("htmx:responseError", (event) => {
    announce(`The server answered ${event.detail.xhr.status}. Load the page again.`);
  });

  // Big selects become searchable -----------------------------------------------------------------
  const enhance = (root) => {
    if (!window.TomSelect) return;
    root.querySelectorAll("select:not(.tomselected, [data-plain])").forEach((select) => {
      if (select.options.length <= 12 && !select.hasAttribute("data-searchable")) return;
      const label = select.labels && select.labels[0] ? select.labels[0].textContent.trim() : select.getAttribute("aria-label");
      const described = select.getAttribute("aria-describedby");
      const control = new TomSelect(select, { maxOptions: null, allowEmptyOption: true, controlInput: "<input>" });
      for (const part of [select, control.control_input, control.dropdown_content]) part.setAttribute("aria-label", label || "");
      if (described) control.control_input.setAttribute("aria-describedby", described);
    });
  };
  document.addEventListener("DOMContentLoaded", () => {
    showTheme();
    enhance(document);
    const errors = document.getElementById("errors");
    if (errors) {
      errors.focus();
      dirty = document.querySelector("form[data-guard]"); // what was typed is not saved yet
    }
  });
  document.addEventListener("htmx:load", (event) => enhance(event.detail.elt));
})();
