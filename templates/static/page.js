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
    const button = form.querySelector("button[type=submit]");
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
    keepDraft(form, form.querySelector("textarea"));
    // Coming back with the browser's back button finds a box that can be used again.
    window.addEventListener("pageshow", () => {
      button.disabled = false;
      button.textContent = label;
    });
  }

  // -- what is typed is kept in this browser until it is sent: for this tab, and as the last that was typed in any

  const FOR = 30 * 86400000; // milliseconds that a draft is kept

  function stored(storage, key) {
    try {
      const draft = JSON.parse(storage.getItem(key) || "null");
      return draft && typeof draft.text === "string" && Date.now() - draft.at < FOR ? draft.text : "";
    } catch {
      return ""; // storage is off, or holds something else: then nothing is kept
    }
  }

  function store(key, text) {
    for (const storage of [sessionStorage, localStorage]) {
      try {
        if (text.trim()) storage.setItem(key, JSON.stringify({ text, at: Date.now() }));
        else storage.removeItem(key);
      } catch { /* full or off */ }
    }
  }

  function keepDraft(form, box) {
    const key = `parley:${new URL(form.action).pathname}`;
    const kept = document.getElementById("kept");
    if (document.getElementById("sent")) store(key, "");
    if (!box.value) {
      const draft = stored(sessionStorage, key) || stored(localStorage, key);
      if (draft) {
        box.value = draft;
        kept.hidden = false;
      }
    }
    kept.querySelector("button").addEventListener("click", () => {
      box.value = "";
      store(key, "");
      kept.hidden = true;
      box.focus();
    });
    let waits = 0;
    box.addEventListener("input", () => {
      clearTimeout(waits);
      waits = setTimeout(() => store(key, box.value), 300);
    });
    window.addEventListener("pagehide", () => { if (box.value) store(key, box.value); });
  }

  // -- what was read: the messages of the other side that were on a visible screen for a while

  const LOOKED = 1500; // milliseconds
  const SHARE = 0.6; // of the message, or of the screen where the message is taller than that

  function reading(page, key) {
    const since = new Map(); // of each message that is on the screen: when it came into view
    const done = new Set();
    let timer = 0;

    function look() {
      clearTimeout(timer);
      const now = Date.now();
      const due = Array.from(since).filter(([article, at]) => now - at >= LOOKED).map(([article]) => article);
      if (due.length) tell(due);
      const next = Math.min(...Array.from(since.values(), (at) => at + LOOKED - now));
      if (Number.isFinite(next)) timer = setTimeout(look, Math.max(50, next));
    }

    async function tell(articles) {
      for (const article of articles) { since.delete(article); done.add(article.dataset.unread); watcher.unobserve(article); }
      const body = new URLSearchParams({ key, seen: articles.map((article) => article.dataset.unread).join(" ") });
      try {
        await fetch(`${page}/seen`, { method: "POST", body, credentials: "same-origin", keepalive: true });
      } catch { /* not told: the message stays unread until the page is opened again */ }
    }

    const watcher = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        const enough = entry.intersectionRatio >= SHARE || entry.intersectionRect.height >= SHARE * innerHeight;
        if (!enough || document.hidden) since.delete(entry.target);
        else if (!since.has(entry.target)) since.set(entry.target, Date.now());
      }
      look();
    }, { threshold: [0, 0.2, 0.4, SHARE, 0.8, 1] });

    document.addEventListener("visibilitychange", () => {
      since.clear();
      observe(document);
    });

    function observe(root) {
      for (const article of root.querySelectorAll("article[data-unread]")) {
        watcher.unobserve(article);
        if (!document.hidden && !done.has(article.dataset.unread)) watcher.observe(article);
      }
    }

    observe(document);
    return observe;
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
          if (before) before.after(shown); else old.querySelector(".title").after(shown);
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

  let waitsFor = null; // the HTML that the box of what waits for a yes was made from

  // Puts the box of what waits for a yes up to date; returns whether it has changed.
  function bringUpWaiting(fresh) {
    const here = document.getElementById("waiting");
    if (!fresh || !here || fresh.innerHTML.trim() === waitsFor) return false;
    waitsFor = fresh.innerHTML.trim();
    localTimes(fresh);
    here.replaceWith(document.adoptNode(fresh));
    return waitsFor !== "";
  }

  function keepOpen(before, after) {
    const open = Array.from(before.querySelectorAll("details"), (fold) => fold.open);
    after.querySelectorAll("details").forEach((fold, index) => { fold.open = open[index] || false; });
  }

  function watch(live, page, observe) {
    const said = document.getElementById("said");
    const asked = new URLSearchParams(location.search);
    const wanted = new URLSearchParams();
    if (asked.has("order")) wanted.set("order", asked.get("order"));
    const query = wanted.size ? `?${wanted}` : "";
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
          observe(live);
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
  if (waiting) waitsFor = waiting.innerHTML.trim();
  const main = document.getElementById("main");
  const live = document.getElementById("live");
  localTimes(document);
  if (live) {
    const observe = reading(main.dataset.page, main.dataset.key);
    if (live.dataset.version) watch(live, main.dataset.page, observe);
  }
  const form = document.getElementById("reply");
  if (form) careful(form);
  const print = document.getElementById("print");
  if (print) {
    print.hidden = false;
    print.addEventListener("click", () => window.print());
  }
})();
