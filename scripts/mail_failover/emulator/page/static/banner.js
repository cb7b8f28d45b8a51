// The banner while an outage is open.

import { make, setText } from "./dom.js";

const MOST_LINES = 4;

/** Show the banner as long as a domain has an outage. */
export function mount(root, store) {
  const title = make("h2");
  const lines = make("ul");
  root.append(title, lines);
  root.setAttribute("role", "region");
  root.setAttribute("aria-label", "Outage");

  const draw = () => {
    const out = store.state.domains.filter((each) => each.outage);
    root.hidden = !out.length;
    setText(title, `Outage: ${out.map((each) => each.domain).join(", ")}`);
    const told = out.flatMap((each) => each.lines).slice(0, MOST_LINES);
    lines.replaceChildren(...told.map((line) => make("li", {}, line)));
  };
  store.on(["domains"], draw);
  draw();
}
