// One message as a person reads it: its headers, its text, what is attached, and its source. All of it is text.

import { get, getBeginning } from "./api.js";
import { attempt, problemPlace } from "./attempt.js";
import { makeButton } from "./button.js";
import { make } from "./dom.js";
import { count, size } from "./format.js";
import { line, lines } from "./text.js";

const SOURCE_BYTES = 256 * 1024;
const FIRST = ["from", "to", "cc", "subject", "date"];

export class Message {
  #problem = problemPlace();
  #place = make("div", { class: "opened" }, make("p", { class: "empty" }, "Choose a message to read it."));
  #last = 0;
  #back;

  /** `back` returns to where the message was chosen. */
  constructor(back) {
    this.#back = back;
    this.element = make("section", { class: "message", "aria-label": "Message" }, this.#problem, this.#place);
    this.element.addEventListener("keydown", (event) => event.key === "Escape" && back());
  }

  /** Show a message of a mailbox, whose button was pressed, and go there. */
  open(button, box, entry) {
    const address = `api/mail/${encodeURIComponent(box)}/${encodeURIComponent(entry.name)}`;
    const mine = (this.#last += 1);
    return attempt(button, this.#problem, async () => {
      this.#place.replaceChildren();
      const message = await get(address);
      // Another one was chosen meanwhile.
      if (mine !== this.#last) return;
      const heading = make("h3", { tabindex: -1 }, make("bdi", {}, line(entry.subject) || "No subject"));
      this.#place.replaceChildren(make("header", {}, heading, this.#backButton()), ...parts(message), source(address, message.size));
      heading.focus();
    });
  }

  #backButton() {
    return make("button", { type: "button", class: "back", onclick: this.#back }, "Back to the list");
  }
}

function* parts({ headers, text, attachments, defects, clipped }) {
  if (defects.length) {
    const all = defects.map((defect) => make("li", {}, line(defect)));
    yield make("div", { class: "warning" }, make("h4", {}, "What is wrong with it"), make("ul", { role: "list" }, ...all));
  }
  const rows = [...headers].sort(([one], [other]) => rank(one) - rank(other));
  yield scrolls("Headers", table(["Header", "Value"], rows.map(([name, value]) => [line(name), lines(value)])));
  yield make("h4", {}, "Text");
  if (text.trim()) yield make("pre", { class: "text", dir: "auto" }, lines(text));
  else yield make("p", { class: "empty" }, "It has no text.");
  if (clipped) yield make("p", { class: "note" }, "The text is cut off here; the source has all of it.");
  if (!attachments.length) return;
  yield make("h4", {}, count(attachments.length, "attachment"));
  const files = attachments.map((each) => [line(each.name) || "No name", line(each.type), size(each.size)]);
  yield scrolls("Attachments", table(["Name", "Type", "Size"], files));
}

/** What a person looks for comes first; all others follow as they stand, and the source has them in their order. */
function rank(name) {
  const place = FIRST.indexOf(name.toLowerCase());
  return place < 0 ? FIRST.length : place;
}

function scrolls(name, content) {
  return make("div", { class: "scrolls", role: "region", tabindex: 0, "aria-label": name }, content);
}

/** The first cell of each row is its header. */
function table(titles, rows) {
  const head = make("tr", {}, ...titles.map((title) => make("th", { scope: "col" }, title)));
  const body = rows.map(([first, ...others]) =>
    make(
      "tr",
      {},
      make("th", { scope: "row" }, make("bdi", {}, first)),
      ...others.map((each) => make("td", {}, make("bdi", {}, each))),
    ),
  );
  return make("table", {}, make("thead", {}, head), make("tbody", {}, ...body));
}

function source(address, bytes) {
  const problem = problemPlace();
  const place = make("div", {});
  const button = makeButton("Show the source", problem, async () => {
    const pre = make("pre", { class: "scrolls", tabindex: 0, "aria-label": "Source" }, lines(await getBeginning(`${address}/raw`, SOURCE_BYTES)));
    const note = bytes > SOURCE_BYTES ? make("p", { class: "note" }, `The first 256 KiB of ${size(bytes)}.`) : "";
    place.replaceChildren(note, pre);
    pre.focus();
    button.remove();
  });
  const whole = make("a", { href: `${address}/raw`, target: "_blank", rel: "noopener" }, "Open the whole source");
  return make("div", { class: "source" }, make("p", { class: "row" }, button, whole), problem, place);
}
