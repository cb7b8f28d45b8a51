// One setting: its value, its flag if it was changed for this run, and the field that changes it.

import { post } from "./api.js";
import { attempt, problemPlace } from "./attempt.js";
import { makeField } from "./button.js";
import { make, setAttribute, setText } from "./dom.js";
import { line, lines, quoted } from "./text.js";

export class Setting {
  #name;
  #variable;
  #value = make("code", { class: "value" });
  #flag = make("code", { class: "flag" });
  #changed = make("span", { class: "badge" }, "changed");
  #change;
  #place = make("div", { class: "change" });

  constructor(name) {
    this.#name = name;
    this.#change = make("button", { type: "button", "aria-expanded": "false", onclick: () => this.#toggle() }, "Change");
    this.#change.setAttribute("aria-label", `Change ${name}`);
    const header = make("th", { scope: "row" }, make("code", {}, line(name)), " ", this.#changed);
    this.element = make("tr", {}, header, make("td", {}, this.#change, this.#value, this.#flag, this.#place));
  }

  draw(variable) {
    const { name, value, secret, changed } = variable;
    this.#variable = variable;
    const told = value === null ? null : value === "" ? "empty" : lines(value);
    setText(this.#value, told ?? (secret ? "set, not shown" : "not set"));
    setAttribute(this.#value, "data-none", !value);
    this.#changed.hidden = !changed;
    this.#flag.hidden = !changed || (value === null && !secret);
    setText(this.#flag, `--var ${value === null ? `${name}=…` : quoted(`${name}=${value}`)}`);
  }

  #toggle() {
    if (this.#place.hasChildNodes()) this.#close();
    else this.#open();
  }

  #close() {
    this.#place.replaceChildren();
    this.#change.setAttribute("aria-expanded", "false");
    this.#change.focus();
  }

  #open() {
    const { value, secret, changed } = this.#variable;
    const problem = problemPlace();
    problem.id = `problem-${this.#name}`;
    const properties = { autocomplete: "off", autocapitalize: "off", spellcheck: "false", "aria-describedby": problem.id };
    const input = make(secret ? "input" : "textarea", { ...properties, ...(secret ? { type: "password" } : { rows: 1 }) });
    input.value = value ?? "";
    const form = make("form", { "aria-label": `Change ${this.#name}` });
    const set = async (wanted) => {
      const done = await attempt(form, problem, () => post("api/settings", { [this.#name]: wanted }));
      setAttribute(input, "aria-invalid", done ? null : "true");
      if (done) this.#close();
    };
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      set(input.value);
    });
    form.addEventListener("keydown", (event) => this.#key(event, form, input));
    form.append(
      makeField("New value", input),
      make(
        "div",
        { class: "row" },
        make("button", { type: "submit" }, "Set it"),
        changed ? make("button", { type: "button", onclick: () => set(null) }, "Back to what the files say") : null,
        make("button", { type: "button", onclick: () => this.#close() }, "Leave it"),
      ),
      problem,
    );
    this.#place.replaceChildren(form);
    this.#change.setAttribute("aria-expanded", "true");
    input.focus();
  }

  /** Enter sets, as in a field of one line; Shift+Enter breaks a line. */
  #key(event, form, input) {
    if (event.key === "Escape") this.#close();
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.target !== input) return;
    event.preventDefault();
    form.requestSubmit();
  }
}
