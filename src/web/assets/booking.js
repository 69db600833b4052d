"use strict";
// Makes the booking pages smoother; every one of them works without it. Texts come from data attributes.
(() => {
  const form = document.querySelector("[data-zone]");

  // The first visit shows the visitor's own zone; whoever chose one keeps it.
  function ownZone() {
    const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const known = [...form.elements.tz.options].some((option) => option.value === own);
    if (!known || own === form.dataset.zone || "given" in form.dataset) return;
    const url = new URL(location.href);
    url.searchParams.set("tz", own);
    location.replace(url);
  }

  if (form) {
    ownZone();
    form.elements.tz.addEventListener("change", () => form.requestSubmit());
    form.querySelector("button").hidden = true;
  }

  // One press, one booking; the server thinks so too.
  for (const once of document.querySelectorAll("[data-once]")) {
    once.addEventListener("submit", (event) => {
      if (once.dataset.sent) return event.preventDefault();
      once.dataset.sent = "yes";
      const button = event.submitter || once.querySelector("button");
      setTimeout(() => {
        button.setAttribute("aria-disabled", "true");
        if (!once.querySelector(".slots")) button.textContent = once.dataset.busy;
      });
    });
  }
  // A page that comes back from the browser's memory may be sent again.
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

  const wrong = document.querySelector("[aria-invalid]");
  if (wrong) wrong.focus();
})();
