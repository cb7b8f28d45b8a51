// Which ways the messages went, from what happened: one hop after the other for each message.

import { toneOf } from "./tone.js";

const MOST_REMEMBERED = 5000;

/**
 * @typedef {{message: string, from: string, to: string, tone: string, label?: string, kind?: string}} Hop
 * `from` and `to` are nodes of the map; the label is read where the hop ends.
 */
export class Journeys {
  // What our sender sent, and whose present try at the edge is shown already.
  #sent = new Remembered();
  #caught = new Remembered();
  // What was caught, and may come home: under its own name, whatever was put on top of it.
  #kept = new Remembered();

  /**
   * Tell the hops of an event.
   * @returns {Hop[]}
   */
  of(event) {
    switch (event.event) {
      case "sent":
        this.#sent.add(event.message);
        this.#kept.delete(event.message);
        return [];
      case "tried":
        return this.#tried(event);
      case "caught":
        return this.#edge(event);
      case "stored":
        return this.#stored(event);
      case "post":
        return [{ message: `post ${event.id}`, from: "edge", to: `chat:${event.service}`, tone: "", kind: "pulse" }];
      default:
        return [];
    }
  }

  #tried({ message, to, reply, result }) {
    const tone = toneOf(result);
    // The Worker's word comes before the reply to the sender.
    const shown = to === "edge" && this.#caught.delete(message);
    const there = { message, from: "sender", to, tone, label: reply, kind: shown ? "label" : "mail" };
    if (result === "taken") return [there];
    return [there, { message, from: to, to: "sender", tone }];
  }

  #edge({ message, status, inboxes, held, reason }) {
    const hops = [];
    if (this.#sent.has(message) && !this.#caught.has(message)) {
      this.#caught.add(message);
      hops.push({ message, from: "sender", to: "edge", tone: "" });
    }
    if (status === "accepted") this.#kept.add(message);
    for (const inbox of inboxes) hops.push({ message, from: "edge", to: `inbox:${inbox}`, tone: "good" });
    if (held) hops.push({ message, from: "edge", to: "spool", tone: "warn", label: reason ? `held: ${reason}` : "held" });
    return hops;
  }

  #stored({ message, place }) {
    if (place !== "primary" || !this.#kept.delete(message)) return [];
    return [{ message, from: "spool", to: "primary", tone: "good", label: "came home" }];
  }
}

/** A set that forgets its oldest. */
class Remembered {
  #all = new Set();

  has(item) {
    return this.#all.has(item);
  }

  add(item) {
    this.#all.add(item);
    if (this.#all.size > MOST_REMEMBERED) this.#all.delete(this.#all.values().next().value);
  }

  delete(item) {
    return this.#all.delete(item);
  }
}
