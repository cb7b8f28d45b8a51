// One chat: its posts as its service shows them, edits in place, replies where the service puts them.

import { make, setText } from "./dom.js";
import { followEnd } from "./follow.js";
import { count, timeOfDay } from "./format.js";
import { line, told } from "./text.js";

const MOST = 100;
const SHAPES = { telegram: "bubble", slack: "tile", discord: "tile", matrix: "tile", mattermost: "tile" };
const AUTHORS = { telegram: "mail_failover_bot" };
/** A reply is a message of its own there, and quotes what it replies to; elsewhere it stands below that. */
const QUOTING = new Set(["telegram"]);
/** A fact of an alert, as Telegram's text has it ("From: …") or Slack's ("From  …"). */
const FACT = /^(\S(?:(?! {2})[^:]){0,28}:|\S.{0,28}?(?= {2}))( +)(\S.*)$/u;

export class Chat {
  #posts = new Map();
  #items = new Map();
  #dropped = 0;
  #list = make("ol", { class: "posts", role: "list" });
  #sum = make("p", { class: "sum" });

  constructor(service, title, name) {
    const heading = make("h3", {}, title, " ", make("bdi", { class: "chat-name" }, line(name)));
    const label = `${title}, ${line(name)}`;
    const box = make("div", { class: "scrolls", role: "region", tabindex: 0, "aria-label": label }, this.#list);
    this.service = service;
    this.section = make("section", { class: `chat ${SHAPES[service] ?? "slip"}`, "data-service": service });
    this.section.append(make("header", {}, heading, this.#sum), box);
    followEnd(box);
  }

  /** Take note of a post, or of an edit of one; `draw` shows what was noted. */
  take(post) {
    const old = this.#posts.get(post.edits);
    const key = post.edits || post.place || `#${post.id}`;
    if (old) this.#posts.set(key, { ...old, seen: post.seen, live: post.live, edited: post.at });
    else this.#posts.set(key, { ...post, edited: post.edits ? post.at : null });
  }

  draw() {
    this.#bound();
    for (const [key, item] of this.#items) {
      if (this.#posts.has(key)) continue;
      item.element.remove();
      this.#items.delete(key);
    }
    for (const [key, post] of this.#posts) {
      if (this.#items.get(key)?.post !== post) this.#show(key, post);
    }
    const newest = this.#dropped ? `, the newest ${MOST} shown` : "";
    setText(this.#sum, `${count(this.#posts.size + this.#dropped, "message")}${newest}`);
  }

  /** Let go of the oldest; what has replies below it stays as long as they do. */
  #bound() {
    const threads = new Map();
    for (const { thread } of this.#posts.values()) threads.set(thread, (threads.get(thread) ?? 0) + 1);
    for (const [key, { thread }] of this.#posts) {
      if (this.#posts.size <= MOST) return;
      if (threads.get(key)) continue;
      threads.set(thread, threads.get(thread) - 1);
      this.#posts.delete(key);
      this.#dropped += 1;
    }
  }

  #show(key, post) {
    const body = this.#body(post);
    const item = this.#items.get(key);
    if (item) {
      item.body.replaceWith(body);
      this.#items.set(key, { ...item, post, body });
      return;
    }
    const replies = make("ol", { class: "replies", role: "list", "aria-label": "Replies" });
    const element = make("li", {}, body, replies);
    const root = QUOTING.has(this.service) ? null : this.#items.get(post.thread);
    (root?.replies ?? this.#list).append(element);
    this.#items.set(key, { post, body, replies, element });
  }

  #body(post) {
    const marks = [post.edited ? "edited" : null, post.sound || post.edits ? null : "without sound"];
    const said = make(
      "div",
      { class: "said" },
      make("p", { class: "author" }, AUTHORS[this.service] ?? "mail-failover"),
      this.#quote(post.thread),
      make("div", { class: "seen" }, ...seen(post.seen)),
      post.live.length ? warning(post.live) : null,
      make(
        "p",
        { class: "marks" },
        ...marks.filter(Boolean).map((mark) => make("span", {}, mark)),
        make("time", { datetime: post.at }, timeOfDay(post.at)),
      ),
    );
    return make("div", { class: "post" }, make("span", { class: "face", "aria-hidden": "true" }), said);
  }

  #quote(thread) {
    if (!thread) return null;
    const root = this.#posts.get(thread);
    if (root && !QUOTING.has(this.service)) return null;
    const said = root ? told(root.seen).split("\n", 1)[0] : "a message that is not shown here";
    return make("p", { class: "quote" }, make("span", { class: "unseen" }, "In reply to: "), make("bdi", {}, said));
  }
}

/** An alert's headline, then its facts, then whatever else it says: no markup is in what a person reads. */
function seen(text) {
  const [headline, ...rest] = told(text).split("\n");
  let facts = true;
  const elements = rest.map((each) => {
    const fact = facts && FACT.exec(each);
    facts = Boolean(fact);
    if (!fact) return make("p", { dir: "auto" }, each);
    return make("p", {}, make("b", {}, fact[1]), fact[2], make("bdi", { class: "value" }, fact[3]));
  });
  return [make("p", { class: "headline", dir: "auto" }, headline), ...elements];
}

function warning(live) {
  const what = make("ul", { role: "list" }, ...live.map((each) => make("li", {}, make("bdi", {}, line(each)))));
  return make("div", { class: "warning" }, make("strong", {}, "Live in it: this can be clicked, or calls somebody"), what);
}
