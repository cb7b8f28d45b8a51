// A card of the map: its head, its figures, and what stands below.

import { make, setAttribute, setText } from "./dom.js";
import { number } from "./format.js";

/**
 * Make a card. `node` is what the map's lines know it by; `tag` stands beside the title. Its heading can have the
 * focus of a control that goes.
 * @param {{node: string, title: string, tag?: string}} of
 */
export function makeCard({ node, title, tag = "" }) {
  const id = `card-${node.replace(/\W/g, "-")}`;
  const chip = make("span", { class: "chip" });
  const heading = make("h3", { id, tabindex: -1 }, title);
  const head = make(
    "header",
    { class: "card-head" },
    heading,
    tag ? make("span", { class: "tag" }, tag) : null,
    chip,
  );
  const card = make("article", { class: "card", "data-node": node, "aria-labelledby": id }, head);
  return { card, chip, heading };
}

/** Say a state in a chip; `tone` is "good", "warn", "bad" or empty. */
export function setChip(chip, text, tone = "") {
  setText(chip, text);
  setAttribute(chip, "data-tone", tone || null);
  chip.hidden = !text;
}

/** Make a row of figures with these names; returns it and what sets their values. */
export function makeFigures(...names) {
  const values = names.map(() => make("dd"));
  const list = make("dl", { class: "figures" }, ...names.map((name, place) => make("div", {}, make("dt", {}, name), values[place])));
  const set = (...numbers) => numbers.forEach((value, place) => setText(values[place], number(value)));
  return { list, set };
}

/** Make a heap of dots: one for each message that lies somewhere, up to a few. */
export function makeHeap(most = 24) {
  const heap = make("div", { class: "heap", "aria-hidden": "true" });
  const set = (many) => {
    const wanted = Math.min(many, most);
    while (heap.childElementCount > wanted) heap.lastElementChild.remove();
    while (heap.childElementCount < wanted) heap.append(make("i"));
    heap.hidden = !wanted;
  };
  set(0);
  return { heap, set };
}
