// How an answer looks: good, to come later, or bad.

const TONES = { taken: "good", later: "warn" };

/** The tone of a try's result. */
export const toneOf = (result) => TONES[result] ?? "bad";
