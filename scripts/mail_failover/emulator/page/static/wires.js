// The lines between the cards: computed from where the cards are, so that they fit every layout.

import { draw, setAttribute } from "./dom.js";
import { route } from "./route.js";

/** The lines of the map; `root` holds the cards, each known by its `data-node`. */
export class Wires {
  #root;
  #svg = draw("svg", { class: "wires", "aria-hidden": "true" });
  #paths = new Map();
  #due = false;
  #watch = new ResizeObserver(() => this.lay());

  constructor(root) {
    this.#root = root;
    this.#svg.append(arrowHead());
    root.prepend(this.#svg);
    this.#watch.observe(root);
  }

  /** Lay the lines between these pairs of nodes anew, at the next frame. */
  connect(pairs) {
    const wanted = new Map(pairs.map(([from, to, kind]) => [`${from}>${to}`, kind]));
    for (const [key, path] of this.#paths) {
      if (wanted.has(key)) continue;
      path.remove();
      this.#paths.delete(key);
    }
    for (const [key, kind] of wanted) {
      if (this.#paths.has(key)) continue;
      const path = draw("path", { class: "wire", "data-kind": kind, "marker-end": "url(#arrow)" });
      this.#paths.set(key, path);
      this.#svg.append(path);
    }
    for (const card of this.#root.querySelectorAll(".card")) this.#watch.observe(card);
    this.lay();
  }

  /** Compute the lines at the next frame. */
  lay() {
    if (this.#due) return;
    this.#due = true;
    requestAnimationFrame(() => {
      this.#due = false;
      this.#lay();
    });
  }

  /** Return a line's path between two nodes, and whether it is to be gone backwards; null where there is none. */
  between(from, to) {
    const there = this.#paths.get(`${from}>${to}`);
    const back = this.#paths.get(`${to}>${from}`);
    const path = (there ?? back)?.getAttribute("d");
    return path ? { path, reversed: !there } : null;
  }

  /** Return the element of a node. */
  node(name) {
    return this.#root.querySelector(`[data-node="${CSS.escape(name)}"]`);
  }

  #lay() {
    const ground = this.#root.getBoundingClientRect();
    setAttribute(this.#svg, "viewBox", `0 0 ${ground.width} ${ground.height}`);
    const cards = [...this.#root.querySelectorAll(".card")].map((card) => boxOf(card, card, ground));
    for (const [key, path] of this.#paths) {
      const [from, to] = key.split(">").map((name) => this.node(name));
      const margin = path.dataset.kind === "replay" ? "right" : "left";
      const ends = from && to ? [from, to].map((node) => boxOf(node, node.closest(".card"), ground)) : null;
      setAttribute(path, "d", ends && route(...ends, cards, margin));
    }
  }
}

function arrowHead() {
  const shape = draw("path", { class: "arrow", d: "M0,0 L7,3.5 L0,7 Z" });
  const size = { refX: 7, refY: 3.5, markerWidth: 7, markerHeight: 7, markerUnits: "userSpaceOnUse" };
  return draw("defs", {}, draw("marker", { id: "arrow", orient: "auto", ...size }, shape));
}

/** The box of a node, as wide as its card: the line of a row begins there. */
function boxOf(node, card, ground) {
  const { top, bottom } = node.getBoundingClientRect();
  const { left, right } = card.getBoundingClientRect();
  return { left: left - ground.left, right: right - ground.left, top: top - ground.top, bottom: bottom - ground.top };
}
