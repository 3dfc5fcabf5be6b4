// Runs before the first paint: the chosen theme, else the system's, without a flash of the other.
(() => {
  const root = document.documentElement;
  let chosen = null;
  try { chosen = localStorage.getItem("syncapp-theme"); } catch { /* storage is switched off */ }
  const dark = chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.setAttribute("data-bs-theme", dark ? "dark" : "light");
  root.classList.add("js");
})();
