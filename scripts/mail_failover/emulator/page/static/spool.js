// The spool's card: what lies there, and the replay that brings it home.

import { post } from "./api.js";
import { problemPlace } from "./attempt.js";
import { makeButton } from "./button.js";
import { makeCard, makeFigures, makeHeap, setChip } from "./card.js";
import { handOn, make, setText } from "./dom.js";

const MOST_LINES = 12;
const ON = "Keeps what no inbox takes, until your server is back.";
const OFF = "Off: a message that no inbox takes is deferred, and the sender keeps it.";

/** Make the card, kept current. */
export function spoolCard(store) {
  const { card, chip, heading } = makeCard({ node: "spool", title: "Spool" });
  const what = make("p", { class: "what" });
  const figures = makeFigures("to come home");
  const { heap, set } = makeHeap();
  const place = problemPlace();
  const open = makeButton("Switch it on for this run", place, () => post("api/spool"));
  const replay = makeButton("Replay", place, () => post("api/replay"));
  const across = make("div", { class: "across" }, figures.list, replay);
  card.append(what, across, heap, open, place, replayLines(store));

  const draw = () => {
    const { on, waiting } = store.state.spool;
    setText(what, on ? ON : OFF);
    if (!on) setChip(chip, "Off");
    else setChip(chip, waiting ? "Holds mail" : "Empty", waiting ? "warn" : "good");
    figures.set(waiting);
    set(waiting);
    if (on) handOn(open, heading);
    open.hidden = on;
    across.hidden = !on && !waiting;
    replay.classList.toggle("main", waiting > 0);
  };
  store.on(["spool"], draw);
  draw();
  return card;
}

function replayLines(store) {
  const list = make("pre", { tabindex: "0", role: "group", "aria-label": "What the replay said" });
  const part = make("details", { class: "part", open: true, hidden: true }, make("summary", {}, "What the replay said"), list);
  let lines = [];
  const take = (events) => {
    const news = events.filter((each) => each.event === "replay").map(replayLine);
    lines = [...lines, ...news.filter(Boolean)].slice(-MOST_LINES);
    setText(list, lines.join("\n"));
    part.hidden = !lines.length;
  };
  store.on(["replay"], take);
  take(store.state.recent);
  return part;
}

function replayLine({ domain, line, ended }) {
  const said = ended ? `it failed, with exit code ${ended}` : line;
  return said && `${domain}: ${said}`;
}
