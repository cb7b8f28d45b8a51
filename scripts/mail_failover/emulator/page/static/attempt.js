// What a control does, with its error shown where the control is.

import { make } from "./dom.js";

/** Make the place where a control's problems are shown. */
export function problemPlace() {
  return make("div", { class: "problem", role: "alert" });
}

/**
 * Run what a control asks for. Its buttons rest meanwhile; a problem is shown in `place`, and tells false.
 * @param {HTMLElement} control
 * @param {HTMLElement} place
 * @param {() => Promise<unknown>} work
 */
export async function attempt(control, place, work) {
  if (control.getAttribute("aria-busy")) return false;
  control.setAttribute("aria-busy", "true");
  place.replaceChildren();
  try {
    await work();
    return true;
  } catch (error) {
    place.append(make("p", {}, make("strong", {}, error.what ?? String(error))), make("p", {}, error.fix ?? ""));
    return false;
  } finally {
    control.removeAttribute("aria-busy");
  }
}
