// Lets the Worker of probes/ ask Pyodide under Node, and prints its answers as one JSON object.
//
// usage: node probes.mjs PACKAGE PROBES SDK
import { boot } from "./boot.mjs";
import { namespace } from "./objects.mjs";

// It waits for eight seconds; what it waits for comes as much sooner.
const SPEED = 4;
const { setTimeout } = globalThis;
globalThis.setTimeout = (work, ms, ...given) => setTimeout(work, ms / SPEED, ...given);

const [, , packageName, probes, sdk] = process.argv;
const python = await boot(packageName, probes, sdk, { stdout: () => {} });
const { Response } = globalThis;
globalThis.Response = class extends Response {
  static name = "Response";
  constructor(body, init) {
    super(typeof body === "string" ? inChunks(Buffer.from(body)) : body, init);
  }
};

function inChunks(bytes) {
  return new ReadableStream({
    type: "bytes",
    pull(controller) {
      const chunk = bytes.subarray(0, 4096);
      bytes = bytes.subarray(chunk.length);
      if (chunk.length) return controller.enqueue(new Uint8Array(chunk));
      controller.close();
      controller.byobRequest?.respond(0);
    },
  });
}

const make = python.runPython("import entry; lambda state: entry.Probed(state, None)");
const Default = python.runPython("entry.Default");
const worker = Default({ waitUntil: () => {} }, { PROBED: namespace(python, make) });
const answer = await worker.fetch(null);
console.log(await (await answer.js_object).text());
process.exit(0);
