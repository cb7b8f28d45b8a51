// What a screen reader hears of the mail: sentences while it is little, sums when it is much.

import { announce } from "./announce.js";
import { count } from "./format.js";
import { line } from "./text.js";

const SOON_MILLISECONDS = 1000;
// A burst may last for minutes: its sums come less often.
const BURST_MILLISECONDS = 5000;
const MOST_SENTENCES = 2;
const MOST_OF_A_SUBJECT = 80;

/** Say what happens, as long as the page is open. */
export function narrate(store) {
  let ends = [];
  let subjects = new Map();
  let due = false;
  let pause = SOON_MILLISECONDS;

  const speak = () => {
    const isBurst = ends.length > MOST_SENTENCES;
    due = false;
    pause = isBurst ? BURST_MILLISECONDS : SOON_MILLISECONDS;
    announce(isBurst ? sum(ends) : ends.map((end) => sentence(end, subjects)).join(" "));
    ends = [];
  };
  store.on(["sent", "tried", "caught", "waits", "bounced"], (events) => {
    for (const event of events) {
      if (event.event === "sent") subjects = remember(subjects, event);
      const end = endOf(event);
      if (end) ends.push({ end, ...event });
    }
    if (!ends.length || due) return;
    due = true;
    setTimeout(speak, pause);
  });
  watchStates(store);
}

const WORDS = {
  primary: "arrived at the primary",
  inbox: "caught, in an inbox",
  held: "caught and held in the spool",
  rejected: "rejected by the edge",
  waits: "waiting at the sender",
  bounced: "bounced",
};

/** Where a message is after an event, if the event says that. */
function endOf(event) {
  if (event.event === "tried") return event.to === "primary" && event.result === "taken" ? "primary" : "";
  if (event.event === "caught") {
    if (event.status === "accepted") return event.held ? "held" : "inbox";
    return event.status === "rejected" ? "rejected" : "";
  }
  return event.event in WORDS ? event.event : "";
}

function sentence({ end, message }, subjects) {
  return `${subjects.get(message) ?? "A message"}: ${WORDS[end]}.`;
}

function sum(ends) {
  const counts = new Map();
  for (const { end } of ends) counts.set(end, (counts.get(end) ?? 0) + 1);
  return `${[...counts].map(([end, many]) => `${count(many, "message")} ${WORDS[end]}`).join(", ")}.`;
}

function remember(subjects, { message, subject }) {
  const kept = subjects.size > 200 ? new Map() : subjects;
  const told = line(subject);
  const short = told.length > MOST_OF_A_SUBJECT ? `${told.slice(0, MOST_OF_A_SUBJECT)}…` : told;
  return kept.set(message, short || "A message without a subject");
}

function watchStates(store) {
  let { up } = store.state.primary;
  let out = store.state.domains.some((each) => each.outage);
  store.on(["primary", "domains"], () => {
    const { primary, domains } = store.state;
    if (primary.up !== up) announce(primary.up ? "The primary is up." : "The primary is stopped.");
    const now = domains.some((each) => each.outage);
    if (now !== out) announce(now ? "An outage has begun." : "The outage has ended.");
    [up, out] = [primary.up, now];
  });
  store.on(["replay"], (events) => {
    const last = events.findLast((each) => each.event === "replay" && each.ended !== null);
    if (last) announce(last.ended === 0 ? "The replay is done." : "The replay failed: the spool's card says what it said.");
  });
}
