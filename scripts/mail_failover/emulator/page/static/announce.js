// What a screen reader hears: one polite region, at most one text a second.

const MILLISECONDS = 1000;
const MOST = 3;

let waiting = [];
let due = false;

/** Say a sentence soon. More than a few within a second are cut to the last ones: say sums, not items. */
export function announce(text) {
  waiting = [...waiting.filter((other) => other !== text), text].slice(-MOST);
  if (due) return;
  due = true;
  setTimeout(speak, MILLISECONDS);
}

function speak() {
  due = false;
  document.getElementById("live").textContent = waiting.join(" ");
  waiting = [];
}
