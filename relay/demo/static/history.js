// The exchange history: messages with what became of them, and what else happened, newest first.

import { file, h, time } from "./dom.js";

const LONG = 170; // characters; what is longer is folded until it is clicked

export class History {
  constructor(element, people, showLog) {
    this.element = element;
    this.keys = new Map(people.map((person) => [person.email, person.key]));
    this.showLog = showLog;
    this.seen = null;
    this.unfolded = new Set();
  }

  show(entries) {
    const known = this.seen;
    this.seen = new Set(entries.map((entry) => `${entry.type} ${entry.id}`));
    this.element.replaceChildren(...entries.map((entry) => {
      const element = entry.type === "message" ? this.message(entry) : this.event(entry);
      if (known && !known.has(`${entry.type} ${entry.id}`)) element.classList.add("fresh");
      return element;
    }));
  }

  message(entry) {
    const text = h("div", { class: "text" }, h("p", {}, entry.text));
    if (entry.text.length > LONG || entry.text.split("\n").length > 3) this.fold(text, entry.id);
    return h(
      "li",
      { class: "entry message", "data-person": this.keys.get(entry.who) },
      h("div", { class: "line" }, h("b", {}, entry.name), this.toLog(entry.mail), time(entry.at, true)),
      text,
      entry.files.length > 0 && h("div", { class: "files" }, entry.files.map((one) => file(one))),
      h("div", { class: "facts" }, entry.facts.map((one) => fact(one))),
    );
  }

  toLog(mail) {
    const title = `What the log says of mail ${mail}`;
    return h("button", { type: "button", class: "plain", title, onclick: () => this.showLog(mail) }, "log");
  }

  fold(text, id) {
    text.classList.add("long");
    text.classList.toggle("folded", !this.unfolded.has(id));
    text.addEventListener("click", () => {
      const folded = text.classList.toggle("folded");
      this.unfolded[folded ? "delete" : "add"](id);
    });
  }

  event(entry) {
    const person = this.keys.get(entry.who);
    return h("li", { class: "entry event", "data-person": person, title: entry.proof }, entry.text, time(entry.at, true));
  }
}

function fact({ kind, text, proof }) {
  return h("span", { class: `fact ${kind.replace(".", "-")}`, title: proof }, text);
}
