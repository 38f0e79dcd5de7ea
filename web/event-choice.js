// The event in use: its field in the head of the page, and the names it suggests.

import { listEvents } from "./api.js";
import { byId } from "./page.js";
import { chooseEvent, currentRoute, followRoute } from "./route.js";

// Long enough that a name being typed is not looked up letter by letter.
const TYPING_PAUSE_MS = 350;

const field = byId("event", HTMLInputElement);
const suggestions = byId("events-list", HTMLDataListElement);

/** @returns {string} the event's name as the server will read it, "" when there is none */
export function currentEvent() {
  return currentRoute().event;
}

/** Follows the field and the address. */
export function startEventChoice() {
  let pause = 0;
  const settle = () => {
    clearTimeout(pause);
    chooseEvent(field.value.normalize("NFC").trim());
  };
  field.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(settle, TYPING_PAUSE_MS);
  });
  field.addEventListener("change", settle);
  followRoute(show);
  show();
}

function show() {
  if (field.value.normalize("NFC").trim() !== currentEvent()) field.value = currentEvent();
}

/** Goes to the field, where an event is missing. */
export function askForEvent() {
  field.focus();
}

/** Reads the names to suggest, and takes the only one there is; the field works without them. */
export async function refreshSuggestions() {
  try {
    const events = await listEvents();
    suggestions.replaceChildren(...events.map(({ name }) => new Option("", name)));
    const [only, ...others] = events;
    if (only && others.length === 0 && currentEvent() === "" && field.value === "") chooseEvent(only.name);
  } catch {
    suggestions.replaceChildren();
  }
}
