// One mailbox as a list, which arrow keys go through.

import { make, setText } from "./dom.js";
import { count, size } from "./format.js";
import { line } from "./text.js";

const MOST = 100;
const SHORT = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

export class Mailbox {
  #entries = [];
  #items = new Map();
  #sum = make("p", { class: "sum" });
  #list;
  #name;
  #choose;

  /** `choose` is told the button that was pressed, the mailbox's name, and the message. */
  constructor(name, choose) {
    this.#name = name;
    this.#choose = choose;
    const title = name === "primary" ? "Primary" : line(name);
    this.#list = make("ol", { class: "letters", role: "list", "aria-label": title });
    this.#list.addEventListener("keydown", (event) => this.#move(event));
    this.#list.addEventListener("focusin", (event) => this.#reach(event.target));
    const heading = make("h3", {}, make("bdi", {}, title));
    this.section = make("section", { class: "mailbox" }, make("header", {}, heading, this.#sum), this.#list);
  }

  /** Take what the mailbox holds, the newest first. */
  fill(messages) {
    const old = new Map(this.#entries.map((entry) => [entry.name, entry]));
    this.#entries = messages.slice(0, MOST).map((entry) => old.get(entry.name) ?? entry);
  }

  /** Take a message that was stored now; one that was relayed has no name, and can't be opened. */
  take(message) {
    if (message.name && this.#entries.some(({ name }) => name === message.name)) return;
    this.#entries.unshift(message);
    if (this.#entries.length > MOST) this.#entries.pop();
  }

  draw() {
    const there = new Set(this.#entries);
    let left = false;
    for (const [entry, item] of this.#items) {
      if (there.has(entry)) continue;
      left ||= item.contains(document.activeElement);
      item.remove();
      this.#items.delete(entry);
    }
    let before = this.#list.firstChild;
    for (const entry of this.#entries) {
      const item = this.#items.get(entry);
      if (item) before = item.nextSibling;
      else this.#list.insertBefore(this.#item(entry), before);
    }
    const shown = this.#entries.length;
    setText(this.#sum, shown < MOST ? count(shown, "message") : `the newest ${MOST}`);
    const all = this.#list.querySelectorAll("button");
    if (!this.#list.querySelector("[tabindex='0']")) this.#reach(all[0]);
    // Who was at the end of the list stays there.
    if (left) all[all.length - 1]?.focus();
  }

  #item(entry) {
    const item = make("li", {}, this.#face(entry));
    this.#items.set(entry, item);
    return item;
  }

  #face(entry) {
    const when = new Date(entry.date);
    const known = !Number.isNaN(when.getTime());
    const parts = [
      make("span", { class: "from" }, make("bdi", {}, line(entry.from) || "No sender")),
      make("time", known ? { datetime: when.toISOString() } : {}, known ? SHORT.format(when) : line(entry.date)),
      make("span", { class: "subject" }, make("bdi", {}, line(entry.subject) || "No subject")),
      make("span", { class: "size" }, size(entry.size)),
    ];
    if (!entry.name) return make("p", { class: "letter" }, ...parts, make("span", { class: "note" }, "relayed: not kept here"));
    const button = make("button", { type: "button", class: "letter", tabindex: -1 }, ...parts);
    button.addEventListener("click", () => this.#choose(button, this.#name, entry));
    return button;
  }

  #reach(button) {
    for (const other of this.#list.querySelectorAll("[tabindex='0']")) other.tabIndex = -1;
    if (button) button.tabIndex = 0;
  }

  #move(event) {
    const all = [...this.#list.querySelectorAll("button")];
    const place = all.indexOf(event.target);
    const to = { ArrowDown: place + 1, ArrowUp: place - 1, Home: 0, End: all.length - 1 }[event.key];
    if (place < 0 || !all[to]) return;
    event.preventDefault();
    all[to].focus();
  }
}
