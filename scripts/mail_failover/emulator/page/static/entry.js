// One entry of the log: when, of which kind, what.

import { make } from "./dom.js";
import { count, timeOfDay } from "./format.js";
import { line } from "./text.js";

/** The kinds that can be left out, by the events that they are of. */
export const KINDS = { log: "Worker", smtp: "SMTP", request: "Requests", replay: "Replay" };
const SAID = { log: "Worker", smtp: "SMTP", request: "Request", replay: "Replay", reset: "Page" };

const TEXTS = {
  log: (event) => event.line,
  smtp: ({ server, session, lines }) => `${server}, session ${session}, ${count(lines.length, "line")}${outcome(lines)}`,
  request: ({ service, method, host, status, seconds }) =>
    `${method} ${host}${service && ` (${service})`}: ${status || "no answer"}, ${seconds.toFixed(2)} s`,
  replay: ({ domain, line: said, ended }) => `${domain}: ${said}${ended === null ? "" : ` (ended, exit code ${ended})`}`,
  reset: () => "The page fell behind: what happened here is not shown.",
};

export class Entry {
  /** What the search looks in, in lower case. */
  searched;
  #event;
  #text;

  constructor(event) {
    this.#event = event;
    this.kind = event.event;
    this.#text = line(TEXTS[this.kind](event));
    this.searched = [SAID[this.kind], this.#text, ...(event.lines ?? []).map(line)].join("\n").toLowerCase();
  }

  element() {
    const { at, lines } = this.#event;
    return make(
      "li",
      { class: "entry", "data-kind": this.kind },
      at ? make("time", { datetime: at }, timeOfDay(at)) : null,
      make("span", { class: "kind" }, SAID[this.kind]),
      lines ? session(this.#text, lines) : make("code", { dir: "auto" }, this.#text),
    );
  }
}

/** The last reply but the goodbye says what became of a session. */
function outcome(lines) {
  const reply = lines.findLast((each) => each.startsWith("S: ") && !each.startsWith("S: 221"));
  return reply ? `: ${reply.slice(3)}` : "";
}

function session(summary, lines) {
  const all = make("pre", {}, lines.map(line).join("\n"));
  return make("details", {}, make("summary", {}, make("code", {}, summary)), all);
}
