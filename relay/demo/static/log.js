// The live log: journal lines as they are written, in colour. `time id: event key=value …`

import { h } from "./dom.js";

const LINES = 500;
const TONES = {
  good: ["accepted", "sent", "released"],
  bad: ["rejected", "failed", "fault", "refused", "dropped"],
  wait: ["held", "deferred", "duplicate"],
  quiet: ["started", "listening", "connected", "disconnected", "page", "stopped"],
};
const TONE = new Map(Object.entries(TONES).flatMap(([tone, events]) => events.map((event) => [event, tone])));
const LINE = /^(\S+) (\S+): (\S+) ?(.*)$/s;
const PAIR = /([\w.]+)=("(?:[^"\\]|\\.)*"|\S*)/g;
const MASK = /(?:buyer|seller|bounce)-[a-z0-9]{6}…?[^\s"<>]*/;

export class Log {
  constructor(list, all) {
    this.list = list;
    this.all = all;
    this.only = "";
    this.all.addEventListener("click", () => this.filter(""));
    this.list.addEventListener("mouseover", ({ target }) => this.light(target.closest("li")?.dataset.id));
    this.list.addEventListener("mouseleave", () => this.light(""));
    this.list.addEventListener("click", ({ target }) => target.closest(".id") && this.filter(target.closest("li").dataset.id));
  }

  show(lines) {
    this.list.replaceChildren(...lines.map((line) => this.line(line)));
    this.list.scrollTop = this.list.scrollHeight;
  }

  add(line) {
    const { scrollTop, scrollHeight, clientHeight } = this.list;
    const atEnd = scrollTop + clientHeight > scrollHeight - 40;
    const element = this.line(line);
    element.classList.add("fresh");
    this.list.append(element);
    while (this.list.childElementCount > LINES) this.list.firstChild.remove();
    if (atEnd) this.list.scrollTop = this.list.scrollHeight;
  }

  // Show the lines of one id only; "" shows all.
  filter(id) {
    this.only = id === this.only ? "" : id;
    for (const line of this.list.children) line.hidden = !this.fits(line);
    this.all.hidden = !this.only;
    this.all.textContent = `only ${this.only}: show all`;
    this.list.scrollTop = this.list.scrollHeight;
  }

  fits(line) {
    return !this.only || line.dataset.id === this.only;
  }

  light(id) {
    for (const line of this.list.children) line.classList.toggle("lit", Boolean(id) && id !== "-" && line.dataset.id === id);
  }

  line(text) {
    const match = LINE.exec(text);
    if (!match) return h("li", {}, text);
    const [, at, id, event, rest] = match;
    const line = h(
      "li",
      { "data-id": id },
      h("span", { class: "at", title: at }, at.slice(11, 23)),
      " ",
      h("button", { type: "button", class: "id", tabindex: "-1" }, id.padEnd(16)),
      " ",
      h("span", { class: `event ${TONE.get(event) ?? ""}` }, event.padEnd(12)),
      " ",
      pairs(rest),
    );
    line.hidden = !this.fits(line);
    return line;
  }
}

function pairs(text) {
  return [...text.matchAll(PAIR)].flatMap(([, key, value]) => [
    h("span", { class: "key" }, `${key}=`),
    MASK.test(value) ? h("span", { class: "masked" }, value) : value,
    " ",
  ]);
}
