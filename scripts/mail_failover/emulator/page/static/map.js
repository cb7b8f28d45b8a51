// The map: a card for each actor, the lines between them, and the messages on their way.

import { chatCards } from "./services.js";
import { edgeCard } from "./edge.js";
import { inboxesCard } from "./inboxes.js";
import { Journeys } from "./journey.js";
import { make } from "./dom.js";
import { narrate } from "./narrate.js";
import { primaryCard } from "./primary.js";
import { senderCard } from "./sender.js";
import { spoolCard } from "./spool.js";
import { Travel } from "./travel.js";
import { Wires } from "./wires.js";

const MOST_INBOX_LINES = 8;
const MOVES = ["sent", "tried", "caught", "stored", "post"];

/** Show the map, kept current. */
export function mount(root, store) {
  const ground = make(
    "div",
    { class: "ground" },
    senderCard(store),
    primaryCard(store),
    edgeCard(store),
    make("div", { class: "ends" }, spoolCard(store), inboxesCard(store), chatCards(store)),
  );
  root.append(ground);
  const wires = new Wires(ground);
  const travel = new Travel(ground, wires);
  const journeys = new Journeys();

  const connect = () => wires.connect(pairs(store.state));
  store.on(["inboxes", "chats"], connect);
  // What happened before is not shown again, but says which message is which.
  const learn = () => store.state.recent.forEach((event) => journeys.of(event));
  store.on(MOVES, (events) => {
    for (const event of events) {
      if (event.event === "reset") learn();
      else journeys.of(event).forEach((hop) => travel.go(hop));
    }
  });
  narrate(store);
  learn();
  connect();
}

function pairs({ inboxes, chats }) {
  return [
    ["sender", "primary", "mail"],
    ["sender", "edge", "mail"],
    ["edge", "spool", "mail"],
    ["spool", "primary", "replay"],
    ...inboxes.slice(0, MOST_INBOX_LINES).map(({ address }) => ["edge", `inbox:${address}`, "mail"]),
    ...chats.map(({ service }) => ["edge", `chat:${service}`, "tell"]),
  ];
}
