// The event in use: its field, the names it suggests, and its place in the address, where a reload finds it.

import { listEvents } from "./api.js";
import { byId, markMissing } from "./page.js";

// Long enough that a name being typed is not looked up letter by letter.
const TYPING_PAUSE_MS = 350;

const field = byId("event", HTMLInputElement);
const suggestions = byId("events-list", HTMLDataListElement);
const note = byId("event-note", HTMLElement);

// The name that was last reported as settled.
let settled = "";

/** @returns {string} the event's name as the server will read it, "" when there is none */
export function currentEvent() {
  return field.value.normalize("NFC").trim();
}

export function clearEvent() {
  field.value = "";
  settled = "";
  keepInAddress();
}

/** Shows whether the event is missing, and goes to its field when it is. @param {boolean} missing */
export function markEventMissing(missing) {
  markMissing(field, missing);
  if (missing) field.focus();
}

/** @param {string} words */
export function setEventNote(words) {
  note.textContent = words;
}

/**
 * Reads the event from the address, and calls back at once on each change of it and again when typing pauses.
 * @param {{ onEdit: () => void, onSettled: () => void }} callbacks
 */
export function followEvent({ onEdit, onSettled }) {
  let pause = 0;
  const settle = () => {
    clearTimeout(pause);
    if (currentEvent() === settled) return;
    settled = currentEvent();
    keepInAddress();
    onSettled();
  };
  field.addEventListener("input", () => {
    markMissing(field, false);
    onEdit();
    clearTimeout(pause);
    pause = setTimeout(settle, TYPING_PAUSE_MS);
  });
  field.addEventListener("change", settle);
  window.addEventListener("hashchange", () => {
    if (eventInAddress() === currentEvent()) return;
    field.value = eventInAddress();
    onEdit();
    settle();
  });
  field.value = eventInAddress();
  settle();
}

/** Reads the names to suggest; the field works without them. */
export async function refreshSuggestions() {
  try {
    const names = await listEvents();
    suggestions.replaceChildren(...names.map((name) => new Option("", name)));
  } catch {
    suggestions.replaceChildren();
  }
}

function eventInAddress() {
  return new URLSearchParams(location.hash.slice(1)).get("event") ?? "";
}

function keepInAddress() {
  const name = currentEvent();
  const hash = name === "" ? "" : `#${new URLSearchParams({ event: name })}`;
  history.replaceState(null, "", `${location.pathname}${location.search}${hash}`);
}
