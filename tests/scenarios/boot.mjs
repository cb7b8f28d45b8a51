// Boots Pyodide with the Worker and Cloudflare's SDK, as the Workers runtime does; for the scenarios and the benchmark.
//
// What stands in for the runtime beneath the SDK is two modules, and what workerd has beyond the standards: `scheduler`,
// a reader's `readAtLeast`, and FixedLengthStream. Promises, Headers, streams and fetch are Node's own.

// Fills a view as far as there is something to read: at least so many bytes, fewer only at the end.
async function readAtLeast(least, view) {
  let { buffer, byteLength: size } = view;
  let filled = 0;
  while (filled < least) {
    const part = await this.read(new Uint8Array(buffer, filled, size - filled));
    buffer = part.value.buffer;
    if (part.done) break;
    filled += part.value.byteLength;
  }
  return filled ? { done: false, value: new Uint8Array(buffer, 0, filled) } : { done: true, value: undefined };
}

// A pipe for so many bytes; a write is kept once somebody has read it.
class FixedLengthStream {
  constructor(size) {
    let wanted = Promise.withResolvers();
    let left = size;
    let gone = false;
    let out;
    const fail = (words) => {
      const error = new TypeError(words);
      out.error(error);
      return error;
    };
    this.readable = new ReadableStream(
      {
        type: "bytes",
        start: (controller) => void (out = controller),
        pull: () => wanted.resolve(),
        cancel() {
          gone = true;
          wanted.resolve();
        },
      },
      { highWaterMark: 0 },
    );
    this.writable = new WritableStream({
      async write(chunk) {
        const bytes = bytesOf(chunk);
        left -= bytes.byteLength;
        if (left < 0) throw fail("Attempt to write too many bytes through a FixedLengthStream.");
        if (!bytes.byteLength) return;
        await wanted.promise;
        if (gone) throw new Error("Network connection lost.");
        wanted = Promise.withResolvers();
        out.enqueue(bytes.slice());
      },
      // It is the reader who is told of bytes that are missing.
      close() {
        if (left) return void fail("FixedLengthStream did not see all expected bytes before close().");
        if (gone) return;
        out.close();
        out.byobRequest?.respond(0);
      },
    });
  }
}

function bytesOf(chunk) {
  if (chunk instanceof ArrayBuffer) return new Uint8Array(chunk);
  if (ArrayBuffer.isView(chunk)) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  throw new TypeError(
    "This TransformStream is being used as a byte stream, but received an object of non-ArrayBuffer/ArrayBufferView" +
      " type on its writable side.",
  );
}

function connected(greeting) {
  const ready = new Promise((done, fail) => {
    if (greeting === "") fail(new Error("proxy request failed, cannot connect to the specified address"));
    if (greeting) done();
  });
  const readable = new ReadableStream(
    {
      async pull(controller) {
        await ready;
        controller.enqueue(new TextEncoder().encode(greeting));
        controller.close();
      },
    },
    { highWaterMark: 0 },
  );
  return { opened: ready, closed: ready, readable, close: async () => {} };
}

// `greets` says what a primary's port says first: nothing of one that is silent, an empty text of one that refuses.
export async function boot(packageName, src, sdk, { stdout, folders = {}, greets = () => undefined }) {
  ReadableStreamBYOBReader.prototype.readAtLeast = readAtLeast;
  globalThis.FixedLengthStream = FixedLengthStream;
  globalThis.scheduler = { wait: (ms) => new Promise((done) => setTimeout(done, ms)) };
  const { loadPyodide } = await import(packageName);
  const python = await loadPyodide({ stdout, stderr: (line) => console.error(line) });
  const mounts = { "/worker": src, "/sdk/workers": `${sdk}/workers`, ...folders };
  for (const [guest, root] of Object.entries(mounts)) {
    python.FS.mkdirTree(guest);
    python.FS.mount(python.FS.filesystems.NODEFS, { root }, guest);
  }
  python.registerJsModule("_cloudflare_compat_flags", { python_workflows_implicit_dependencies: true });
  python.registerJsModule("_pyodide_entrypoint_helper", {
    cloudflareSocketsModule: { connect: (address) => connected(greets(`${address.hostname}:${address.port}`)) },
    // workerd's own helper makes waitUntil take a Python awaitable, but not that of an object; so does this.
    patchWaitUntil(ctx) {
      if ([ctx.constructor.name, ctx.type].some((name) => name?.startsWith("DurableObject"))) return ctx;
      const waitUntil = ctx.waitUntil.bind(ctx);
      ctx.waitUntil = (awaitable) => {
        const kept = awaitable.copy ? awaitable.copy() : awaitable;
        waitUntil(new Promise((resolve, reject) => kept.then(resolve, reject)));
      };
      return ctx;
    },
  });
  python.globals.set("folders", Object.keys(folders));
  python.runPython(`
import sys
sys.dont_write_bytecode = True
sys.path[:0] = ["/worker", "/sdk", *folders]
`);
  return python;
}
