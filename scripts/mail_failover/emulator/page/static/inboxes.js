// The fallback inboxes' card: a row for each, and how they can fail.

import { makeCard, setChip } from "./card.js";
import { make, setText } from "./dom.js";
import { faultControl } from "./faults.js";
import { count, number } from "./format.js";

const MOST = 20;

/** Make the card, kept current. */
export function inboxesCard(store) {
  const { card, chip } = makeCard({ node: "inboxes", title: "Fallback inboxes" });
  const list = make("ul", { class: "inboxes" });
  const none = make("p", { class: "what" }, "No inbox is set: FALLBACK_INBOXES names them.");
  const more = make("p", { class: "more" });
  card.append(list, more, none, faultControl(store, "Let an inbox fail", { forward: "Inboxes" }));

  const draw = () => {
    const { inboxes, faults } = store.state;
    const shown = inboxes.slice(0, MOST);
    while (list.childElementCount > shown.length) list.lastElementChild.remove();
    while (list.childElementCount < shown.length) list.append(inboxRow());
    shown.forEach((inbox, place) => fill(list.children[place], inbox));
    none.hidden = inboxes.length > 0;
    more.hidden = inboxes.length <= MOST;
    setText(more, `and ${count(inboxes.length - shown.length, "more inbox", "more inboxes")}`);
    const failing = faults.some((each) => each.target === "forward");
    setChip(chip, failing ? "Failing" : "", "bad");
  };
  store.on(["inboxes", "faults"], draw);
  draw();
  return card;
}

function inboxRow() {
  return make("li", {}, make("span", { class: "address" }), make("span", { class: "chip" }), make("span", { class: "many" }));
}

function fill(row, { address, verified, stored }) {
  const [name, chip, many] = row.children;
  row.dataset.node = `inbox:${address}`;
  setText(name, address);
  name.title = address;
  setChip(chip, verified ? "" : "Unverified", "warn");
  setText(many, `${number(stored)} stored`);
}
