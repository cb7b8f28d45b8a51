// Times, sizes and numbers, as a person reads them.

const TIME = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const DAY = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short" });
const NUMBER = new Intl.NumberFormat("en");

/** The time of day, with seconds: of a text or of milliseconds. */
export const timeOfDay = (when) => TIME.format(new Date(when));

/** The day, as in "Thu, 26 Nov". */
export const dayOf = (when) => DAY.format(new Date(when));

/** A number with its thousands apart. */
export const number = (value) => NUMBER.format(value);

/** So many of something: `count(2, "message")` is "2 messages". */
export const count = (value, one, more = `${one}s`) => `${number(value)} ${value === 1 ? one : more}`;

/** A size in bytes, as in "1.4 KB". */
export function size(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 999_500 ? `${tenth(bytes / 1000)} KB` : `${tenth(bytes / 1e6)} MB`;
}

/** How long something takes, as in "1 h 5 min"; its two largest units. */
export function span(seconds) {
  const all = [[86_400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
  let left = Math.max(0, Math.round(seconds));
  const parts = [];
  for (const [unit, name] of all) {
    if (left >= unit) parts.push(`${Math.floor(left / unit)} ${name}`);
    left %= unit;
  }
  return parts.slice(0, 2).join(" ") || "0 s";
}

const tenth = (value) => (value < 10 ? value.toFixed(1).replace(/\.0$/, "") : NUMBER.format(Math.round(value)));
