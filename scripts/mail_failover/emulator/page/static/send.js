// What can be sent: one of the demo's letters, a burst, or a message of one's own, also dropped onto the page.

import { Problem, post, postMessage } from "./api.js";
import { attempt, problemPlace } from "./attempt.js";
import { makeField, makeForm } from "./button.js";
import { make } from "./dom.js";
import { onDrop } from "./drop.js";
import { size } from "./format.js";
import { line } from "./text.js";

const MOST_FILES = 20;
// What Cloudflare takes.
const MOST_BYTES = 25 * 1024 * 1024;

/** Make the forms of the sender. */
export function sendForms(store) {
  return [letterForm(store), burstForm(), ownPart(store)];
}

function letterForm(store) {
  const options = store.state.letters.map(({ name, title }) => make("option", { value: name }, title));
  const letter = make("select", { class: "wide" }, ...options);
  return makeForm(
    "Send a message",
    () => post("api/send", { letter: letter.value }),
    makeField("Message", letter, { class: "field grow" }),
    make("button", { class: "main" }, "Send"),
  );
}

function burstForm() {
  const many = make("input", { type: "number", min: 1, max: 2000, value: 20, required: true });
  return makeForm(
    "Send a burst",
    () => post("api/burst", { count: many.valueAsNumber }),
    makeField("How many at once", many, { class: "field grow" }),
    make("button", {}, "Send a burst"),
  );
}

function ownPart(store) {
  const domain = store.state.domains[0]?.domain ?? "example.com";
  const to = make("input", { type: "email", value: `anna@${domain}`, required: true, autocomplete: "off" });
  const from = make("input", { type: "email", value: "ben@friends.example", autocomplete: "off" });
  const file = make("input", { type: "file", accept: ".eml,message/rfc822", required: true });
  const place = problemPlace();
  const form = make(
    "form",
    { class: "form own", "aria-label": "Send a message of your own" },
    makeField("To", to),
    makeField("From (empty for a bounce)", from),
    makeField("Message (.eml)", file),
    make("button", {}, "Send the file"),
  );
  const details = make("details", { class: "part" }, make("summary", {}, "Send a message of your own"), form);
  let sending = Promise.resolve();
  const send = (files) => {
    const [sender, recipient] = [from.value, to.value];
    const work = () => attempt(form, place, () => sendFiles(files, sender, recipient));
    // What is dropped while others are being sent has its turn after them.
    sending = sending.then(work);
    return sending;
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (await send([...file.files])) file.value = "";
  });
  onDrop({
    hint: () => `Drop it to send it to ${to.value}`,
    take: (files) => {
      if (!to.checkValidity() || !from.checkValidity()) details.open = true;
      if (to.reportValidity() && from.reportValidity()) send(files);
    },
  });
  return make("div", { class: "own-part" }, details, make("p", { class: "hint" }, "Or drop an .eml anywhere on this page."), place);
}

async function sendFiles(files, from, to) {
  if (files.length > MOST_FILES) throw new Problem(`${files.length} files at once: none was sent.`, `Up to ${MOST_FILES} are.`);
  for (const [place, file] of files.entries()) {
    try {
      await postMessage(await contentOf(file), from, to);
    } catch (error) {
      const left = place + 1 < files.length ? " What was dropped after it was not sent." : "";
      throw new Problem(`${line(file.name)}: ${error.what}`, `${error.fix}${left}`);
    }
  }
}

async function contentOf(file) {
  if (file.size > MOST_BYTES) throw new Problem(`${size(file.size)} is too large.`, "Cloudflare takes no message above 25 MiB.");
  try {
    return await file.arrayBuffer();
  } catch {
    throw new Problem("it can't be read.", "Drop files; a folder is none, and one that is gone or changed has to be chosen anew.");
  }
}
