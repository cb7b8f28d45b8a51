// Puts the page together: the store, the stream, and a view in each of its places.

import * as banner from "./banner.js";
import * as chats from "./chats.js";
import * as clock from "./clock.js";
import * as command from "./command.js";
import { setText } from "./dom.js";
import * as log from "./log.js";
import * as mail from "./mail.js";
import * as map from "./map.js";
import * as settings from "./settings.js";
import { Store } from "./store.js";
import * as story from "./story.js";
import { follow } from "./stream.js";
import { tabs } from "./tabs.js";

/** Each has `mount(root, store)`, which is called once, when the state is there. */
const VIEWS = { banner, clock, map, story, chats, mail, settings, log, command };
const LINKS = { live: "Live", lost: "Trying again", ended: "The program has ended" };

const store = new Store();
let mounted = false;

function mount() {
  mounted = true;
  document.getElementById("tab-story").hidden = store.state.acts === null;
  const mark = tabs(document.getElementById("tabs"));
  store.on(["post"], (events) => isNew(events) && mark("chats"));
  store.on(["stored"], (events) => isNew(events) && mark("mail"));
  for (const [id, view] of Object.entries(VIEWS)) view.mount(document.getElementById(id), store);
}

const isNew = (events) => events[0].event !== "reset";

store.on([], () => mounted || mount());
follow(store, (link) => {
  const place = document.getElementById("link");
  setText(place, LINKS[link]);
  place.dataset.link = link;
});
