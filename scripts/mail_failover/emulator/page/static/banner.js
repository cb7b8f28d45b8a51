// The banner while an outage is open.

import { make, setText } from "./dom.js";

const MOST = 3;

/** Show the banner as long as a domain has an outage. */
export function mount(root, store) {
  const title = make("h2");
  const lines = make("div");
  root.append(title, lines);
  root.setAttribute("role", "region");
  root.setAttribute("aria-label", "Outage");

  const draw = () => {
    const out = store.state.domains.filter((each) => each.outage);
    root.hidden = !out.length;
    const named = out.slice(0, MOST).map((each) => each.domain);
    setText(title, `Outage: ${named.join(", ")}${out.length > MOST ? ` and ${out.length - MOST} more` : ""}`);
    // The first line is the outage's; the edge's card has the others.
    const told = out.slice(0, MOST).map(({ domain, lines: [first = ""] }) => (out.length > 1 ? `${domain}: ${first}` : first));
    lines.replaceChildren(...told.map((text) => make("p", {}, text)));
  };
  store.on(["domains"], draw);
  draw();
}
