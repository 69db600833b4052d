"use strict";
// The filter above the API reference. Without it everything is shown.
(() => {
  const box = document.querySelector("[data-filter]");
  const input = document.getElementById("filter");
  const found = document.getElementById("found");
  if (!box || !input || !found) return;
  const entries = [...document.querySelectorAll("[data-entry]")];
  const methods = entries.filter((entry) => entry.matches("section"));
  const groups = [...document.querySelectorAll("[data-group]")];

  const words = (entry) => `${entry.dataset.entry} ${entry.dataset.words || ""}`.toLowerCase();
  const report = (shown) => found.dataset.found.split("{shown}").join(String(shown)).split("{all}").join(String(methods.length));

  function apply() {
    const wanted = input.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const fits = new Set(methods.filter((method) => wanted.every((word) => words(method).includes(word))).map((method) => method.dataset.entry));
    for (const entry of entries) entry.hidden = !fits.has(entry.dataset.entry);
    for (const group of groups) group.hidden = !group.querySelector("[data-entry]:not([hidden])");
    found.textContent = wanted.length ? report(fits.size) : "";
  }

  box.hidden = false;
  input.addEventListener("input", apply);
  addEventListener("keydown", (event) => {
    if (event.key === "/" && !/^(INPUT|TEXTAREA)$/.test(document.activeElement?.tagName || "")) { event.preventDefault(); input.focus(); }
  });
})();
