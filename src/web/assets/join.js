"use strict";
// Makes the join pages smoother; every one of them works without it. Texts come from data attributes.
(() => {
  const MOST_SECONDS = 60;
  const pause = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));
  const find = (selector, within = document) => within.querySelector(selector);
  const fill = (text, name, value) => text.split(`{${name}}`).join(value);
  const language = document.documentElement.lang;

  // Only this server's own pages are followed: an answer cannot send anybody elsewhere.
  const ownPage = (address) => {
    const url = new URL(address, location.href);
    return url.origin === location.origin ? url.href : location.href;
  };

  async function askJson(url, options = {}) {
    const answer = await fetch(url, {
      ...options, cache: "no-store", credentials: "same-origin", redirect: "error",
      headers: { Accept: "application/json", ...options.headers },
    });
    const after = Number(answer.headers.get("Retry-After")) || 0;
    if (!answer.ok) throw Object.assign(new Error(String(answer.status)), { status: answer.status, after });
    return answer.json();
  }

  const post = (url, fields) => askJson(url, { method: "POST", body: new URLSearchParams(fields) });

  // The minutes that a zone such as `Asia/Jakarta (UTC+07:00)` is ahead of UTC.
  function offsetMin(zone) {
    const found = /UTC(?:([+\u2212])(\d\d):(\d\d))?/.exec(zone);
    if (!found) return null;
    const minutes = Number(found[2] || 0) * 60 + Number(found[3] || 0);
    return found[1] === "\u2212" ? -minutes : minutes;
  }

  // The meeting's hours on the visitor's own clock, when that differs from what the page says.
  function showLocalTime() {
    const place = find(".local");
    if (!place) return;
    const start = new Date(place.dataset.start);
    const end = place.dataset.end ? new Date(place.dataset.end) : null;
    if (Number.isNaN(start.getTime()) || -start.getTimezoneOffset() === offsetMin(find(".zone")?.textContent || "")) return;
    // English is said in many ways: the visitor's own, if the browser tells it.
    const own = navigator.languages.find((one) => one.split("-")[0] === language) || language;
    const format = new Intl.DateTimeFormat(own, { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZoneName: "short" });
    place.textContent = fill(place.dataset.text, "time", end ? format.formatRange(start, end) : format.format(start));
    place.hidden = false;
  }

  function countDown() {
    const time = find("[data-countdown]");
    if (!time) return;
    const left = document.createElement("p");
    left.className = "hint";
    time.parentElement.append(left);
    const tick = () => {
      const seconds = Math.round((new Date(time.dateTime) - Date.now()) / 1000);
      const parts = seconds >= 3600 ? [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60] : [Math.floor(seconds / 60), seconds % 60];
      const clock = parts.map((part, i) => (i ? String(part).padStart(2, "0") : String(part))).join(":");
      left.hidden = seconds <= 0 || seconds > 86400;
      left.textContent = fill(time.dataset.countdown, "time", clock);
    };
    tick();
    setInterval(tick, 1000);
  }

  // Says only what changed, so that screen readers are not interrupted by every poll.
  function say(element, text) {
    if (element && text && element.textContent !== text) element.textContent = text;
  }

  async function wait(room) {
    const heading = find("h2", room);
    const text = find("[data-text]", room);
    let why = room.dataset.why;
    for (let failures = 0; ;) {
      let rest = 3;
      try {
        const status = await askJson(room.dataset.poll);
        failures = 0;
        if (status.state !== "waiting") {
          say(text, room.dataset.done);
          document.title = room.dataset.title;
          return location.replace(ownPage(status.next || room.dataset.next));
        }
        why = status.why || why;
        say(heading, room.getAttribute(`data-title-${why}`));
        say(text, room.getAttribute(`data-text-${why}`));
        rest = status.retry_after_s || rest;
      } catch (error) {
        // Gone or refused: the page itself knows how to say so.
        if ([403, 404, 410].includes(error.status)) return location.replace(ownPage(room.dataset.next));
        failures += 1;
        if (failures > 1) say(text, room.dataset.offline);
        rest = Math.max(error.after || 0, Math.min(2 ** failures, MOST_SECONDS));
      }
      await pause(Math.min(rest, MOST_SECONDS) * (0.9 + Math.random() * 0.2));
    }
  }

  // The host's list of people at the door.
  function watchLobby(panel) {
    const list = find("[data-guests]", panel);
    const news = find("[data-news]", panel);
    const known = new Set([...list.querySelectorAll("input[name=entry]")].map((input) => input.value));
    const row = (guest) => {
      const item = find("[data-guest]", panel).content.firstElementChild.cloneNode(true);
      find("input", item).value = guest.id;
      find("bdi", item).textContent = guest.name;
      for (const button of item.querySelectorAll("button")) button.setAttribute("aria-label", fill(button.dataset.label, "name", guest.name));
      return item;
    };
    const show = ({ waiting }) => {
      const present = new Set(waiting.map((guest) => guest.id));
      for (const item of [...list.children]) {
        const id = find("input", item).value;
        if (!present.has(id)) { item.remove(); known.delete(id); }
      }
      for (const guest of waiting.filter((guest) => !known.has(guest.id))) {
        known.add(guest.id);
        list.append(row(guest));
        news.textContent = fill(panel.dataset.knock, "name", guest.name);
      }
      find("[data-count]", panel).textContent = String(waiting.length);
      find("[data-empty]", panel).hidden = waiting.length > 0;
      panel.classList.toggle("quiet-now", waiting.length === 0);
    };
    panel.classList.toggle("quiet-now", known.size === 0);
    list.addEventListener("submit", async (event) => {
      event.preventDefault();
      const form = event.target;
      const decision = event.submitter?.value || "admit";
      for (const button of form.querySelectorAll("button")) button.setAttribute("aria-disabled", "true");
      try {
        show(await post(panel.dataset.action, { entry: find("input", form).value, decision }));
      } catch {
        news.textContent = panel.dataset.offline;
        for (const button of form.querySelectorAll("button")) button.removeAttribute("aria-disabled");
      }
    });
    (async () => {
      for (let failures = 0; ;) {
        await pause(Math.min(3 * 2 ** failures, MOST_SECONDS));
        try { show(await askJson(panel.dataset.poll)); failures = 0; } catch { failures += 1; }
      }
    })();
  }

  // The token is in this function's hands only: never in an attribute of ours, in the history or in a query string.
  function embed(form, answer) {
    const stage = find("[data-stage]");
    document.body.classList.add("in-meeting");
    stage.hidden = false;
    const inQuery = answer.token_in === "query";
    const api = new window.JitsiMeetExternalAPI(answer.domain, {
      roomName: answer.room, parentNode: stage, width: "100%", height: "100%", lang: form.dataset.lang,
      configOverwrite: { ...answer.config_overwrite, ...(answer.subject ? { subject: answer.subject } : {}) },
      userInfo: answer.user_info || {}, ...(inQuery && answer.token ? { jwt: answer.token } : {}),
    });
    const frame = api.getIFrame();
    frame.title = form.dataset.frameTitle;
    if (answer.token && !inQuery) frame.src = `${frame.src}${frame.src.includes("#") ? "&" : "#"}jwt=${encodeURIComponent(JSON.stringify(answer.token))}`;
    if (location.hash) history.replaceState(null, "", location.pathname + location.search);
    frame.focus();
    let over = false;
    const leave = () => {
      if (over) return;
      over = true;
      api.dispose();
      stage.hidden = true;
      document.body.classList.remove("in-meeting");
      busy(form, false);
      find("[data-door]").hidden = true;
      const left = find("[data-left]");
      left.hidden = false;
      left.focus();
    };
    api.addListener("readyToClose", leave);
  }

  const embeddable = (form, answer) =>
    "embed" in form.dataset && answer.decision === "admit" && answer.mode === "embed" && typeof window.JitsiMeetExternalAPI === "function";

  function busy(form, on) {
    const button = find("button[type=submit]", form);
    form.dataset.ready ||= button.textContent;
    button.textContent = on ? form.dataset.busy : form.dataset.ready;
    if (on) button.setAttribute("aria-disabled", "true");
    else button.removeAttribute("aria-disabled");
  }

  // Embeds when it can. In every other case the form posts as it would without this script, and the server's page answers.
  async function enter(form) {
    busy(form, true);
    try {
      const answer = await post(form.action, [...new FormData(form)]);
      if (embeddable(form, answer)) return embed(form, answer);
    } catch { /* the server says why, as a page */ }
    form.submit();
  }

  function prepareEnter(form) {
    form.addEventListener("submit", (event) => {
      if (!("embed" in form.dataset)) return;
      event.preventDefault();
      if (!find("button[aria-disabled=true]", form)) enter(form);
    });
    find("[data-again]")?.addEventListener("click", () => {
      find("[data-left]").hidden = true;
      find("[data-door]").hidden = false;
      form.requestSubmit();
    });
    // Coming back from the meeting must not throw people into it again.
    const cameBack = performance.getEntriesByType("navigation")[0]?.type === "back_forward";
    if ("atOnce" in form.dataset && !cameBack) form.requestSubmit();
  }

  function start() {
    showLocalTime();
    countDown();
    const panel = find("[data-lobby]");
    if (panel) watchLobby(panel);
    const room = find("[data-waiting]");
    if (room) wait(room);
    const door = find("form[data-enter]");
    if (door) prepareEnter(door);
    const ask = find("form[data-join]");
    ask?.addEventListener("submit", () => busy(ask, true));
    addEventListener("pageshow", (event) => { if (event.persisted && ask) busy(ask, false); });
  }

  start();
})();
