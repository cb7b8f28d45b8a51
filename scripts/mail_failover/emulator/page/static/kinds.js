// What each kind of fault does, in a few words; one that is not here shows its name alone.

const CHAT = {
  429: "asks to wait",
  500: "fails by itself",
  401: "does not take the token",
  403: "forbids it",
  404: "does not know the chat",
  410: "is gone for good",
  timeout: "never answers",
  disconnect: "can't be reached",
  lost: "takes it, and its answer is lost",
  badhtml: "can't read the markup",
  badblocks: "can't read the blocks",
  thread: "has no such thread",
  gone: "has no such message to edit",
  quota: "has reached the day's limit",
  links: "blocks the links",
  invalid: "does not take such a message",
  disabled: "has webhooks switched off",
};
const OTHERS = {
  forward: {
    transient: "refuses for now, 421",
    permanent: "refuses for good, 550",
    unverified: "is not verified",
    invalid: "is no valid address",
    already: "has the message already",
    late: "answers late",
    hang: "never answers",
  },
  raw: { breaks: "breaks in the middle", hangs: "stops in the middle" },
  object: {
    throws: "raises before anything is done",
    hangs: "never answers",
    unanswered: "does its work, and never answers",
    quota: "may write nothing more today",
  },
};
const WITH_SECONDS = new Set(["429", "late"]);

/** Say what a kind does to a target. */
export const wordsOf = (target, kind) => (OTHERS[target] ?? CHAT)[kind] ?? "";

/** Tell whether a kind takes seconds. */
export const takesSeconds = (kind) => WITH_SECONDS.has(kind);
