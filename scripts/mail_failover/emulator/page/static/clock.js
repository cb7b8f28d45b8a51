// The emulator's clock, which can be put forward: outages end, alerts become due, and senders try again.

import { post } from "./api.js";
import { attempt, problemPlace } from "./attempt.js";
import { makeButton } from "./button.js";
import { make, setText } from "./dom.js";
import { dayOf, span, timeOfDay } from "./format.js";

const JUMPS = { "1 min": 60, "10 min": 600, "1 hour": 3600, "1 day": 86_400 };
const UNITS = { min: 60, hours: 3600, days: 86_400 };

/** Show the clock, and what puts it forward. */
export function mount(root, store) {
  const time = make("time", { class: "now" });
  const ahead = make("span", { class: "chip", "data-tone": "accent" });
  const place = problemPlace();
  const pass = (seconds) => post("api/time", { seconds });
  const jumps = Object.entries(JUMPS).map(([label, seconds]) =>
    makeButton(`+${label}`, place, () => pass(seconds), { "aria-label": `Let ${label} pass` }),
  );
  const group = make("div", { class: "jumps", role: "group", "aria-label": "Let time pass" }, ...jumps, ownForm(pass, place));
  root.append(make("div", { class: "reading" }, time, ahead), group, place);

  const tick = () => {
    setText(time, `${dayOf(store.now())}, ${timeOfDay(store.now())}`);
    const { ahead: seconds } = store.state.clock;
    ahead.hidden = !seconds;
    setText(ahead, `${span(seconds)} ahead`);
  };
  store.on(["clock"], tick);
  setInterval(tick, 1000);
  tick();
}

function ownForm(pass, place) {
  const many = make("input", { type: "number", min: 1, max: 9999, value: 2, required: true, "aria-label": "So many" });
  const unit = make("select", { "aria-label": "Minutes, hours or days" }, ...Object.keys(UNITS).map((name) => make("option", {}, name)));
  unit.value = "hours";
  const form = make("form", { class: "own-jump", "aria-label": "Let some time pass" }, many, unit, make("button", {}, "Let pass"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(form, place, () => pass(many.valueAsNumber * UNITS[unit.value]));
  });
  return form;
}
