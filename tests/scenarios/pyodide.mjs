// Plays scenarios and stories in Pyodide under Node: the interpreter, the FFI and the SDK that Cloudflare uses.
//
// usage: node pyodide.mjs PACKAGE SRC SDK  < step per line  > result per line
//   PACKAGE  the npm package with the interpreter      SRC  the Worker's folder
//   SDK      the folder that holds the `workers` package
// Steps:
//   {do: "begin", env, edge (URL to ask what a forward does), shape, objects (whether there are any)}
//   {do: "mail", from, to, file (that holds it), end, chunk, drain (whether to wait until all is told)}
//     end: "closes"; or "breaks" or "hangs", in the middle
//   {do: "ask", method, path, headers, body (base64)}  a request from the web
//   {do: "pass", seconds}  {do: "shift", seconds}  {do: "evict", name}
//   {do: "primary", target, greeting}  what a port says first: null of a silent one, "" of one that refuses
//   {do: "zones", asked}  a list of time zones and times, of which the answer is a list of distances from UTC
//   {do: "object", method, kind, times}  the object's next calls of this method fail
// A result is {printed, seen, answer}; seen: Seen in tests/standins/watch.py, of a mail alone; answer: {status, headers,
// body (base64)}, of a request alone, null if there was none within a minute; or the list for zones.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { boot } from "./boot.mjs";
import { Clock } from "./clock.mjs";
import { namespace } from "./objects.mjs";

const [, , packageName, src, sdk] = process.argv;
const printed = [];
const clock = new Clock();
let seen;
const primary = new Map();
const greets = (target) => primary.get(target);
const python = await boot(packageName, src, sdk, { stdout: (line) => printed.push(line), greets });
clock.install();
const timed = globalThis.fetch;
globalThis.fetch = (...request) => {
  seen?.order.push("request");
  return timed(...request);
};
python.globals.set("_seconds", () => clock.seconds);
python.runPython(`
from pyodide.webloop import WebLoop
WebLoop.time = lambda self: _seconds()

import tracemalloc
import entry
from workers import python_from_rpc
`);
const Default = python.runPython("entry.Default");
// In the real runtime a plain dict arrives, without the attributes that the SDK's own kind has.
const fromRpc = python.runPython("lambda message: dict(python_from_rpc(message))");
// As the runtime's own helper calls a handler.
const served = python.runPython(`
from workers import python_to_rpc

async def served(worker, request):
    return python_to_rpc(await worker.fetch(python_from_rpc(request)))

served
`);
const distances = python.runPython(`
import json

def distances(asked):
    from runtime import offset

    return json.dumps([offset(*each) for each in json.loads(asked)])

distances
`);
const Domain = python.runPython("entry.Domain");
// Every scenario meets an isolate that remembers nothing.
const forget = python.runPython("lambda: setattr(entry, '_ISOLATE', type(entry._ISOLATE)())");
const measure = python.runPython("tracemalloc.start");
const measured = python.runPython("lambda: [tracemalloc.get_traced_memory()[1], tracemalloc.stop()][0]");

class ForwardableEmailMessage {
  constructor(job) {
    const raw = readFileSync(job.file);
    const end = raw.indexOf("\r\n\r\n");
    this.from = job.from;
    this.to = job.to;
    this.rawSize = raw.length;
    this.headers = headersOf(raw.subarray(0, end < 0 ? raw.length : end));
    this.canBeForwarded = true;
    this.seen = { raised: "", rejected: null, order: [], pulled: 0, called_off: false, peak: 0 };
    // One that fails does so in the middle.
    const last = job.end === "closes" ? raw.length : raw.length >> 1;
    let at = 0;
    const noted = this.seen;
    this.raw = new ReadableStream(
      {
        type: "bytes",
        start: (controller) => void (this.controller = controller),
        pull(controller) {
          noted.order.push("read");
          const chunk = raw.subarray(at, Math.min(at + job.chunk, last));
          at += chunk.length;
          noted.pulled += chunk.length;
          if (chunk.length) return controller.enqueue(new Uint8Array(chunk));
          if (job.end === "hangs") return new Promise(() => {});
          if (job.end === "breaks") throw lost();
          controller.close();
          // Who waits with a buffer of its own is told apart.
          controller.byobRequest?.respond(0);
        },
        cancel() {
          noted.called_off = true;
        },
      },
      { highWaterMark: 0 },
    );
    this.edge = job.edge;
  }
  // The event is over, and all that went on after it: what it gave away breaks off.
  gone() {
    this.controller.error(Object.assign(lost(), { gone: true }));
  }
  async forward(address, headers) {
    this.seen.order.push("forward");
    const body = JSON.stringify({ address, headers: headers ? [...headers] : [] });
    const answer = await (await timed(this.edge, { method: "POST", body })).json();
    this.seen.order.push("forward");
    if (answer.error) throw new Error(answer.error);
    return null;
  }
  setReject(reason) {
    this.seen.rejected = reason;
  }
}

const lost = () => new Error("Network connection lost.");

// workerd decodes UTF-8, and what is none becomes U+FFFD. Node's Headers hold a byte in each character.
class DecodedHeaders extends Headers {
  get(name) {
    const value = super.get(name);
    return value === null ? null : Buffer.from(value, "latin1").toString("utf8");
  }
}

function headersOf(section) {
  const headers = new DecodedHeaders();
  for (const line of section.toString("latin1").split(/\r\n(?![ \t])/)) {
    const field = /^([!-9;-~]+)[ \t]*:[ \t]*([^]*)$/.exec(line);
    if (field) headers.append(field[1], field[2].replace(/[\r\n]+/g, "").replace(/[^\t\x20-\xff]/g, ""));
  }
  return headers;
}

// What \`wrangler dev\` passes: the message has crossed RPC and arrives as a plain object, so as a dict.
function plain(message) {
  const { from, to, headers, raw, rawSize } = message;
  const forward = (address, fields) => message.forward(address, fields);
  return fromRpc({ from, to, headers, raw, rawSize, forward, setReject: (reason) => message.setReject(reason) });
}

let stage;

function begin({ env, edge, shape, objects }) {
  forget();
  clock.clear();
  primary.clear();
  const failing = [];
  const fault = (name, method) => (failing[0]?.method === method && failing.shift()?.kind) || "";
  const domains = objects && namespace(python, (state) => Domain(state, env), { clock, fault });
  stage = { env: domains ? { ...env, DOMAINS: domains } : env, edge, shape, domains, failing };
}

async function mail(step) {
  const { env, edge, shape, domains } = stage;
  const message = new ForwardableEmailMessage({ ...step, edge });
  seen = message.seen;
  const pending = [];
  const worker = Default({ waitUntil: (promise) => pending.push(promise) }, env);
  // Measuring costs time; what a large chunk costs is what it is for.
  if (step.chunk > 4096) measure();
  const handled = worker.email(shape === "dict" ? plain(message) : message).catch((error) => {
    message.seen.raised = String(error).trim().split("\n").at(-1);
  });
  settled(handled, pending).then(() => message.gone());
  await clock.until(handled);
  if (step.drain) {
    await clock.until(Promise.all(pending));
    // An object tells a chat no more often than once a second.
    for (await clock.run(domains ? 1.5 : 0); domains && !domains.idle; ) await clock.run(1);
  }
  if (step.chunk > 4096) message.seen.peak = measured();
  return message.seen;
}

// Waits for a handler, and for all that waitUntil was given, then or later.
async function settled(handled, pending) {
  await handled;
  for (let known = -1; known < pending.length; ) {
    known = pending.length;
    await Promise.allSettled(pending);
  }
}

async function ask({ method, path, headers, body }) {
  const request = new Request(`https://door.example${path}`, {
    method,
    headers,
    body: body ? Buffer.from(body, "base64") : undefined,
  });
  const worker = Default({ waitUntil: () => {} }, stage.env);
  const answered = (async () => {
    const answer = await served(worker, request).catch((error) => {
      printed.push(`fetch: ${error.message.trim().split("\n").at(-1)}`);
      return new Response("error code: 1101", { status: 500 });
    });
    const content = Buffer.from(await answer.arrayBuffer());
    return { status: answer.status, headers: [...answer.headers], body: content.toString("base64") };
  })();
  return clock.until(Promise.race([answered, clock.wait(60_000).then(() => null)]));
}

async function play(step) {
  printed.length = 0;
  let noted = null;
  let answer = null;
  if (step.do === "begin") begin(step);
  if (step.do === "ask") answer = await ask(step);
  if (step.do === "zones") answer = JSON.parse(distances(JSON.stringify(step.asked)));
  if (step.do === "mail") noted = await mail(step);
  if (step.do === "primary") primary.set(step.target, step.greeting ?? undefined);
  if (step.do === "shift") clock.shift(step.seconds);
  if (step.do === "evict") stage.domains.evict(step.name);
  if (step.do === "object") stage.failing.push(...Array(step.times).fill(step));
  await clock.run(step.do === "pass" ? step.seconds : 0);
  // What is due now is told now, however long that takes.
  while (stage?.domains && !stage.domains.idle) await clock.run(0.5);
  return { printed: [...printed], seen: noted, answer };
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await play(JSON.parse(line))));
}
process.exit(0);
