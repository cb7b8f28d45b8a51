// The log: the Worker's lines, SMTP sessions, requests and the replay's lines, the newest last.

import { announce } from "./announce.js";
import { handOn, make, setAttribute, setText } from "./dom.js";
import { Entry, KINDS } from "./entry.js";
import { followEnd } from "./follow.js";
import { count } from "./format.js";

const MOST = 500;

export function mount(root, store) {
  const log = new Log(root);
  log.take(store.state.recent.filter((each) => each.event in KINDS));
  store.on(Object.keys(KINDS), (events) => log.take(events[0].event === "reset" ? missed(store.state, events[0]) : events));
}

/** What a whole state has that was not told before, below a note if more than that is missing. */
function missed({ recent }, reset) {
  const news = recent.filter((each) => each.id > reset.after);
  const gap = news.length > 0 && news[0].id > reset.after + 1;
  return [...(gap ? [reset] : []), ...news.filter((each) => each.event in KINDS)];
}

class Log {
  #entries = [];
  #elements = new Map();
  #paused = false;
  #list = make("ol", { class: "entries", role: "list" });
  #scrolls = make("div", { class: "scrolls", role: "region", tabindex: 0, "aria-label": "Log" }, this.#list);
  #boxes = new Map(Object.entries(KINDS).map(([kind, title]) => [kind, this.#box(title)]));
  #search = make("input", { type: "search", spellcheck: "false", oninput: () => this.#filter() });
  #pause = make("button", { type: "button", "aria-pressed": "false", onclick: () => this.#toggle() }, "Pause");
  #sum = make("p", { class: "sum" });

  constructor(root) {
    const kinds = [...this.#boxes.values()].map((box) => box.parentElement);
    const tools = make(
      "div",
      { class: "tools" },
      make("fieldset", { class: "row" }, make("legend", { class: "unseen" }, "Show"), ...kinds),
      make("label", { class: "search" }, make("span", {}, "Search"), this.#search),
      this.#pause,
      this.#sum,
    );
    root.append(tools, this.#scrolls);
    followEnd(this.#scrolls);
    this.#count();
  }

  take(events) {
    this.#entries = [...this.#entries, ...events.slice(-MOST).map((event) => new Entry(event))].slice(-MOST);
    if (!this.#paused) this.#draw();
    this.#count();
  }

  #draw() {
    const there = new Set(this.#entries);
    for (const [entry, element] of this.#elements) {
      if (there.has(entry)) continue;
      handOn(element, this.#scrolls);
      element.remove();
      this.#elements.delete(entry);
    }
    for (const entry of this.#entries) {
      if (this.#elements.has(entry)) continue;
      const element = entry.element();
      element.hidden = !this.#wants(entry);
      this.#elements.set(entry, element);
      this.#list.append(element);
    }
  }

  #wants(entry) {
    const box = this.#boxes.get(entry.kind);
    return (!box || box.checked) && entry.searched.includes(this.#search.value.toLowerCase());
  }

  #filter() {
    for (const [entry, element] of this.#elements) element.hidden = !this.#wants(entry);
    this.#count();
    announce(this.#sum.textContent);
  }

  #toggle() {
    this.#paused = !this.#paused;
    setAttribute(this.#pause, "aria-pressed", String(this.#paused));
    if (!this.#paused) this.#draw();
    this.#count();
  }

  #count() {
    const all = this.#elements.size;
    const shown = [...this.#elements.keys()].filter((entry) => this.#wants(entry)).length;
    const waiting = this.#entries.filter((entry) => !this.#elements.has(entry)).length;
    const sum = shown < all ? `${shown} of ${count(all, "entry", "entries")}` : count(all, "entry", "entries");
    setText(this.#sum, waiting ? `${sum}, ${waiting} more since the pause` : sum);
  }

  #box(title) {
    const box = make("input", { type: "checkbox", checked: true, oninput: () => this.#filter() });
    make("label", { class: "choice" }, box, title);
    return box;
  }
}
