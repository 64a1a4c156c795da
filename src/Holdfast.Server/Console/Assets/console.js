// Makes pages nicer that are right without it: keeps what is going on up to date, tells times in the reader's own zone, copies.
"use strict";
(() => {
  const every = 2000;

  const localTimes = (root) => {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "your zone";
    for (const time of root.querySelectorAll("time[datetime]")) {
      if (!time.dataset.local) {
        time.dataset.local = "1";
        time.title = `${time.title} (${new Date(time.dateTime).toLocaleString()} in ${zone})`;
      }
    }
  };

  const offerCopies = (root) => {
    for (const code of navigator.clipboard ? root.querySelectorAll("code[data-copy]") : []) {
      const button = document.createElement("button");
      button.type = "button";
      button.dataset.copies = "1";
      button.textContent = "Copy";
      button.setAttribute("aria-label", `Copy ${code.textContent}`);
      code.after(" ", button);
    }
  };

  // What each live part was last, as the service wrote it.
  const shown = new Map();

  const tell = (text) => {
    let place = document.querySelector(".lost");
    if (text === null) {
      place?.remove();
      return;
    }
    if (!place) {
      place = document.createElement("p");
      place.className = "lost";
      place.setAttribute("role", "status");
      document.body.append(place);
    }
    if (place.textContent !== text) place.textContent = text;
  };

  // Parts marked data-live are asked for again: while the page is seen, and while nobody is reading or writing in them.
  const isBusyIn = (part) =>
    part.contains(document.activeElement) || (document.getSelection()?.toString() && part.contains(document.getSelection().anchorNode));

  const refresh = async () => {
    const answer = await fetch(location.href, { headers: { "X-Live": "1" }, redirect: "manual" });
    if (answer.type === "opaqueredirect") {
      location.reload(); // the session has ended: to the sign in, and back here
      return null;
    }
    if (answer.status >= 500) throw new Error(String(answer.status));
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    // The session is the browser's, and this page one of many: what is told now may be of another project than the one that stands here.
    if (fresh.body.dataset.of !== document.body.dataset.of) {
      return "You have changed to another project since, or are somebody else. This page is as it was; load it anew to see the other.";
    }
    if (!answer.ok) return "What this page shows is not there any more, or not for you. It is as it was.";
    for (const part of document.querySelectorAll("[data-live]")) {
      const other = fresh.querySelector(`[data-live="${part.dataset.live}"]`);
      if (!other || isBusyIn(part)) continue;
      const open = [...part.querySelectorAll("details")].map((one) => one.open);
      const log = part.querySelector(".log");
      const isAtEnd = log && log.scrollHeight - log.scrollTop - log.clientHeight < 40;
      const top = log ? log.scrollTop : 0;
      if (shown.get(part) !== other.innerHTML) {
        shown.set(part, other.innerHTML);
        part.innerHTML = other.innerHTML;
        [...part.querySelectorAll("details")].forEach((one, i) => { one.open = open[i] ?? one.open; });
        const next = part.querySelector(".log");
        if (next) next.scrollTop = isAtEnd ? next.scrollHeight : top;
        if (!other.dataset.liveUntil && part.dataset.liveUntil) delete part.dataset.liveUntil;
        localTimes(part);
        offerCopies(part);
      }
    }
    return null;
  };

  const live = async () => {
    if (document.querySelector("[data-live]") && document.visibilityState === "visible") {
      try {
        tell(await refresh());
      } catch {
        tell("The service does not answer. This page is as it was; it goes on by itself when the service is back.");
      }
    }
    setTimeout(live, document.querySelector("[data-live-until]") ? every : every * 5);
  };

  document.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (!button || event.target.method !== "post") return;
    if (event.target.dataset.sent) {
      event.preventDefault(); // a second click
      return;
    }
    event.target.dataset.sent = "1";
    button.setAttribute("aria-busy", "true");
    addEventListener("pageshow", () => { delete event.target.dataset.sent; button.removeAttribute("aria-busy"); }, { once: true });
  });

  document.addEventListener("click", async (event) => {
    const back = event.target.closest("[data-back]");
    if (back && history.length > 1) {
      event.preventDefault();
      history.back();
    }
    const copy = event.target.closest("button[data-copies]");
    if (copy) {
      await navigator.clipboard?.writeText(copy.previousElementSibling.textContent);
      copy.textContent = "Copied";
    }
  });

  for (const part of document.querySelectorAll("[data-live]")) shown.set(part, part.innerHTML);
  localTimes(document);
  offerCopies(document);
  setTimeout(live, every);
})();
