// The sender's card: what it sent, what waits there for its next try, and what it was last answered.

import { problemPlace } from "./attempt.js";
import { makeButton } from "./button.js";
import { post } from "./api.js";
import { makeCard, makeFigures, makeHeap, setChip } from "./card.js";
import { handOn, make, setText } from "./dom.js";
import { count, span, timeOfDay } from "./format.js";
import { sendForms } from "./send.js";
import { line } from "./text.js";
import { toneOf } from "./tone.js";

const MOST_WAITING = 4;
const MOST_ANSWERS = 5;

/** Make the card, kept current. */
export function senderCard(store) {
  const { card, chip, heading } = makeCard({ node: "sender", title: "Sender" });
  const figures = makeFigures("sent", "waiting", "bounced");
  card.append(make("p", { class: "what" }, "A mail server somewhere. It tries the lowest MX number first."), figures.list);
  card.append(...sendForms(store), waitingList(store, heading), answerList(store));

  const draw = () => {
    const { sent, waiting, bounced, busy } = store.state.sender;
    figures.set(sent, waiting, bounced);
    if (busy) setChip(chip, "Busy", "accent");
    else setChip(chip, waiting ? `${waiting} to try again` : "Idle", waiting ? "warn" : "");
  };
  store.on(["sender"], draw);
  draw();
  return card;
}

function waitingList(store, heading) {
  const place = problemPlace();
  const list = make("ul", { class: "waiting" });
  const more = make("p", { class: "more" });
  const { heap, set } = makeHeap();
  const retry = makeButton("Try again now", place, () => post("api/retry"));
  const head = make("div", { class: "part-head" }, make("h4", {}, "Waiting for the next try"), retry);
  const part = make("div", { class: "part" }, head, heap, list, more, place);

  const draw = () => {
    const { queue, waiting } = store.state.sender;
    if (!waiting) handOn(retry, heading);
    part.hidden = !waiting && !place.hasChildNodes();
    retry.hidden = !waiting;
    set(waiting);
    list.replaceChildren(...queue.slice(0, MOST_WAITING).map(waitingItem));
    const left = waiting - list.childElementCount;
    setText(more, left > 0 ? `and ${count(left, "more message", "more messages")}` : "");
    more.hidden = left <= 0;
    tick();
  };
  const tick = () => {
    for (const time of list.querySelectorAll("time")) {
      const seconds = (Date.parse(time.dateTime) - store.now()) / 1000;
      setText(time, seconds > 0 ? `in ${span(seconds)}` : "now");
    }
  };
  store.on(["sender", "clock"], draw);
  setInterval(tick, 1000);
  draw();
  return part;
}

function waitingItem({ subject, next, tries, reply }) {
  return make(
    "li",
    {},
    make("span", { class: "subject" }, make("bdi", {}, line(subject) || "No subject")),
    make("span", { class: "next" }, "next try ", make("time", { datetime: next }), ` after ${count(tries, "try", "tries")}`),
    reply ? make("code", { class: "reply", "data-tone": "warn" }, line(reply)) : null,
  );
}

function answerList(store) {
  const list = make("ol", { class: "answers" });
  const part = make("div", { class: "part", hidden: true }, make("h4", {}, "Last answers"), list);
  const take = (events) => {
    for (const event of events.filter((each) => each.event === "tried").slice(-MOST_ANSWERS)) list.prepend(answerItem(event));
    while (list.childElementCount > MOST_ANSWERS) list.lastElementChild.remove();
    part.hidden = !list.childElementCount;
  };
  store.on(["tried"], take);
  take(store.state.recent);
  return part;
}

function answerItem({ at, to, preference, reply, result }) {
  return make(
    "li",
    {},
    make("time", { datetime: at }, timeOfDay(at)),
    make("span", { class: "where" }, `MX ${preference} ${to}`),
    make("code", { class: "reply", "data-tone": toneOf(result) }, line(reply)),
  );
}
