// Writing a reply or a forward. The mail itself is made by the demo's mail programs, on the server.

import { file, h, icon } from "./dom.js";

const CLIENTS = [["gmail", "Gmail"], ["outlook", "Outlook"], ["apple", "Apple Mail"]];

export class Composer {
  constructor({ what, mail, path, to, client }, done) {
    this.what = what;
    this.path = path;
    this.done = done;
    this.files = [];
    this.chosen = h("div", { class: "files" });
    this.said = h("p", { class: "said bad", role: "alert", hidden: true });
    this.text = h("textarea", { name: "text", "aria-label": "Your text", placeholder: "Write as you would in your mail program …" });
    this.to = h("input", { name: "to", value: to, "aria-label": "To", spellcheck: "false", autocomplete: "off" });
    this.to.addEventListener("input", () => this.mark());
    this.sendButton = h("button", { class: "button main" }, icon("send"), "Send");
    this.element = this.form(mail, client);
    this.mark();
  }

  form(mail, client) {
    const picker = h("input", { type: "file", multiple: true, hidden: true, "aria-label": "Files" });
    picker.addEventListener("change", () => this.attach(picker));
    const title = `${this.what === "reply" ? "Reply to" : "Forward"} “${mail.subject}”`;
    const form = h(
      "form",
      { class: "composer", "aria-label": title },
      h("div", { class: "row" }, h("h3", { title }, title), this.cancel()),
      h("div", { class: "row" }, "To", this.to),
      this.text,
      this.chosen,
      h("div", { class: "clients" }, "written by", clients(client)),
      this.said,
      h(
        "div",
        { class: "tools" },
        this.sendButton,
        h("button", { type: "button", class: "button", onclick: () => picker.click() }, icon("attach"), "Attach"),
        picker,
      ),
    );
    form.addEventListener("submit", (event) => this.send(event));
    form.addEventListener("keydown", (event) => this.key(event));
    return form;
  }

  cancel() {
    return h("button", { type: "button", class: "plain", onclick: () => this.done(null) }, "Cancel");
  }

  focus() {
    this.text.focus();
  }

  key(event) {
    if (event.key === "Escape" && !this.text.value) this.done(null); // what was typed is not lost to a slip
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.element.requestSubmit();
  }

  mark() {
    this.to.classList.toggle("mask", /^(buyer|seller)-[a-z0-9]{16}@/.test(this.to.value.trim()));
  }

  attach(picker) {
    this.files.push(...picker.files);
    picker.value = "";
    this.show();
  }

  show() {
    this.chosen.replaceChildren(...this.files.map((one, index) => {
      const chip = file({ name: one.name, bytes: one.size });
      const remove = () => { this.files.splice(index, 1); this.show(); };
      chip.append(h("button", { type: "button", "aria-label": `Remove ${one.name}`, onclick: remove }, "✕"));
      return chip;
    }));
  }

  async send(event) {
    event.preventDefault();
    const form = new FormData(this.element);
    form.set("what", this.what);
    for (const one of this.files) form.append("files", one);
    this.sendButton.disabled = true;
    const answer = await post(this.path, form);
    this.sendButton.disabled = false;
    if (answer.taken) return this.done(answer);
    this.said.hidden = false;
    this.said.textContent = answer.answers.map(({ text }) => text).join(" · ");
  }
}

async function post(path, form) {
  try {
    const response = await fetch(path, { method: "POST", body: form });
    const json = response.headers.get("content-type")?.startsWith("application/json");
    return json ? await response.json() : { taken: false, answers: [{ text: await response.text() }] };
  } catch {
    return { taken: false, answers: [{ text: "The demo does not answer. Is it still running?" }] };
  }
}

function clients(chosen) {
  return h("div", { class: "segments", role: "radiogroup", "aria-label": "Mail program" }, CLIENTS.map(([value, name]) =>
    h("label", {}, h("input", { type: "radio", name: "client", value, checked: value === chosen }), h("span", {}, name)),
  ));
}
