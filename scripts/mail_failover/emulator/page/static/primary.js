// The primary's card: one's own server, which can be stopped and started.

import { post } from "./api.js";
import { problemPlace } from "./attempt.js";
import { makeButton } from "./button.js";
import { makeCard, makeFigures, setChip } from "./card.js";
import { make, setText } from "./dom.js";

/** Make the card, kept current. */
export function primaryCard(store) {
  const { preference } = store.state.primary;
  const { card, chip } = makeCard({ node: "primary", title: "Primary", tag: `MX ${preference}` });
  const where = make("p", { class: "what" });
  const figures = makeFigures("stored");
  const place = problemPlace();
  const turn = makeButton("", place, () => post("api/primary", { up: !store.state.primary.up }));
  card.append(where, make("div", { class: "across" }, figures.list, turn), place);

  const draw = () => {
    const { up, port, stored } = store.state.primary;
    setText(where, `Your own mail server, 127.0.0.1:${port}`);
    setChip(chip, up ? "Up" : "Stopped", up ? "good" : "bad");
    setText(turn, up ? "Stop it" : "Start it");
    figures.set(stored);
  };
  store.on(["primary"], draw);
  draw();
  return card;
}
