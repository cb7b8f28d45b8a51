// The stream of events: a batch for each frame, the state anew where events were skipped, and the program's end.

import { get } from "./api.js";

// So many events that wait to be shown cost more than the state anew.
const MOST_WAITING = 5000;
const HIDDEN_MILLISECONDS = 1000;
const TRIES_UNTIL_ENDED = 3;

/**
 * Keep the store current. `show` is told how the link is: "live", "lost" (trying again) or "ended".
 * @param {import("./store.js").Store} store
 * @param {(link: "live" | "lost" | "ended") => void} show
 */
export function follow(store, show) {
  let source = null;
  let waiting = [];
  let due = false;
  let tries = 0;

  async function begin() {
    source?.close();
    source = null;
    waiting = [];
    try {
      const state = await get("api/state");
      tries = 0;
      store.reset(state);
      listen(state.id);
      show("live");
    } catch {
      tries += 1;
      show(tries < TRIES_UNTIL_ENDED ? "lost" : "ended");
      setTimeout(begin, Math.min(500 * 2 ** tries, 10_000));
    }
  }

  function listen(after) {
    const own = new EventSource(`events?after=${after}`);
    source = own;
    own.onmessage = (message) => {
      if (source === own) take(JSON.parse(message.data));
    };
    own.onerror = () => {
      if (source === own) begin();
    };
  }

  function take(event) {
    waiting.push(event);
    if (event.event === "skipped" || waiting.length > MOST_WAITING) begin();
    else if (!due) {
      due = true;
      // A hidden page has no frames.
      if (document.hidden) setTimeout(flush, HIDDEN_MILLISECONDS);
      else requestAnimationFrame(flush);
    }
  }

  function flush() {
    due = false;
    const batch = waiting;
    waiting = [];
    if (batch.length) store.take(batch);
  }

  document.addEventListener("visibilitychange", flush);
  return begin();
}
