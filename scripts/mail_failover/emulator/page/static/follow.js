// A box that scrolls and grows at its end.

const NEAR = 24;

/**
 * Follow a box's end, unless its reader scrolls away from it. A panel that is not shown has no height to scroll.
 * @param {HTMLElement} box
 * @param {HTMLElement} panel
 * @returns {() => void} to be called when the box has grown
 */
export function followEnd(box, panel) {
  let following = true;
  const follow = () => {
    if (following && box.clientHeight) box.scrollTop = box.scrollHeight;
  };
  box.addEventListener("scroll", () => {
    if (box.clientHeight) following = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR;
  });
  panel.addEventListener("shown", follow);
  return follow;
}
