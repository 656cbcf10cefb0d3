// Small helpers: elements, icons, times, addresses. Text is always set as text, never as HTML.

export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child != null && child !== false));
  return element;
}

const PATHS = {
  reply: "M9 7 4 12l5 5M4 12h9a7 7 0 0 1 7 7",
  forward: "m15 7 5 5-5 5M20 12h-9a7 7 0 0 0-7 7",
  attach: "m20 11-8.5 8.5a5 5 0 0 1-7-7L13 4a3.3 3.3 0 0 1 4.7 4.7l-8.5 8.5a1.7 1.7 0 0 1-2.4-2.4L14.5 7",
  source: "m8 7-5 5 5 5M16 7l5 5-5 5",
  send: "M21 3 10 14M21 3l-7 18-4-7-7-4z",
  arrow: "M4 12h15m-5-5 5 5-5 5",
};

export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

export function time(iso, seconds = false) {
  const options = { hour: "2-digit", minute: "2-digit", ...(seconds && { second: "2-digit" }), hour12: false };
  return h("time", { datetime: iso, title: iso, class: "time" }, new Date(iso).toLocaleTimeString("en-GB", options));
}

export function size(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1024 * 1024 ? `${Math.round(bytes / 1024)} kB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

// An address; of a mask the token is what gives way when there is little room.
export function address({ email, mask }) {
  const title = mask ? `${email}: a mask, good for this inquiry only` : email;
  if (!mask) return h("span", { class: "address", title }, h("span", { class: "gives" }, email));
  const [local, domain] = email.split("@");
  const dash = local.indexOf("-") + 1;
  return h(
    "span",
    { class: "address mask", title },
    h("span", {}, local.slice(0, dash)),
    h("span", { class: "gives" }, local.slice(dash)),
    h("span", {}, `@${domain}`),
  );
}

export function file({ name, bytes }, href) {
  const inside = [icon("attach"), h("span", {}, name), h("small", {}, size(bytes))];
  return href ? h("a", { class: "file", href, download: true }, inside) : h("span", { class: "file" }, inside);
}
