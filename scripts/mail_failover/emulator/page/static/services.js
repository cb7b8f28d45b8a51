// The chats' cards: one for each service, and how it can fail.

import { makeCard, setChip } from "./card.js";
import { make, setText } from "./dom.js";
import { faultControl } from "./faults.js";
import { number } from "./format.js";

/** Make the place of the chats' cards, kept current. */
export function chatCards(store) {
  const place = make("div", { class: "chats-cards" });
  const cards = new Map();

  const draw = () => {
    const { chats } = store.state;
    const named = new Set(chats.map((chat) => chat.service));
    for (const [service, { card }] of cards) {
      if (named.has(service)) continue;
      card.remove();
      cards.delete(service);
    }
    for (const chat of chats) {
      if (!cards.has(chat.service)) {
        cards.set(chat.service, chatCard(store, chat));
        place.append(cards.get(chat.service).card);
      }
      cards.get(chat.service).fill(chat);
    }
  };
  store.on(["chats", "faults"], draw);
  draw();
  return place;
}

function chatCard(store, { service, title }) {
  const { card, chip } = makeCard({ node: `chat:${service}`, title });
  const told = make("span", { class: "tag" });
  chip.before(told);
  card.append(faultControl(store, `Let ${title} fail`, { [service]: title }));
  const fill = ({ played, shown }) => {
    const failing = store.state.faults.some((each) => each.target === service);
    setChip(chip, failing ? "Failing" : played ? "Played here" : "The real one", failing ? "bad" : "");
    setText(told, `${number(shown)} told`);
  };
  return { card, fill };
}
