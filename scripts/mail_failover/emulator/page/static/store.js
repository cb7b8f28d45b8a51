// The state of the experiment, kept current by the events: all that the views draw from.

const POSTS = 100;
const LINES = 2000;

export class Store {
  /** What `api/state` says, with what changed since. A view may read it, and change nothing. */
  state = null;
  #listeners = [];
  #behind = 0;

  /**
   * Call `tell` with the events of these names, once for each batch, and with `[{event: "reset", after}]` once the
   * whole state was fetched anew: `after` is the number of the last event that was told before.
   * @param {string[]} names
   * @param {(events: object[]) => void} tell
   */
  on(names, tell) {
    this.#listeners.push({ names: new Set([...names, "reset"]), tell });
  }

  /** Take a whole state. */
  reset(state) {
    const after = this.state?.id ?? 0;
    this.state = state;
    this.#behind = Date.parse(state.now) - Date.now();
    this.#spread([{ event: "reset", after }]);
  }

  /** Take events in their order. */
  take(events) {
    for (const event of events) this.#learn(event);
    this.#spread(events);
  }

  /** The emulator's time, in milliseconds: it can be put forward. */
  now() {
    return Date.now() + this.#behind;
  }

  #learn(event) {
    const state = this.state;
    if (event.event === "clock") this.#behind += (event.state.ahead - state.clock.ahead) * 1000;
    if ("state" in event) state[event.event] = event.state;
    if (event.event === "post") keep(state.posts, event, POSTS);
    if (event.event === "story") keep(state.transcript, event, LINES);
    if ("id" in event) state.id = event.id;
  }

  #spread(events) {
    for (const { names, tell } of [...this.#listeners]) {
      const theirs = events.filter((event) => names.has(event.event));
      if (!theirs.length) continue;
      try {
        tell(theirs);
      } catch (error) {
        // One view's fault leaves the others working.
        console.error(error);
      }
    }
  }
}

function keep(list, item, most) {
  list.push(item);
  if (list.length > most) list.shift();
}
