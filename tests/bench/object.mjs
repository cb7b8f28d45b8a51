// A domain's object for the benchmark, and what its events cost. Its alarm rings only when it is told to.
import { performance } from "node:perf_hooks";
import { namespace } from "../scenarios/objects.mjs";

const ROUNDS = 40;
// What one alert lists, at most.
const TOGETHER = 12;

export class Domain {
  // Milliseconds: the least that each kind of event took.
  least = {};
  #made;
  #pass;
  #messages = 0;

  constructor(python, env) {
    const make = python.runPython("import entry; entry.Domain");
    // The object's wall clock, which can be put forward.
    this.#pass = python.runPython(`
import time, types
ahead = 0.0
entry.time = types.SimpleNamespace(time=lambda: time.time() + ahead)
def _pass(seconds):
    global ahead
    ahead += seconds
_pass
`);
    const made = (state) => {
      const object = make(state, env);
      // The one that is handed on is gone after this call.
      this.#made = object.copy();
      return object;
    };
    this.binding = namespace(python, made, { clock: { after: () => null, cancel: () => {} } });
  }

  async remember(kind, event) {
    const text = JSON.stringify({ ...event, key: `${this.#messages++}`.padStart(32, "0") });
    const stub = this.binding.getByName("example.com");
    const answer = await this.#timed(kind, () => stub.remember(text));
    if (answer !== "written") throw new Error(`${kind}: the object answers ${answer}`);
  }

  async store(kind, raw) {
    let at = 0;
    const stream = new ReadableStream({
      type: "bytes",
      pull(controller) {
        const chunk = raw.slice(at, at + 65536);
        at += chunk.length;
        if (chunk.length) return controller.enqueue(chunk);
        controller.close();
        controller.byobRequest?.respond(0);
      },
    });
    const text = JSON.stringify(["booking@hotel.example", "anna@example.com", raw.length, "<1@hotel.example>", ""]);
    const stub = this.binding.getByName("example.com");
    const answer = JSON.parse(await this.#timed(kind, () => stub.store(text, stream)));
    if (!answer.copy) throw new Error(`${kind}: not kept: ${answer.unkept}`);
  }

  // Rings after so many seconds; `requests` notes what fetch is asked, which has to be this method alone.
  async alarm(kind, requests, method, after = 0) {
    this.#pass(after);
    requests.length = 0;
    await this.#timed(kind, () => this.#made.alarm());
    if (requests.length !== 1 || !requests[0].endsWith(method)) throw new Error(`${kind}: asked ${requests}`);
  }

  async #timed(kind, work) {
    const begin = performance.now();
    const result = await work();
    this.least[kind] = Math.min(this.least[kind] ?? Infinity, performance.now() - begin);
    return result;
  }
}

// A message that is kept, in the clear and encrypted: milliseconds, and Python's memory at its peak in kB.
export async function stored(python, env, raw) {
  const pair = await crypto.subtle.generateKey(
    { name: "RSA-OAEP", modulusLength: 3072, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" },
    true,
    ["encrypt", "decrypt"],
  );
  const spki = Buffer.from(await crypto.subtle.exportKey("spki", pair.publicKey)).toString("base64");
  const found = {};
  for (const [kind, key] of Object.entries({ clear: "", encrypted: spki })) {
    const settings = { ...env, SPOOL: "all", SPOOL_TOKEN: "t".repeat(43), SPOOL_KEY: key };
    const domain = new Domain(python, settings);
    for (let round = 0; round < 4; round++) await domain.store(kind, raw);
    python.runPython("import tracemalloc; tracemalloc.start()");
    await domain.store("measured", raw);
    const kb = python.runPython("peak = tracemalloc.get_traced_memory()[1] / 1000; tracemalloc.stop(); peak");
    found[kind] = { ms: domain.least[kind], kb };
  }
  return found;
}

// An outage told one by one, and one told together. `env` has one channel: Telegram.
export async function events(python, env, event, requests) {
  const single = new Domain(python, { ...env, ALERT_MINUTES: 0 });
  for (let round = 0; round < ROUNDS; round++) {
    await single.remember("remember", event);
    await single.alarm("alarm", requests, "/sendMessage");
  }
  const together = new Domain(python, env);
  await together.remember("first", event);
  await together.alarm("first", requests, "/sendMessage");
  for (let round = 0; round < ROUNDS; round++) {
    for (let n = 0; n < TOGETHER; n++) await together.remember("remember, not told yet", event);
    await together.alarm("alarm: twelve together", requests, "/sendMessage", 600);
    await together.alarm("alarm: edit", requests, "/editMessageText", 60);
  }
  const { first, ...rest } = together.least;
  return { ...single.least, ...rest };
}
