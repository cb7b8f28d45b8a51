// How an answer looks: good, to come later, or bad.

const TONES = { taken: "good", accepted: "good", later: "warn", deferred: "warn" };

/** The tone of a result or status. */
export const toneOf = (result) => TONES[result] ?? "bad";
