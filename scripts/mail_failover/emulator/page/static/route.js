// Where a line between two boxes goes: across where they are side by side, straight down to the next one below,
// and around through the margin to any other.

const HEAD = 22;
const FOOT = 16;
const GUTTER = 12;
const CORNER = 8;

/**
 * @typedef {{left: number, right: number, top: number, bottom: number}} Box
 */

/**
 * Return the path from one box to another.
 * @param {Box} from
 * @param {Box} to
 * @param {Box[]} cards all that a line might cross
 * @param {"left" | "right"} margin the one it may go around through
 */
export function route(from, to, cards, margin) {
  if (from.right < to.left || to.right < from.left) return across(from, to);
  if (from.bottom < to.top && isClear(from, to, cards)) return down(from, to);
  return around(from, to, cards, margin);
}

function across(from, to) {
  const rightward = from.right < to.left;
  const x1 = rightward ? from.right : from.left;
  const x2 = rightward ? to.left : to.right;
  const [y1, y2] = levels(from, to);
  if (Math.abs(y1 - y2) < 1) return `M${round(x1)},${round(y1)} H${round(x2)}`;
  const middle = round((x1 + x2) / 2);
  return `M${round(x1)},${round(y1)} C${middle},${round(y1)} ${middle},${round(y2)} ${round(x2)},${round(y2)}`;
}

/** Two heights: the same one where the boxes share one. */
function levels(from, to) {
  const shared = Math.max(from.top, to.top) + inset(from.top > to.top ? from : to);
  if (shared <= Math.min(from.bottom, to.bottom) - 4) return [shared, shared];
  if (to.top < from.top) return [from.top + inset(from), to.bottom - Math.min(FOOT, height(to) / 2)];
  return [from.bottom - Math.min(FOOT, height(from) / 2), to.top + inset(to)];
}

function down(from, to) {
  const x = round((Math.max(from.left, to.left) + Math.min(from.right, to.right)) / 2);
  return `M${x},${round(from.bottom)} V${round(to.top)}`;
}

function around(from, to, cards, margin) {
  const outward = margin === "left" ? -1 : 1;
  const edges = cards.map((card) => card[margin]);
  const x = (margin === "left" ? Math.min(...edges) : Math.max(...edges)) + outward * GUTTER;
  const downward = from.top < to.top;
  const y1 = downward ? from.bottom - FOOT : from.top + inset(from);
  const y2 = downward ? to.top + inset(to) : to.bottom - FOOT;
  const turn = downward ? CORNER : -CORNER;
  const inner = round(x - outward * CORNER);
  return [
    `M${round(from[margin])},${round(y1)} H${inner} Q${round(x)},${round(y1)} ${round(x)},${round(y1 + turn)}`,
    `V${round(y2 - turn)} Q${round(x)},${round(y2)} ${inner},${round(y2)} H${round(to[margin])}`,
  ].join(" ");
}

function isClear(from, to, cards) {
  return !cards.some(
    (card) => card.top >= from.bottom - 1 && card.bottom <= to.top + 1 && card.left < to.right && card.right > to.left,
  );
}

const height = (box) => box.bottom - box.top;
const inset = (box) => Math.min(HEAD, height(box) / 2);
const round = (value) => Math.round(value * 2) / 2;
