// What the chats show: each as it would look there, the newest post last.

import { Chat } from "./chat.js";
import { make } from "./dom.js";
import { count } from "./format.js";

export function mount(root, store) {
  const chats = new Map();
  const grid = make("div", { class: "chats" });
  const silent = make("ul", { class: "silent", role: "list" });
  root.append(grid, silent);

  const rank = (service) => store.state.chats.findIndex((one) => one.service === service);

  function chatOf({ service, chat }) {
    const key = `${service} ${chat}`;
    if (!chats.has(key)) {
      const title = store.state.chats.find((one) => one.service === service)?.title ?? service;
      const made = new Chat(service, title, chat);
      chats.set(key, made);
      const next = [...grid.children].find((section) => rank(section.dataset.service) > rank(service));
      grid.insertBefore(made.section, next ?? null);
    }
    return chats.get(key);
  }

  function take(posts) {
    for (const post of posts) chatOf(post).take(post);
    for (const chat of chats.values()) chat.draw();
    const told = new Set([...chats.values()].map((chat) => chat.service));
    const others = store.state.chats.filter(({ service }) => !told.has(service)).map(waits);
    if (!chats.size && !others.length) others.push("No chat is set: nobody is told anything.");
    silent.replaceChildren(...others.map((text) => make("li", {}, text)));
  }

  store.on(["post", "chats"], (events) => {
    const [{ event, after }] = events;
    if (event === "reset") take(store.state.posts.filter(({ id }) => id > after));
    else take(events.filter((each) => each.event === "post"));
  });
  take(store.state.posts);
}

function waits({ title, played, shown }) {
  if (shown) return `${title} was told ${count(shown, "message")}, longer ago than this page looks back.`;
  if (played) return `${title} is played here, and was told nothing yet.`;
  return `${title} is not played here: what it is told is to be seen there.`;
}
