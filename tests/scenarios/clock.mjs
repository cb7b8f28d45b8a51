// A clock for Pyodide under Node that jumps to the next timer as soon as nothing else is left to do.
//
// Pyodide runs what is due at once by setImmediate, which is counted here, and the Worker waits by scheduler.wait.
// Requests are real; how long one takes, its answer's `x-seconds` says, or "never". Encrypting is real, and takes no
// time.
const START = 1_795_000_000_000;
const { fetch, setImmediate } = globalThis;
const realNow = Date.now;
const turn = () => new Promise((done) => setImmediate(done));

export class Clock {
  #now = 0;
  #shift = 0;
  #timers = new Set();
  #soon = 0;
  #real = 0;

  install() {
    globalThis.setImmediate = (work, ...given) => {
      this.#soon++;
      return setImmediate(() => {
        this.#soon--;
        work(...given);
      });
    };
    globalThis.scheduler = { wait: (ms) => this.wait(ms) };
    globalThis.fetch = (...request) => this.#fetch(request);
    for (const name of ["importKey", "encrypt"]) {
      const work = crypto.subtle[name].bind(crypto.subtle);
      crypto.subtle[name] = (...given) => this.#counted(work(...given));
    }
    Date.now = () => START + this.#shift + this.#now;
  }
  // Seconds since the clock began, of which none is ever taken back.
  get seconds() {
    return this.#now / 1000;
  }
  // The wall clock jumps; nothing else does.
  shift(seconds) {
    this.#shift += 1000 * seconds;
  }
  after(ms, work) {
    const timer = { at: this.#now + ms, work };
    this.#timers.add(timer);
    return timer;
  }
  cancel(timer) {
    this.#timers.delete(timer);
  }
  // Lets go of all that was to come; whatever was played before, a play begins at a whole second.
  clear() {
    this.#timers.clear();
    this.#now = 1000 * Math.ceil(this.#now / 1000);
  }
  wait(ms) {
    return new Promise((done) => this.after(ms, done));
  }
  // Lets so much time pass, and ends when nothing is left to do at that moment.
  async run(seconds) {
    const end = this.#now + 1000 * seconds;
    do await this.#settled();
    while (this.#jump(end));
    this.#now = end;
  }
  // Lets as much time pass as a promise needs to be kept.
  async until(promise) {
    let ended = false;
    const end = () => (ended = true);
    promise.then(end, end);
    for (await this.#settled(); !ended; await this.#settled())
      if (!this.#jump(Infinity)) throw new Error("everything waits for what will never happen");
    return promise;
  }
  #jump(end) {
    const next = [...this.#timers].reduce((first, each) => (first && first.at <= each.at ? first : each), null);
    if (next === null || next.at > end) return false;
    this.#timers.delete(next);
    this.#now = Math.max(this.#now, next.at);
    next.work();
    return true;
  }
  async #settled() {
    const limit = realNow() + 30_000;
    // What a promise is kept with is handed on within a turn or two.
    for (let quiet = 0; quiet < 4; quiet++) {
      await turn();
      while (this.#soon || this.#real) {
        if (realNow() > limit) throw new Error("something goes on for half a minute");
        await turn();
        quiet = 0;
      }
    }
  }
  // What happens outside is waited for before the clock jumps.
  #counted(work) {
    this.#real++;
    return work.finally(() => this.#real--);
  }
  async #fetch(request) {
    const whole = async () => {
      const answer = await fetch(...request);
      return [answer, await answer.arrayBuffer()];
    };
    const [answer, body] = await this.#counted(whole());
    const took = answer.headers.get("x-seconds");
    if (took === "never") await new Promise(() => {});
    if (took > 0) await this.wait(1000 * took);
    // Of some statuses there is no body, and not even an empty one.
    return new Response(body.byteLength ? body : null, { status: answer.status, headers: answer.headers });
  }
}
