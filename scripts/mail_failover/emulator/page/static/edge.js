// The edge's card: what it did with what it caught, and how each domain stands.

import { makeCard, makeFigures, setChip } from "./card.js";
import { make, setText } from "./dom.js";
import { faultControl } from "./faults.js";

const MOST_LINES = 60;

/** Make the card, kept current. */
export function edgeCard(store) {
  const { preference } = store.state.edge;
  const { card, chip } = makeCard({ node: "edge", title: "Edge", tag: `MX ${preference}` });
  const port = make("span");
  const worker = make("code");
  const figures = makeFigures("accepted", "deferred", "rejected");
  const lines = make("ul", { class: "lines" });
  const standing = make("details", { class: "part" }, make("summary", {}, "How each domain stands"), lines);
  const faults = faultControl(store, "Let the Worker fail", { raw: "The message's stream", object: "The domain's object" });
  card.append(make("p", { class: "what" }, port, worker), figures.list, standing, faults);

  const draw = () => {
    const { edge, domains } = store.state;
    setText(port, `Cloudflare Email Routing, played on 127.0.0.1:${edge.port}, with the Worker `);
    setText(worker, edge.worker.split("/").slice(-2).join("/"));
    worker.title = edge.worker;
    figures.set(edge.accepted, edge.deferred, edge.rejected);
    const out = domains.some((each) => each.outage);
    setChip(chip, out ? "Outage" : "Ready", out ? "warn" : "good");
    standing.hidden = !domains.length;
    const told = domains.flatMap(({ domain, lines: own }) => own.map((line) => `${domain}: ${line}`));
    lines.replaceChildren(...told.slice(0, MOST_LINES).map((text) => make("li", {}, text)));
  };
  store.on(["edge", "domains"], draw);
  draw();
  return card;
}
