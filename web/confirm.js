// Asks before something is deleted; Cancel has the focus, and Escape means Cancel.

import { byId } from "./page.js";

const dialog = byId("confirm", HTMLDialogElement);
const question = byId("confirm-question", HTMLElement);
const consequence = byId("confirm-consequence", HTMLElement);
const yes = byId("confirm-yes", HTMLButtonElement);
const no = byId("confirm-no", HTMLButtonElement);

yes.addEventListener("click", () => dialog.close("yes"));
no.addEventListener("click", () => dialog.close("no"));

/**
 * @param {{ question: string, consequence: string, yes: string }} words
 * @returns {Promise<boolean>}
 */
export function ask(words) {
  question.textContent = words.question;
  consequence.textContent = words.consequence;
  yes.textContent = words.yes;
  // Escape closes a dialog without a new return value, so that of the question before must go.
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}
