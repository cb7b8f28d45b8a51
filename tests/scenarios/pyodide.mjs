// Plays scenarios in Pyodide under Node: the interpreter, the FFI and the SDK that Cloudflare uses.
//
// usage: node pyodide.mjs PACKAGE SRC SDK  < job per line  > result per line
//   PACKAGE  the npm package with the interpreter      SRC  the Worker's folder
//   SDK      the folder that holds the `workers` package
//   job      {id, shape, env, from, to, raw (base64), edge (URL to ask what a forward does), speed}
//   result   {id, shape, raised, rejected, printed, pulled}
import { createInterface } from "node:readline";
import { boot } from "./boot.mjs";

const [, , packageName, src, sdk] = process.argv;
const printed = [];
const python = await boot(packageName, src, sdk, { stdout: (line) => printed.push(line) });
python.runPython(`
# A clock that runs faster, for scenarios that wait: every wait of the Worker goes through the loop.
from pyodide.webloop import WebLoop
speed = 1.0
_time, _call_later = WebLoop.time, WebLoop.call_later
WebLoop.time = lambda self: _time(self) * speed
WebLoop.call_later = lambda self, delay, callback, *args, **kw: _call_later(self, delay / speed, callback, *args, **kw)

def set_speed(value):
    global speed
    speed = value

import entry
from workers import python_from_rpc
`);
const Default = python.runPython("entry.Default");
// In the real runtime a plain dict arrives, without the attributes that the SDK's own kind has.
const fromRpc = python.runPython("lambda message: dict(python_from_rpc(message))");
const setSpeed = python.runPython("set_speed");

class ForwardableEmailMessage {
  constructor(job) {
    const raw = Buffer.from(job.raw, "base64");
    const end = raw.indexOf("\r\n\r\n");
    this.from = job.from;
    this.to = job.to;
    this.rawSize = raw.length;
    this.headers = headersOf(raw.subarray(0, end < 0 ? raw.length : end));
    this.canBeForwarded = true;
    this.pulled = 0;
    let at = 0;
    const message = this;
    this.raw = new ReadableStream(
      {
        type: "bytes",
        pull(controller) {
          const chunk = raw.subarray(at, at + 4096);
          at += chunk.length;
          message.pulled += chunk.length;
          if (chunk.length) controller.enqueue(new Uint8Array(chunk));
          else controller.close();
        },
      },
      { highWaterMark: 0 },
    );
    this.edge = job.edge;
  }
  async forward(address, headers) {
    const body = JSON.stringify({ address, headers: headers ? [...headers] : [] });
    const answer = await (await fetch(this.edge, { method: "POST", body })).json();
    if (answer.error) throw new Error(answer.error);
    return null;
  }
  setReject(reason) {
    this.rejected = reason;
  }
}

function headersOf(section) {
  const headers = new Headers();
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
  setSpeed(job.speed);
  const message = new ForwardableEmailMessage(job);
  const pending = [];
  const worker = Default({ waitUntil: (promise) => pending.push(promise) }, job.env);
  let raised = null;
  try {
    await worker.email(job.shape === "dict" ? plain(message) : message);
  } catch (error) {
    raised = String(error).trim().split("\n").at(-1);
  }
  await Promise.all(pending);
  const { pulled, rejected = null } = message;
  return { id: job.id, shape: job.shape, raised, rejected, printed: [...printed], pulled };
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await play(JSON.parse(line))));
}
process.exit(0);
