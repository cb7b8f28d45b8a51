// Boots Pyodide with the Worker and Cloudflare's SDK, as the Workers runtime does; for the scenarios and the benchmark.
//
// What stands in for the runtime beneath the SDK is two modules, and what workerd has beyond the standards: `scheduler`
// and a reader's `readAtLeast`. Promises, Headers, streams and fetch are Node's own.

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
