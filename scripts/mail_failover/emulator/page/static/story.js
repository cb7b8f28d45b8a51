// The story in five acts: which are played and what came of them, the next one's button, and the transcript.

import { post } from "./api.js";
import { makeButton } from "./button.js";
import { problemPlace } from "./attempt.js";
import { make, setAttribute, setText } from "./dom.js";
import { followEnd } from "./follow.js";
import { lines } from "./text.js";

const MOST = 2000;

export function mount(root, store) {
  if (!store.state.acts) return;
  const story = new Story(root);
  const begin = () => story.begin(store.state.transcript);
  store.on(["acts", "story"], (events) => {
    if (events.some(({ event }) => event === "reset")) begin();
    else story.tell(events.filter(({ event }) => event === "story"));
    story.draw(store.state.acts);
  });
  begin();
  story.draw(store.state.acts);
}

class Story {
  #acts = make("ol", { class: "acts", role: "list" });
  #problem = problemPlace();
  #play = makeButton("Play", this.#problem, () => post("api/act"), { class: "main" });
  #over = make("p", { class: "note", tabindex: -1 });
  #transcript = make("div", { class: "transcript" });

  constructor(root) {
    const told = make("div", { class: "told" }, this.#acts, this.#play, this.#over, this.#problem);
    const scrolls = make("div", { class: "scrolls", role: "log", tabindex: 0, "aria-label": "Transcript" }, this.#transcript);
    root.append(make("div", { class: "story" }, told, scrolls));
    followEnd(scrolls);
  }

  begin(transcript) {
    this.#transcript.replaceChildren();
    this.tell(transcript);
  }

  tell(said) {
    const all = said.slice(-MOST).map(({ line, style }) => make("p", { class: style || null }, lines(line)));
    this.#transcript.append(...all);
    while (this.#transcript.childElementCount > MOST) this.#transcript.firstChild.remove();
  }

  draw({ titles, verdicts, playing }) {
    const items = titles.map((title, place) => {
      const [verdict, word] = standing(place, verdicts, playing);
      const mark = make("span", { class: "verdict" }, word);
      return make("li", { "data-verdict": verdict }, make("span", { class: "act" }, `Act ${place + 1}`), make("span", {}, title), mark);
    });
    this.#acts.replaceChildren(...items);
    const next = verdicts.length;
    const over = next >= titles.length;
    const pressed = this.#play === document.activeElement;
    this.#play.hidden = over;
    setAttribute(this.#play, "aria-disabled", playing ? "true" : null);
    if (!over) setText(this.#play, `${playing ? "Playing" : "Play"} act ${next + 1}: ${titles[next]}`);
    this.#over.hidden = !over;
    const good = verdicts.every(Boolean);
    setText(this.#over, `The story is over. ${good ? "Every message is" : "Not every message is"} where it should be.`);
    if (over && pressed) this.#over.focus();
  }
}

function standing(place, verdicts, playing) {
  if (place < verdicts.length) return verdicts[place] ? ["good", "as it should be"] : ["bad", "FAILED"];
  return place === verdicts.length && playing ? ["playing", "playing"] : ["coming", "not played yet"];
}
