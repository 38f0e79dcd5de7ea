// The key that this page sends, where the server asks for one: it stays in this tab.

import { byId, markMissing } from "./page.js";

const STORED_AS = "face-server-key";
const IN_USE = "A key is in use. It stays in this tab.";

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
 * @param {string} words the server's
 * @param {Record<string, string>} sent the headers that said who asks
 */
export function askForKey(words, sent) {
  // The answer to an older request says nothing of the key that was given since.
  if (sent.authorization !== authorization().authorization) return;
  const message = key === "" ? "This server asks for a key. It stays in this tab." : words;
  keep("");
  show(message);
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
      note.textContent = "That is no key: it has letters, digits, _ and - alone.";
      return field.focus();
    }
    field.value = "";
    keep(given);
    show(IN_USE);
    // The form that had the focus is gone.
    forget.focus();
    onChange();
  });
  field.addEventListener("input", () => markMissing(field, false));
  forget.addEventListener("click", () => {
    keep("");
    show("The key is forgotten.");
    field.focus();
    onChange();
  });
  if (key !== "") show(IN_USE);
}

/** @param {string} words */
function show(words) {
  // Readers of screens tell what changes in what is shown already.
  card.hidden = false;
  note.textContent = words;
  form.hidden = key !== "";
  forget.hidden = key === "";
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
