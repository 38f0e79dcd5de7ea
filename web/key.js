// The key that this page sends, where the server asks for one: it stays in this tab.

import { byId, markMissing } from "./page.js";
import { followLanguage, t } from "./texts.js";

const STORED_AS = "face-server-key";

const card = byId("key-card", HTMLElement);
const form = byId("key-form", HTMLFormElement);
const field = byId("key", HTMLInputElement);
const note = byId("key-note", HTMLElement);
const forget = byId("key-forget", HTMLButtonElement);

// Where a browser keeps nothing for a page, the key lasts until the page is loaded again.
let key = stored();

/** @returns {Record<string, string>} the headers that say who asks */
export function authorization() {
  return key === "" ? {} : { authorization: `Bearer ${key}` };
}

/**
 * Asks for a key, after the server refused a request.
 * @param {string} words why
 * @param {Record<string, string>} sent the headers that said who asks
 */
export function askForKey(words, sent) {
  // The answer to an older request says nothing of the key that was given since.
  if (sent.authorization !== authorization().authorization) return;
  const wasShown = !card.hidden && !form.hidden;
  const message = key === "" ? t("key.asked") : words;
  keep("");
  show(message);
  if (!wasShown) document.dispatchEvent(new CustomEvent("key-asked"));
}

/** @param {() => void} onChange called when somebody gave another key, or took it away */
export function followKey(onChange) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const given = field.value.trim();
    // What no header can carry is no key.
    const usable = /^[!-~]+$/.test(given);
    markMissing(field, !usable);
    if (!usable) {
      note.textContent = t("key.none");
      return field.focus();
    }
    field.value = "";
    keep(given);
    card.hidden = true;
    forget.hidden = false;
    onChange();
  });
  field.addEventListener("input", () => markMissing(field, false));
  forget.addEventListener("click", () => {
    keep("");
    show(t("key.forgotten"));
    field.focus();
    onChange();
  });
  forget.hidden = key === "";
  followLanguage(() => {
    if (!card.hidden) note.textContent = t("key.asked");
  });
}

/** @param {string} words */
function show(words) {
  // Readers of screens tell what changes in what is shown already.
  card.hidden = false;
  note.textContent = words;
  forget.hidden = true;
}

function stored() {
  try {
    return sessionStorage.getItem(STORED_AS) ?? "";
  } catch {
    return "";
  }
}

/** @param {string} given */
function keep(given) {
  key = given;
  try {
    if (given === "") sessionStorage.removeItem(STORED_AS);
    else sessionStorage.setItem(STORED_AS, given);
  } catch {
    // It lasts until the page is loaded again.
  }
}
