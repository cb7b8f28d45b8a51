// The dots: each message goes hop by hop along the lines; beyond a few at once, counters alone tell.

import { make, setText } from "./dom.js";
import { line } from "./text.js";

const MOST_DOTS = 24;
const HOP_MILLISECONDS = 750;
const HURRIED_MILLISECONDS = 350;
const LABEL_MILLISECONDS = 5000;

export class Travel {
  #root;
  #wires;
  #still = matchMedia("(prefers-reduced-motion: reduce)");
  #ways = new Map();
  #labels = new Map();

  constructor(root, wires) {
    this.#root = root;
    this.#wires = wires;
  }

  /** Let a message go a hop, after those that it has to go yet. */
  go(hop) {
    const way = this.#ways.get(hop.message);
    if (way) way.push(hop);
    else if (this.#still.matches || document.hidden || this.#ways.size >= MOST_DOTS) this.#arrive(hop);
    else {
      this.#ways.set(hop.message, [hop]);
      this.#walk(hop.message);
    }
  }

  async #walk(message) {
    const way = this.#ways.get(message);
    const dot = make("i", { class: "dot", "aria-hidden": "true" });
    this.#root.append(dot);
    while (way.length) {
      const hop = way.shift();
      await this.#move(dot, hop, way.length > 2 ? HURRIED_MILLISECONDS : HOP_MILLISECONDS);
      this.#arrive(hop);
    }
    this.#ways.delete(message);
    dot.remove();
  }

  async #move(dot, { from, to, tone, kind }, duration) {
    const line = kind === "label" ? null : this.#wires.between(from, to);
    if (!line) return;
    dot.dataset.tone = tone;
    dot.dataset.kind = kind ?? "mail";
    dot.style.offsetPath = `path("${line.path}")`;
    const ends = line.reversed ? ["100%", "0%"] : ["0%", "100%"];
    const frames = ends.map((offsetDistance) => ({ offsetDistance }));
    // A hidden page or a removed dot ends it early, which is an end as well.
    await dot.animate(frames, { duration, easing: "ease-in-out", fill: "forwards" }).finished.catch(() => {});
  }

  #arrive({ to, label, tone }) {
    const node = this.#wires.node(to);
    if (!node) return;
    if (label) this.#say(node, to, label, tone);
    if (!this.#still.matches && !document.hidden) {
      node.animate([{ boxShadow: "0 0 0 3px var(--halo)" }, { boxShadow: "0 0 0 3px transparent" }], 600);
    }
  }

  /** Show what was answered at a node, on its upper edge, for a while: one label for each. */
  #say(node, name, text, tone) {
    const label = this.#labels.get(name) ?? { element: make("span", { class: "answer", "aria-hidden": "true" }) };
    this.#labels.set(name, label);
    clearTimeout(label.timer);
    setText(label.element, line(text));
    label.element.dataset.tone = tone;
    if (label.element.parentElement !== node) node.append(label.element);
    label.timer = setTimeout(() => label.element.remove(), LABEL_MILLISECONDS);
  }
}
