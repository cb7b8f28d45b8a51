// How a target can be made to fail, the flag that does the same by hand, and what mends it.

import { post } from "./api.js";
import { problemPlace } from "./attempt.js";
import { makeButton, makeField, makeForm } from "./button.js";
import { handOn, make, setText } from "./dom.js";
import { takesSeconds, wordsOf } from "./kinds.js";

const TIMES = { ":x1": "once", ":x2": "twice", ":x5": "5 times", ":x20": "20 times", "": "until mended" };

/**
 * Make the control of some targets' faults.
 * @param {import("./store.js").Store} store
 * @param {string} title
 * @param {Record<string, string>} targets each with its name for a person
 */
export function faultControl(store, title, targets) {
  const known = Object.keys(targets).filter((target) => store.state.kinds[target]);
  const summary = make("summary", {}, title);
  const details = make("details", { class: "faults" }, summary, faultForm(store, title, targets, known));
  const pending = known.map((target) => pendingPart(store, target, targets[target], summary));
  return make("div", { class: "part", hidden: !known.length }, ...pending, details);
}

function faultForm(store, title, targets, known) {
  const how = make("select", { class: "wide" }, ...known.map((target) => options(store, targets, known, target)).flat());
  const times = make("select", {}, ...Object.entries(TIMES).map(([value, text]) => make("option", { value }, text)));
  const seconds = make("input", { type: "number", min: 0, max: 999_999, value: 5, required: true });
  const secondsField = makeField("Seconds", seconds, { class: "field short" });
  const flag = make("code", { class: "flag" });
  const wanted = () => {
    const [target, kind] = how.value.split("=");
    const wait = takesSeconds(kind) ? `:${seconds.value}` : "";
    return { target, fault: `${kind}${wait}${times.value}` };
  };
  const draw = () => {
    secondsField.hidden = seconds.disabled = !takesSeconds(how.value.split("=")[1]);
    const { target, fault } = wanted();
    setText(flag, `--fault ${target}=${fault}`);
  };
  const form = makeForm(
    title,
    () => post("api/fault", wanted()),
    makeField("How", how, { class: "field whole" }),
    makeField("How often", times, { class: "field grow" }),
    secondsField,
    make("button", {}, "Let it fail"),
    make("p", { class: "by-hand whole" }, "By hand", flag),
  );
  form.addEventListener("input", draw);
  draw();
  return form;
}

function options(store, targets, known, target) {
  const all = store.state.kinds[target].map((kind) => {
    const words = wordsOf(target, kind);
    return make("option", { value: `${target}=${kind}` }, words ? `${kind}: ${words}` : kind);
  });
  return known.length > 1 ? [make("optgroup", { label: targets[target] }, ...all)] : all;
}

/** What is still to come of a target's faults, and what mends all of it; `summary` gets the focus when that is done. */
function pendingPart(store, target, name, summary) {
  const list = make("ul");
  const place = problemPlace();
  const mend = () => post("api/fault", { target, fault: "" });
  const again = makeButton("Works again", place, mend, { "aria-label": `Works again: ${name}` });
  const part = make("div", { class: "pending" }, list, again, place);
  const draw = () => {
    const own = store.state.faults.filter((each) => each.target === target);
    if (!own.length) handOn(again, summary);
    part.hidden = !own.length;
    list.replaceChildren(...own.map(({ flag }) => make("li", {}, make("code", { class: "flag", "data-tone": "bad" }, flag))));
  };
  store.on(["faults"], draw);
  draw();
  return part;
}
