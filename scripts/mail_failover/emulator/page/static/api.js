// Asks the program, and does what the page's controls ask for. Addresses are relative: the token stays in them.

/** What went wrong, and what helps: both are sentences of the program. */
export class Problem extends Error {
  constructor(what, fix) {
    super(what);
    this.what = what;
    this.fix = fix;
  }
}

/** Get JSON; throws a Problem. */
export function get(path) {
  return call(path, {});
}

/** Get the first bytes of a text; throws a Problem. */
export function getBeginning(path, bytes) {
  return call(path, { headers: { Range: `bytes=0-${bytes - 1}` } }, (response) => response.text());
}

/** Post an object as JSON; throws a Problem. */
export function post(path, body = {}) {
  return call(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
}

/** Post a message as it is, for an envelope's sender and recipient; throws a Problem. */
export function postMessage(file, from, to) {
  const query = new URLSearchParams({ from, to });
  return call(`api/message?${query}`, { method: "POST", headers: { "Content-Type": "message/rfc822" }, body: file });
}

async function call(path, options, read = (response) => response.json()) {
  let response;
  let answer = null;
  try {
    response = await fetch(path, { cache: "no-store", ...options });
    answer = await read(response);
  } catch {
    if (!response) throw new Problem("The program does not answer.", "Look in the terminal where it ran: it may have ended.");
  }
  if (response.ok && answer !== null) return answer;
  throw new Problem(answer?.what ?? `The program answered ${response.status}.`, answer?.fix ?? "The terminal where it runs may say why.");
}
