// The mailboxes: what each holds, the newest first, and the message that was chosen.

import { get } from "./api.js";
import { attempt, problemPlace } from "./attempt.js";
import { make } from "./dom.js";
import { Mailbox } from "./mailbox.js";
import { Message } from "./message.js";

export function mount(root, store) {
  const boxes = new Map();
  const problem = problemPlace();
  const list = make("div", { class: "mailboxes" });
  let chosen = null;
  // What was chosen may have left its list meanwhile.
  const message = new Message(() => (chosen?.isConnected ? chosen : list.querySelector(".letter[tabindex='0']"))?.focus());
  let meanwhile = null;
  root.append(problem, make("div", { class: "mail" }, list, message.element));

  function choose(button, box, entry) {
    chosen?.removeAttribute("aria-current");
    chosen = button;
    chosen.setAttribute("aria-current", "true");
    message.open(button, box, entry);
  }

  function boxOf(name) {
    if (!boxes.has(name)) {
      boxes.set(name, new Mailbox(name, choose));
      list.append(boxes.get(name).section);
    }
    return boxes.get(name);
  }

  function take(events) {
    if (meanwhile) return void meanwhile.push(...events);
    for (const event of events) boxOf(event.place).take(event);
    for (const box of boxes.values()) box.draw();
  }

  async function fetchAll() {
    meanwhile = [];
    try {
      for (const { place, messages } of await get("api/mail")) boxOf(place).fill(messages);
    } finally {
      const late = meanwhile;
      meanwhile = null;
      take(late);
    }
  }

  const begin = () => attempt(root, problem, fetchAll);
  store.on(["stored"], (events) => {
    if (events.some(({ event }) => event === "reset")) begin();
    else take(events);
  });
  begin();
}
