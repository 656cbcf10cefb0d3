// The demo's page: one stream from the server feeds mailboxes, history and log.

import { address, h, icon } from "./dom.js";
import { History } from "./history.js";
import { Log } from "./log.js";
import { Mailbox } from "./mailbox.js";

const byId = (id) => document.getElementById(id);
const log = new Log(byId("log"), byId("log-all"));
let boxes = new Map();
let history = null;

// Everything as it is now. It comes again after a break, and the page starts anew.
function begin({ about, boxes: given, history: entries, log: lines }) {
  const mailboxes = given.map((box) => new Mailbox(box, colleague(box, given)));
  boxes = new Map(mailboxes.map((mailbox) => [mailbox.box.key, mailbox]));
  byId("boxes").replaceChildren(...mailboxes.map((mailbox) => mailbox.element));
  history = new History(byId("history"), given, (mail) => log.filter(mail));
  history.show(entries);
  log.show(lines);
  showWays(about, given);
  byId("smtp").textContent = `SMTP ${about.smtp}`;
}

// Whom a mail is forwarded to at first: somebody else of the same company, else anybody.
function colleague(box, all) {
  const others = all.filter((other) => other.key !== box.key);
  return (others.find((other) => other.company === box.company) ?? others.at(-1)).email;
}

function showWays({ masks }, people) {
  const side = (name) => people.filter((person) => person.side === name);
  const names = (some) => h("span", { class: "people" }, some.map((person) =>
    h("span", { class: "dot", "data-person": person.key, title: person.email }, person.name.split(" ")[0]),
  ));
  const way = (from, mask, to) => h(
    "div",
    { class: "way" },
    names(from),
    h("span", { class: "hop" }, icon("arrow"), address({ email: mask, mask: true }), icon("arrow")),
    names(to),
  );
  if (!masks.seller) return;
  byId("ways").replaceChildren(
    way(side("buyer"), masks.seller, side("seller")),
    way(side("seller"), masks.buyer, side("buyer")),
  );
}

function connect() {
  const stream = new EventSource("/events");
  const live = byId("live");
  const on = (name, act) => stream.addEventListener(name, ({ data }) => act(JSON.parse(data)));
  const state = (name, text) => { live.className = `live ${name}`; live.textContent = text; };
  on("now", (now) => { begin(now); state("on", "live"); });
  on("mail", ({ box, mail }) => boxes.get(box)?.add(mail));
  on("history", ({ entries }) => history?.show(entries));
  on("log", ({ line }) => log.add(line));
  stream.onerror = () => state("off", "the demo has stopped");
}

connect();
