// Files that are dropped anywhere on the page.

import { make, setText } from "./dom.js";

/**
 * Take dropped files; while some are above the page, `hint` says what will be done with them.
 * @param {{hint: () => string, take: (files: File[]) => void}} target
 */
export function onDrop({ hint, take }) {
  const words = make("p");
  const veil = make("div", { class: "veil", hidden: true, "aria-hidden": "true" }, words);
  document.body.append(veil);
  const holdsFiles = (event) => event.dataTransfer?.types.includes("Files");

  addEventListener("dragover", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    setText(words, hint());
    veil.hidden = false;
  });
  addEventListener("dragleave", (event) => {
    // Only leaving the window has nothing that is entered instead.
    if (!event.relatedTarget) veil.hidden = true;
  });
  addEventListener("drop", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    veil.hidden = true;
    take([...event.dataTransfer.files]);
  });
}
