// One person's mailbox: list, open mail, raw source.

import { address, file, h, icon, time } from "./dom.js";
import { Composer } from "./composer.js";

const SANDBOX = "allow-popups allow-popups-to-escape-sandbox"; // links open beside the demo; nothing runs in the mail

export class Mailbox {
  constructor(box, colleague) {
    this.box = box;
    this.colleague = colleague;
    this.mails = new Map();
    this.opened = 0;
    this.list = h("ol", { class: "mails", "aria-label": `Mails of ${box.name}` });
    this.reader = h("div", { class: "reader" }, h("p", { class: "empty" }, "No mail yet"));
    this.said = h("p", { class: "said", role: "status", hidden: true });
    this.element = h(
      "section",
      { class: "mailbox", "data-person": box.key, "aria-label": `Mailbox of ${box.name}` },
      owner(box),
      this.list,
      this.reader,
      this.said,
    );
    for (const mail of [...box.mails].reverse()) this.add(mail, false);
    const newest = box.mails.find((mail) => mail.way === "in") ?? box.mails[0];
    if (newest) this.open(newest.number);
  }

  // A mail has come in or was sent. One that came is opened, unless something is being written.
  add(mail, live = true) {
    const row = h("li", { class: live ? "fresh" : "" }, this.row(mail, live));
    this.mails.set(mail.number, { mail, row });
    this.list.prepend(row);
    if (!live || mail.way !== "in") return;
    this.list.scrollTop = 0;
    this.element.classList.remove("arrived");
    requestAnimationFrame(() => this.element.classList.add("arrived"));
    if (!this.composer) this.open(mail.number);
  }

  row(mail, unread) {
    const sent = mail.way === "out";
    return h(
      "button",
      {
        type: "button",
        class: sent ? "sent" : unread ? "new" : "",
        onclick: () => this.open(mail.number),
      },
      h("span", { class: "who" }, sent ? "sent by you" : mail.sender),
      time(mail.at, true),
      h("span", { class: "preview" }, mail.preview || mail.subject),
    );
  }

  async open(number) {
    this.opened = number;
    for (const [other, { row }] of this.mails) {
      row.firstChild.setAttribute("aria-current", String(other === number));
    }
    const path = `/mails/${this.box.key}/${number}`;
    const mail = await (await fetch(path)).json();
    if (this.opened !== number) return;
    this.mails.get(number).row.firstChild.classList.remove("new");
    this.show(mail, path);
  }

  show(mail, path) {
    const body = h("iframe", { src: `${path}/body`, sandbox: SANDBOX, title: mail.subject, referrerpolicy: "no-referrer" });
    const source = h("button", { type: "button", class: "button", "aria-pressed": "false" }, icon("source"), "Source");
    source.addEventListener("click", () => this.toggle(body, source, `${path}/source`));
    const write = (what) => () => this.write(what, mail, path);
    this.reader.replaceChildren(
      head(mail, path),
      body,
      h(
        "div",
        { class: "tools" },
        h("button", { type: "button", class: "button main", onclick: write("reply") }, icon("reply"), "Reply"),
        h("button", { type: "button", class: "button", onclick: write("forward") }, icon("forward"), "Forward"),
        h("span", { class: "space" }),
        source,
      ),
    );
  }

  async toggle(body, button, path) {
    const shown = button.getAttribute("aria-pressed") === "true";
    button.setAttribute("aria-pressed", String(!shown));
    const raw = this.reader.querySelector("pre");
    if (shown) raw.replaceWith(body);
    else body.replaceWith(h("pre", { tabindex: "0" }, await (await fetch(path)).text()));
    button.lastChild.textContent = shown ? "Source" : "Mail";
  }

  write(what, mail, path) {
    this.said.hidden = true;
    const to = what === "reply" ? (mail.way === "out" ? mail.recipients[0]?.email : mail.reply_to) : this.colleague;
    this.composer = new Composer({ what, mail, path: `${path}/send`, to: to ?? "", client: this.box.client }, (answers) => {
      this.composer.element.remove();
      this.composer = null;
      if (answers) this.tell(answers);
    });
    this.element.append(this.composer.element);
    this.composer.focus();
  }

  tell({ taken, answers }) {
    this.said.hidden = false;
    this.said.classList.toggle("bad", !taken);
    this.said.textContent = answers.map(({ text }) => (taken ? `✓ ${text}` : text)).join(" · ");
  }
}

function owner(box) {
  const initials = box.name.split(" ").map((word) => word[0]).join("");
  return h(
    "header",
    { class: "owner" },
    h("span", { class: "avatar", "aria-hidden": "true" }, initials),
    h("div", {}, h("h2", {}, box.name, " ", h("small", {}, `${box.side}, ${box.company}`)), address({ email: box.email })),
  );
}

function head(mail, path) {
  const who = ({ name, ...rest }) => h("dd", {}, name ? h("b", {}, name) : null, address(rest));
  return h(
    "div",
    { class: "head" },
    h("h3", { title: mail.subject }, mail.subject),
    h("dl", {}, h("dt", {}, "From"), who(mail.from), h("dt", {}, "To"), h("dd", {}, mail.recipients.map(address))),
    mail.attachments.length > 0 &&
      h("div", { class: "files" }, mail.attachments.map((one) => file(one, `${path}/files/${one.index}`))),
  );
}
