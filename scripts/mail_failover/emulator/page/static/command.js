// The command line that repeats this run's faults and settings by hand.

import { make, setText } from "./dom.js";

const COPIED_MILLISECONDS = 1500;

/** Show the command, and let it be copied. */
export function mount(root, store) {
  const text = make("code", { tabindex: "0", role: "group", "aria-label": "The command" });
  const copy = make("button", { type: "button" }, "Copy");
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text.textContent);
      setText(copy, "Copied");
    } catch {
      // Without leave for the clipboard, what is chosen can still be copied by hand.
      getSelection().selectAllChildren(text);
      setText(copy, "Selected");
    }
    setTimeout(() => setText(copy, "Copy"), COPIED_MILLISECONDS);
  });
  root.append(make("span", {}, "The same by hand"), text, copy);
  const draw = () => setText(text, store.state.command);
  store.on(["command"], draw);
  draw();
}
