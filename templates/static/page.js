// What the page does beyond HTML: times in the reader's zone, a careful send button, and news as they come.
// Everything works without it.
"use strict";

(() => {
  const language = document.documentElement.lang || "en";
  // His own regional habits where the browser speaks the page's language, else those of the page.
  const habits = navigator.languages.find((tag) => tag.split("-")[0] === language)
    || (language === "en" ? "en-GB" : language);
  const full = new Intl.DateTimeFormat(habits, { dateStyle: "medium", timeStyle: "short" });
  const hours = new Intl.DateTimeFormat(habits, { timeStyle: "short" });
  const days = new Intl.RelativeTimeFormat(habits, { numeric: "auto" });

  function shown(at) {
    const midnight = new Date();
    midnight.setHours(0, 0, 0, 0);
    const ago = Math.ceil((midnight - at) / 86400000);
    return ago === 0 || ago === 1 ? `${days.format(-ago, "day")}, ${hours.format(at)}` : full.format(at);
  }

  function localTimes(root) {
    for (const time of root.querySelectorAll("time[datetime]")) {
      const at = new Date(time.dateTime);
      if (!Number.isNaN(at.getTime())) {
        time.title = full.format(at);
        time.textContent = shown(at);
      }
    }
  }

  // -- the reply box

  function careful(form) {
    const button = form.querySelector("button");
    const files = form.querySelector("input[type=file]");
    const label = button.textContent;
    const most = Number(form.dataset.most);

    files.addEventListener("change", () => {
      const size = Array.from(files.files).reduce((sum, file) => sum + file.size, 0);
      files.setCustomValidity(size > most ? form.dataset.tooBig : "");
      files.reportValidity();
    });
    form.addEventListener("submit", () => {
      button.disabled = true;
      button.textContent = form.dataset.sending;
    });
    form.querySelector("textarea").addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
    });
    // Coming back with the browser's back button finds a box that can be used again.
    window.addEventListener("pageshow", () => {
      button.disabled = false;
      button.textContent = label;
    });
  }

  // -- news

  const sources = new Map(); // of each message on the page, by its id: the HTML it was made from

  // Brings the messages of `old` up to those of `fresh`; what has not changed is not touched, so that open folds,
  // focus and selection stay. Returns how many messages are new.
  function bringUp(old, fresh) {
    const wanted = Array.from(fresh.querySelectorAll("article[id]"));
    const ids = new Set(wanted.map((article) => article.id));
    for (const article of old.querySelectorAll("article[id]")) if (!ids.has(article.id)) article.remove();
    let before = null;
    let news = 0;
    for (const article of wanted) {
      const here = document.getElementById(article.id);
      const source = article.innerHTML;
      let shown = here;
      if (!here || sources.get(article.id) !== source) {
        shown = document.adoptNode(article);
        localTimes(shown);
        if (here) {
          keepOpen(here, shown);
          here.replaceWith(shown);
        } else {
          shown.classList.add("new");
          if (before) before.after(shown); else old.querySelector("h2").after(shown);
          news += 1;
        }
        sources.set(shown.id, source);
      }
      before = shown;
    }
    for (const link of old.querySelectorAll(":scope > .older")) link.remove();
    old.append(...fresh.querySelectorAll(":scope > .older"));
    return news;
  }

  let asked = null; // the HTML that the box of what waits for a yes was made from

  // Puts the box of what waits for a yes up to date; returns whether it has changed.
  function bringUpWaiting(fresh) {
    const here = document.getElementById("waiting");
    if (!fresh || !here || fresh.innerHTML.trim() === asked) return false;
    asked = fresh.innerHTML.trim();
    localTimes(fresh);
    here.replaceWith(document.adoptNode(fresh));
    return asked !== "";
  }

  function keepOpen(before, after) {
    const open = Array.from(before.querySelectorAll("details"), (fold) => fold.open);
    after.querySelectorAll("details").forEach((fold, index) => { fold.open = open[index] || false; });
  }

  function watch(live) {
    const page = live.dataset.page;
    const said = document.getElementById("said");
    const query = new URLSearchParams(location.search).get("history") === "all" ? "?history=all" : "";
    let version = live.dataset.version;
    let source = null;
    let looking = false;
    let again = false;

    async function look() {
      if (looking) { again = true; return; }
      looking = true;
      try {
        do {
          again = false;
          const answer = await fetch(`${page}/live${query}`, { credentials: "same-origin", cache: "no-store" });
          if (!answer.ok) return;
          const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").body;
          const history = fresh.querySelector(".history");
          localTimes(history);
          live.querySelector(".history").replaceWith(history);
          const news = bringUpWaiting(fresh.querySelector("#waiting"));
          if (bringUp(live.querySelector(".messages"), fresh.querySelector(".messages")) || news) {
            said.textContent = said.dataset.text;
          }
        } while (again);
      } catch {
        // The connection is away for a moment; the next event brings what is missed now.
      } finally {
        looking = false;
      }
    }

    function listen() {
      if (source || document.hidden) return;
      source = new EventSource(`${page}/events?seen=${version}`);
      source.addEventListener("change", (event) => { version = event.data; look(); });
    }

    // A browser keeps few connections to one site: pages in the background let theirs go.
    document.addEventListener("visibilitychange", () => {
      if (document.hidden && source) { source.close(); source = null; }
      listen();
    });
    window.addEventListener("pagehide", () => { if (source) { source.close(); source = null; } });
    window.addEventListener("pageshow", listen);
    for (const article of live.querySelectorAll("article[id]")) sources.set(article.id, article.innerHTML);
    listen();
  }

  const waiting = document.getElementById("waiting");
  if (waiting) asked = waiting.innerHTML.trim();
  const live = document.getElementById("live");
  if (live && live.dataset.page) watch(live);
  localTimes(document);
  const form = document.getElementById("reply");
  if (form) careful(form);
})();
