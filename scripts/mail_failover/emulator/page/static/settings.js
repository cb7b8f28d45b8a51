// The Worker's settings as it reads them, what is wrong with them, and how to change one for this run.

import { post } from "./api.js";
import { makeField, makeForm } from "./button.js";
import { handOn, make } from "./dom.js";
import { Setting } from "./setting.js";
import { line } from "./text.js";

const NOTE = "A change is for this run, and no file is written: the flag below a changed setting repeats it by hand.";

export function mount(root, store) {
  const rows = new Map();
  const problems = make("div", { class: "warning" });
  const body = make("tbody");
  const head = make("tr", {}, ...["Name", "Value"].map((title) => make("th", { scope: "col" }, title)));
  const table = make("table", { class: "settings", "aria-label": "Settings" }, make("thead", {}, head), body);
  const known = make("datalist", { id: "known-settings" });
  const note = make("p", { class: "note" }, NOTE);
  const scrolls = make("div", { class: "scrolls", role: "region", tabindex: 0, "aria-label": "Settings" }, table);
  root.append(problems, scrolls, note, addition(known));

  function draw() {
    const { variables, problems: wrong, known: names } = store.state.settings;
    problems.hidden = !wrong.length;
    problems.replaceChildren(
      make("h3", {}, "What the Worker can't use of them"),
      make("ul", { role: "list" }, ...wrong.map((problem) => make("li", {}, line(problem)))),
    );
    known.replaceChildren(...names.map((name) => make("option", { value: name })));
    arrange(body, rows, variables, scrolls);
  }
  store.on(["settings"], draw);
  draw();
}

/** Let each setting keep its row, in which somebody may be writing; the focus in one that goes is `heir`'s. */
function arrange(body, rows, variables, heir) {
  const there = new Set(variables.map(({ name }) => name));
  for (const [name, row] of rows) {
    if (there.has(name)) continue;
    handOn(row.element, heir);
    row.element.remove();
    rows.delete(name);
  }
  for (const [place, variable] of variables.entries()) {
    let row = rows.get(variable.name);
    if (!row) {
      row = new Setting(variable.name);
      rows.set(variable.name, row);
      body.insertBefore(row.element, body.children[place] ?? null);
    }
    row.draw(variable);
  }
}

function addition(known) {
  const properties = { autocomplete: "off", autocapitalize: "off", spellcheck: "false" };
  const name = make("input", { ...properties, list: known.id, required: true });
  const value = make("input", properties);
  const submit = make("button", { type: "submit" }, "Set it");
  const send = async () => {
    await post("api/settings", { [name.value.trim()]: value.value });
    name.value = "";
    value.value = "";
    name.focus();
  };
  const form = makeForm("Set another", send, makeField("Name", name), makeField("Value", value), submit);
  return make("section", { class: "addition" }, make("h3", {}, "Set another"), known, form);
}
