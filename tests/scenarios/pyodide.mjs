// Plays scenarios in Pyodide under Node: the interpreter, the FFI and the SDK that Cloudflare uses.
//
// usage: node pyodide.mjs PACKAGE SRC SDK  < job per line  > result per line
//   PACKAGE  the npm package with the interpreter      SRC  the Worker's folder
//   SDK      the folder that holds the `workers` package
//   job      {id, shape, env, from, to, raw (base64), chunk, edge (URL to ask what a forward does), speed}
//   result   {id, shape, printed, seen}   seen: Seen in tests/standins/watch.py
import { createInterface } from "node:readline";
import { boot } from "./boot.mjs";

const [, , packageName, src, sdk] = process.argv;
const printed = [];
let seen;
const { fetch } = globalThis;
globalThis.fetch = (...request) => {
  seen.order.push("request");
  return fetch(...request);
};
let speed = 1;
const python = await boot(packageName, src, sdk, { stdout: (line) => printed.push(line), speed: () => speed });
python.runPython(`
# A clock that runs as fast as the scheduler, for scenarios that wait.
from pyodide.webloop import WebLoop
speed = 1.0
_time = WebLoop.time
WebLoop.time = lambda self: _time(self) * speed

def set_speed(value):
    global speed
    speed = value

import tracemalloc
import entry
from workers import python_from_rpc
`);
const Default = python.runPython("entry.Default");
// In the real runtime a plain dict arrives, without the attributes that the SDK's own kind has.
const fromRpc = python.runPython("lambda message: dict(python_from_rpc(message))");
const setSpeed = python.runPython("set_speed");
// Every scenario meets an isolate that remembers nothing.
const forget = python.runPython("lambda: setattr(entry, '_ISOLATE', type(entry._ISOLATE)())");
const measure = python.runPython("tracemalloc.start");
const measured = python.runPython("lambda: [tracemalloc.get_traced_memory()[1], tracemalloc.stop()][0]");

class ForwardableEmailMessage {
  constructor(job) {
    const raw = Buffer.from(job.raw, "base64");
    const end = raw.indexOf("\r\n\r\n");
    this.from = job.from;
    this.to = job.to;
    this.rawSize = raw.length;
    this.headers = headersOf(raw.subarray(0, end < 0 ? raw.length : end));
    this.canBeForwarded = true;
    this.seen = { raised: "", rejected: null, order: [], pulled: 0, called_off: false, peak: 0 };
    let at = 0;
    const noted = this.seen;
    this.raw = new ReadableStream(
      {
        type: "bytes",
        pull(controller) {
          noted.order.push("read");
          const chunk = raw.subarray(at, at + job.chunk);
          at += chunk.length;
          noted.pulled += chunk.length;
          if (chunk.length) return controller.enqueue(new Uint8Array(chunk));
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
  async forward(address, headers) {
    this.seen.order.push("forward");
    const body = JSON.stringify({ address, headers: headers ? [...headers] : [] });
    const answer = await (await fetch(this.edge, { method: "POST", body })).json();
    this.seen.order.push("forward");
    if (answer.error) throw new Error(answer.error);
    return null;
  }
  setReject(reason) {
    this.seen.rejected = reason;
  }
}

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

async function play(job) {
  printed.length = 0;
  speed = job.speed;
  setSpeed(speed);
  forget();
  const message = new ForwardableEmailMessage(job);
  seen = message.seen;
  const pending = [];
  const worker = Default({ waitUntil: (promise) => pending.push(promise) }, job.env);
  // Measuring costs time; what a large chunk costs is what it is for.
  if (job.chunk > 4096) measure();
  try {
    await worker.email(job.shape === "dict" ? plain(message) : message);
  } catch (error) {
    seen.raised = String(error).trim().split("\n").at(-1);
  }
  await Promise.all(pending);
  if (job.chunk > 4096) seen.peak = measured();
  return { id: job.id, shape: job.shape, printed: [...printed], seen };
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await play(JSON.parse(line))));
}
process.exit(0);
