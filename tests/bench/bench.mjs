// Measures what a message costs in Pyodide under Node; prints one JSON object.
//
// usage: node bench.mjs PACKAGE SRC SDK BENCH
import { performance } from "node:perf_hooks";
import { boot } from "../scenarios/boot.mjs";
import { Domain, events, stored } from "./object.mjs";

const [, , packageName, src, sdk, bench] = process.argv;
const python = await boot(packageName, src, sdk, { stdout: () => {}, folders: { "/bench": bench } });
// Chats that answer at once. Set before Python imports fetch; should that fail, the address below leads nowhere.
const requests = [];
globalThis.fetch = async (resource) => {
  const url = String(resource.url ?? resource);
  requests.push(url);
  return new Response(url.includes("/services/") ? "ok" : '{"ok":true,"result":{"message_id":7}}');
};
const imports = JSON.parse(python.runPython("import imports; imports.result"));
const measured = JSON.parse(python.runPython("import measure; measure.main()"));

// The whole handler, from the runtime's call to the end of waitUntil.
const Default = python.runPython("import entry; entry.Default");
// What no handler can do without: one forward; and one request for each chat, with its answer read.
const [Bare, Fetching] = python.runPython("import floor; [floor.Bare, floor.Fetching]");
const telegram = {
  FALLBACK_INBOXES: ["you@inbox.example"],
  TELEGRAM_BOT_TOKEN: "123456789:abcdefghijklmnopqrstuvwxyz",
  TELEGRAM_CHAT_ID: "1",
  TELEGRAM_API_URL: "http://127.0.0.1:9",
};
const env = { ...telegram, SLACK_WEBHOOK_URL: "http://127.0.0.1:9/services/x" };
// An object that answers at once and does nothing: what is left is the Worker's own share.
let event;
const remember = async (text) => {
  event = JSON.parse(text);
  return "written";
};
const handing = { ...env, DOMAINS: { getByName: () => ({ remember }) } };
// One that has kept the message at once: the stream goes past the Worker.
const store = async () => JSON.stringify({ ...event, fate: "held", copy: "1-00000000" });
const keeping = {
  ...env,
  SPOOL: "all",
  SPOOL_TOKEN: "t".repeat(43),
  DOMAINS: { getByName: () => ({ remember, store }) },
};
let messages = 0;

async function handle(raw, Worker = Default, given = env) {
  requests.length = 0;
  let pulled = 0;
  const message = {
    from: "booking@hotel.example",
    to: "anna@example.com",
    rawSize: raw.length,
    headers: new Headers({ "message-id": `<${++messages}@hotel.example>` }),
    raw: new ReadableStream(
      {
        type: "bytes",
        pull(controller) {
          const chunk = raw.slice(pulled, pulled + 4096);
          pulled += chunk.length;
          if (chunk.length) return controller.enqueue(chunk);
          controller.close();
          controller.byobRequest?.respond(0);
        },
      },
      { highWaterMark: 0 },
    ),
    forward: async () => null,
  };
  // An object with a class of its own, as in production: plain ones would do, but let it be true to life.
  Object.setPrototypeOf(message, class ForwardableEmailMessage {}.prototype);
  const pending = [];
  const begin = performance.now();
  await Worker({ waitUntil: (promise) => pending.push(promise) }, given).email(message);
  await Promise.all(pending);
  const took = performance.now() - begin;
  if (given.DOMAINS && requests.length) throw new Error("the Worker told by itself, beside the object");
  return [took, pulled];
}

const usual = python.runPython("from messages import usual; [(k, s, r) for (k, s), r in usual().items()]");
for (const entry of usual) {
  const [kind, size, proxy] = [entry.get(0), entry.get(1), entry.get(2)];
  const buffer = proxy.getBuffer("u8");
  const raw = new Uint8Array(buffer.data);
  buffer.release();
  let [best, pulled] = await handle(raw);
  let [bare, fetching, remembered, handed, kept] = [Infinity, Infinity, Infinity, Infinity, Infinity];
  const remembering = { ...env, DOMAINS: new Domain(python, env).binding };
  await handle(raw, Default, remembering);
  for (let round = 0; round < 40; round++) {
    best = Math.min(best, (await handle(raw))[0]);
    remembered = Math.min(remembered, (await handle(raw, Default, remembering))[0]);
    handed = Math.min(handed, (await handle(raw, Default, handing))[0]);
    kept = Math.min(kept, (await handle(raw, Default, keeping))[0]);
    bare = Math.min(bare, (await handle(raw, Bare))[0]);
    fetching = Math.min(fetching, (await handle(raw, Fetching))[0]);
  }
  python.runPython("import tracemalloc; tracemalloc.start()");
  await handle(raw);
  const handler_kb = python.runPython("peak = tracemalloc.get_traced_memory()[1] / 1000; tracemalloc.stop(); peak");
  const row = measured.rows.find((row) => row.kind === kind && row.size === size);
  Object.assign(row, { handler_ms: best, remembered_ms: remembered, handed_ms: handed, kept_ms: kept });
  Object.assign(row, { bare_ms: bare, fetching_ms: fetching, handler_kb, pulled });
  if (kind === "plain" && size === "25 MB") measured.store = await stored(python, telegram, raw);
  if (kind === "plain" && size === "4 KB") measured.events = await events(python, telegram, event, requests);
}
console.log(JSON.stringify({ ...measured, imports }));
process.exit(0);
