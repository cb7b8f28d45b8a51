// Durable Objects for Pyodide under Node: what workerd puts beneath the SDK, over Node's own SQLite.
//
// `namespace(python, make)` returns a binding; `make(state)` builds the Python object. What crosses a call, what SQL
// gives and takes, and how alarms ring was seen in workerd: probes/ asks for it.
import { DatabaseSync } from "node:sqlite";

const MOST_BYTES = 32 << 20;
const FRAME_BYTES = 20;
const ALARM_TRIES = 6;
const MOST_INTEGER = 2 ** 53;
const QUOTA = "Exceeded allowed rows written in Durable Objects free tier.";
const LOST = "internal error; reference = 0123456789";
// By the real clock, unless a virtual one is given.
const REAL = { after: (ms, work) => setTimeout(work, ms), cancel: (timer) => clearTimeout(timer) };
const NO_METHODS = new Set(["alarm", "fetch", "ctx", "env", "constructor", "toString"]);

class SqlStorageCursor {
  constructor(rows, written) {
    this.rowsWritten = written;
    this.rows = rows;
  }
  [Symbol.iterator]() {
    return this.rows[Symbol.iterator]();
  }
  one() {
    if (this.rows.length === 1) return this.rows[0];
    const got = this.rows.length ? "multiple" : "no";
    throw new Error(`Expected exactly one result from SQL query, but got ${got} results.`);
  }
  toArray() {
    return this.rows;
  }
}

// How many rows a request may still write, why no more, and whether it wanted to.
class Limit {
  exceeded = false;
  constructor(rows, words) {
    [this.rows, this.words] = [rows, words];
  }
  check() {
    if (this.rows > 0) return;
    this.exceeded = true;
    throw new Error(this.words);
  }
}

class SqlStorage {
  #limit;
  #database = new DatabaseSync(":memory:");
  #changes = () => this.#database.prepare("SELECT total_changes() AS n").get().n;

  constructor(limit) {
    this.#limit = limit;
  }
  get databaseSize() {
    const { page_count: pages } = this.#database.prepare("PRAGMA page_count").get();
    return pages * this.#database.prepare("PRAGMA page_size").get().page_size;
  }
  exec(text, ...bindings) {
    if (/^\s*(BEGIN|SAVEPOINT|COMMIT|ROLLBACK|RELEASE)\b/i.test(text))
      throw new Error(
        "To execute a transaction, please use the state.storage.transaction() or state.storage.transactionSync()" +
          " APIs instead of the SQL BEGIN TRANSACTION or SAVEPOINT statements.",
      );
    if (!/^\s*SELECT\b/i.test(text)) this.#limit()?.check();
    const before = this.#changes();
    const statements = text.split(/(?<=;)/).filter((each) => each.trim());
    for (const each of statements.slice(0, -1)) this.#database.exec(each);
    const rows = this.#run(statements.at(-1), bindings.map(bound));
    const written = this.#changes() - before;
    const limit = this.#limit();
    if (limit) limit.rows -= written;
    return new SqlStorageCursor(rows, written);
  }
  #run(text, values) {
    let statement;
    try {
      statement = this.#database.prepare(text);
    } catch (error) {
      const near = /near "(.*)": syntax error/.exec(error.message);
      throw new Error(`${error.message}${near ? ` at offset ${text.indexOf(near[1])}` : ""}: SQLITE_ERROR`);
    }
    if ((text.match(/\?/g) ?? []).length !== values.length)
      throw new Error("Wrong number of parameter bindings for SQL query.");
    try {
      return statement.all(...values).map((row) => mapped(row, given));
    } catch (error) {
      throw new Error(`${error.message}: SQLITE_ERROR`);
    }
  }
  together(work) {
    this.#database.exec("SAVEPOINT together");
    try {
      return work();
    } catch (error) {
      this.#database.exec("ROLLBACK TO together");
      throw error;
    } finally {
      this.#database.exec("RELEASE together");
    }
  }
}

const mapped = (row, as) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, as(value)]));

// A blob comes back as an ArrayBuffer.
function given(value) {
  if (!(value instanceof Uint8Array)) return value;
  return value.buffer.slice(value.byteOffset, value.byteOffset + value.byteLength);
}

// The runtime stores what it does not know as its text, without a word; production takes no longer value.
function bound(value) {
  if (value instanceof ArrayBuffer) value = new Uint8Array(value);
  if (typeof value === "bigint" && (value > MOST_INTEGER || value < -MOST_INTEGER))
    throw new TypeError("Cannot convert a BigInt value to a number");
  // Python's None.
  value ??= null;
  if (value === null || typeof value === "number" || typeof value === "bigint") return value;
  if ((typeof value === "string" || value instanceof Uint8Array) && value.length > 2_000_000)
    throw new Error("string or blob too big: SQLITE_TOOBIG");
  if (typeof value === "string" || value instanceof Uint8Array) return value;
  const kind = typeof value === "boolean" ? "bool" : (value.type ?? typeof value);
  throw new TypeError(`a ${kind} would be kept as its text: bind int(flag), or to_js(data)`);
}

// Not by workerd's name: the SDK from PyPI would wrap it and convert what comes and goes, the runtime's own does not.
class Storage {
  constructor(limit, ring) {
    this.sql = new SqlStorage(limit);
    this.tries = 0;
    this.at = null;
    this.limit = limit;
    this.ring = ring;
  }
  transactionSync(work) {
    return this.sql.together(work);
  }
  async setAlarm(at) {
    const limit = this.limit();
    limit?.check();
    if (limit) limit.rows--;
    this.keep(at, 0);
  }
  async getAlarm() {
    return this.at;
  }
  async deleteAlarm() {
    this.keep(null, 0);
  }
  keep(at, tries) {
    [this.at, this.tries] = [at, tries];
    this.ring();
  }
}

class DurableObjectState {
  constructor(name, storage, keep) {
    this.id = { name };
    this.storage = storage;
    this.waitUntil = (awaitable) => {
      if (awaitable.type === "coroutine")
        throw new TypeError("in an object the runtime never runs a bare coroutine: asyncio.ensure_future(it)");
      keep(awaitable);
    };
  }
}

class DurableObjectNamespace {
  #alive = new Map();
  #storages = new Map();
  #timers = new Map();
  #running = new Set();
  #ringing = new Set();
  #clock;
  #fault;
  #make;
  #under;
  #run;
  #invoke;
  #limit;
  #has;

  // `fault(name, method)` tells how a request fails, if it does: "throws" before anything is done, "hangs",
  // "unanswered" when it was done, "quota" so that nothing can be written. "quota:3" lets three rows be written first.
  // With "throws:3" and "hangs:3" the object dies over the fourth: what it remembered is gone, as is its answer.
  constructor(python, make, { clock = REAL, fault = () => "" } = {}) {
    this.#make = make;
    this.#clock = clock;
    this.#fault = fault;
    [this.#under, this.#run, this.#invoke, this.#limit, this.#has] = python.runPython(`
import inspect
from contextvars import ContextVar, copy_context
import workers.rpc
from workers import python_from_rpc, python_to_rpc

# The runtime's own SDK makes plain dicts.
workers.rpc.JsDict = dict

# Of the request that runs: others may go on at the same time.
_limit = ContextVar("_limit", default=None)

def _under(limit, make, state):
    context = copy_context()
    context.run(_limit.set, limit)
    return context.run(make, state)

async def _run(limit, method, *arguments):
    _limit.set(limit)
    result = method(*arguments)
    return await result if inspect.isawaitable(result) else result

async def _invoke(limit, made, method, arguments):
    result = await _run(limit, getattr(made, method), *map(python_from_rpc, arguments))
    return python_to_rpc(result)

_under, _run, _invoke, _limit.get, lambda made, method: callable(getattr(type(made), method, None))
`);
  }

  getByName(name) {
    const call = async (method, given) => {
      const arguments_ = given.map(crossed);
      return crossed(
        await this.#ask(name, method, (limit, made) => {
          if (NO_METHODS.has(method) || !this.#has(made, method)) throw new TypeError(`Method ${method} does not exist`);
          return this.#invoke(limit, made, method, arguments_);
        }),
      );
    };
    const fetch = async (resource) => {
      const request = new Request(resource);
      const answer = await this.#ask(name, "fetch", (limit, made) => this.#invoke(limit, made, "fetch", [request]));
      if (answer instanceof Response) return answer;
      throw new TypeError("Incorrect type for Promise: the Promise did not resolve to 'Response'.");
    };
    const target = { fetch };
    return new Proxy(target, {
      get: (_, method) =>
        typeof method !== "string" || method in target || method === "then"
          ? target[method]
          : (...given) => call(method, given),
    });
  }
  evict(name) {
    this.#alive.delete(name);
  }
  // No alarm rings, and none is due.
  get idle() {
    const due = [...this.#storages.values()].some(({ at }) => at !== null && at <= Date.now());
    return !due && !this.#running.size;
  }
  async #ask(name, method, work) {
    const [kind, rows] = this.#fault(name, method).split(":");
    if (kind === "hangs" && !rows) await new Promise(() => {});
    if (kind === "throws" && !rows) throw new Error(LOST);
    const limited = rows || kind === "quota";
    const limit = limited ? new Limit(Number(rows ?? 0), kind === "quota" ? QUOTA : LOST) : undefined;
    let result, failure;
    try {
      result = await work(limit, this.#object(name, limit));
    } catch (error) {
      // Across a call nothing but the text is left of it.
      failure = Object.assign(new Error(error.message), { name: error.name });
    }
    const died = limit?.exceeded && kind !== "quota";
    if (died) this.evict(name);
    if (died && kind === "throws") throw new Error(LOST);
    if (died || (kind === "unanswered" && !failure)) await new Promise(() => {});
    if (failure) throw failure;
    return result;
  }
  #object(name, limit) {
    if (!this.#alive.has(name)) {
      const state = new DurableObjectState(name, this.#storage(name), (promise) => this.#keep(promise));
      this.#alive.set(name, this.#under(limit, this.#make, state));
    }
    return this.#alive.get(name);
  }
  #storage(name) {
    if (!this.#storages.has(name))
      this.#storages.set(name, new Storage(() => this.#limit(), () => this.#schedule(name)));
    return this.#storages.get(name);
  }
  #keep(awaitable) {
    // Python's own would be gone by the time it is asked.
    const held = awaitable.copy ? awaitable.copy() : awaitable;
    const kept = Promise.resolve(held)
      .catch(() => {})
      .finally(() => this.#running.delete(kept));
    this.#running.add(kept);
  }
  #schedule(name) {
    this.#clock.cancel(this.#timers.get(name));
    const storage = this.#storages.get(name);
    // While one rings, the next waits for its end.
    if (storage.at === null || this.#ringing.has(name)) return;
    const wait = Math.max(storage.at - Date.now(), 0);
    this.#timers.set(name, this.#clock.after(wait, () => this.#keep(this.#alarm(name, storage))));
  }
  async #alarm(name, storage) {
    const { tries } = storage;
    storage.at = null;
    this.#ringing.add(name);
    const info = { retryCount: tries, isRetry: tries > 0 };
    try {
      await this.#ask(name, "alarm", (limit, made) => this.#run(limit, made.alarm, info));
    } catch {
      if (storage.at === null && tries < ALARM_TRIES) storage.keep(Date.now() + 1000 * 2 ** (tries + 1), tries + 1);
    } finally {
      this.#ringing.delete(name);
      this.#schedule(name);
    }
  }
}

function crossed(value) {
  if (value instanceof ReadableStream) return handedOver(value);
  const size = value?.byteLength ?? value?.length ?? 0;
  if (size > MOST_BYTES)
    throw new Error(
      "Serialized RPC arguments or return values are limited to 32MiB, but the size of this value was: " +
        `${size + FRAME_BYTES} bytes.`,
    );
  return structuredClone(value);
}

// What the other side of a call gets for a stream; from now on only that can be read. An error of the stream's own
// does not cross; that who gave it is `gone` does.
function handedOver(stream) {
  if (stream.locked) throw new TypeError("The ReadableStream has been locked to a reader.");
  const reader = stream.getReader();
  return new ReadableStream(
    {
      type: "bytes",
      async pull(controller) {
        const part = await reader.read().catch((error) => {
          throw error.gone ? error : new Error("ReadableStream received over RPC disconnected prematurely.");
        });
        if (!part.done) return controller.enqueue(part.value);
        controller.close();
        // Who waits with a buffer of its own is told apart.
        controller.byobRequest?.respond(0);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

export function namespace(python, make, options) {
  return new DurableObjectNamespace(python, make, options);
}
