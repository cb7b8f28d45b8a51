// Buttons and forms that ask the program for something, and show beside them what went wrong.

import { attempt, problemPlace } from "./attempt.js";
import { make } from "./dom.js";

let fields = 0;

/** Make a button that does something; its problem appears in `place`. */
export function makeButton(label, place, work, properties = {}) {
  const button = make("button", { type: "button", ...properties, onclick: () => attempt(button, place, work) }, label);
  return button;
}

/** Make a form in one row, whose problem appears below it; `work` runs when it is sent. */
export function makeForm(name, work, ...children) {
  const place = problemPlace();
  const form = make("form", { class: "form", "aria-label": name }, make("div", { class: "row" }, ...children), place);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(form, place, work);
  });
  return form;
}

/** Make a field with its label above. */
export function makeField(label, input, properties = {}) {
  fields += 1;
  input.id = `field-${fields}`;
  return make("div", { class: "field", ...properties }, make("label", { for: input.id }, label), input);
}
