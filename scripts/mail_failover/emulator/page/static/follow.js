// A box that scrolls and grows at its end.

const NEAR = 24;

/**
 * Let a box follow the end of what is in it, unless its reader scrolls away from it. Sizes are heard of when the
 * browser has them, also when a panel comes up: nothing is measured while the page changes.
 * @param {HTMLElement} box
 */
export function followEnd(box) {
  let following = true;
  const observer = new ResizeObserver(() => {
    if (following) box.scrollTop = box.scrollHeight;
  });
  for (const element of [box, ...box.children]) observer.observe(element);
  box.style.overflowAnchor = "none";
  box.addEventListener("scroll", () => {
    if (!box.clientHeight) return;
    following = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR;
    // Whoever reads further up stays there when what is above goes.
    box.style.overflowAnchor = following ? "none" : "auto";
  });
}
