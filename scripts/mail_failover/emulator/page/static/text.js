// Text of others made fit to be read: what would hide something or turn it round is spelled out, as in the terminal.

const HIDING = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}]/gu;
const JOINER = "\u200d";
const ISOLATES = "\u2066\u2067\u2068\u2069";

/** A name, a subject, an address: one line. */
export const line = (text) => spell(text, JOINER);

/** Text of several lines. */
export const lines = (text) => spell(text.replaceAll("\r\n", "\n"), `\n\t${JOINER}`);

/** What a chat shows: alerts put isolates around what may run from right to left, and chats obey them. */
export const told = (text) => spell(text, `\n\t${JOINER}${ISOLATES}`);

/** A text as one word of a shell. */
export const quoted = (text) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'"'"'`)}'`);

function spell(text, kept) {
  return text.replace(HIDING, (c) => (kept.includes(c) ? c : `\\u${c.codePointAt(0).toString(16).padStart(4, "0")}`));
}
