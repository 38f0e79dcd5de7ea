// The users of the event: shown, found by name, removed one by one or with the whole event.

import { ServiceError, deleteEvent, deleteUser, eventWarnings, listUsers } from "./api.js";
import { ask } from "./confirm.js";
import { clearEvent, currentEvent, setEventNote } from "./event.js";
import { byId } from "./page.js";

// A page with many thousand rows answers slowly; the field above the list finds the others.
const SHOWN_AT_MOST = 200;
const FILTER_FROM = 12;

const heading = byId("users-heading", HTMLElement);
const count = byId("users-count", HTMLElement);
const list = byId("users", HTMLUListElement);
const status = byId("users-status", HTMLElement);
const filter = byId("users-filter", HTMLInputElement);
const filterRow = byId("users-filter-row", HTMLElement);
const refreshButton = byId("users-refresh", HTMLButtonElement);
const deleteButton = byId("event-delete", HTMLButtonElement);

/** @type {string[]} */
let names = [];
// The event whose users are listed; the field may already hold another one.
let listed = "";
let turn = 0;
let onRemoved = () => {};

/** @param {() => void} callback called when a user or an event is gone */
export function followUsers(callback) {
  onRemoved = callback;
  filter.addEventListener("input", () => render());
  refreshButton.addEventListener("click", () => loadUsers());
  deleteButton.addEventListener("click", () => removeEvent());
}

/**
 * Reads and shows the users of the current event.
 * @param {string} [news] what to say when it has succeeded, in place of the usual words
 */
export async function loadUsers(news) {
  const event = currentEvent();
  const mine = (turn += 1);
  if (event === "") {
    show(event, [], news ?? "Choose an event to see its users.", "");
    refreshButton.hidden = true;
    deleteButton.hidden = true;
    return;
  }
  try {
    const found = await listUsers(event);
    if (mine !== turn) return;
    const users = found.length === 1 ? "1 user." : `${found.length} users.`;
    show(event, found, news ?? (found.length === 0 ? "No users yet." : ""), users);
    deleteButton.hidden = false;
    void addWarnings(event, mine, users);
  } catch (failure) {
    if (mine !== turn) return;
    deleteButton.hidden = true;
    if (failure instanceof ServiceError && failure.status === 404) {
      show(event, [], news ?? "No users yet.", "New event: its first user creates it.");
    } else {
      show(event, [], "", "");
      sayFailure(failure);
    }
  }
  refreshButton.hidden = false;
}

/** Says what the event's owner should know of its settings. @param {string} event @param {number} mine @param {string} users */
async function addWarnings(event, mine, users) {
  try {
    const warnings = await eventWarnings(event);
    if (mine === turn && warnings.length > 0) setEventNote([users, ...warnings].join(" "));
  } catch {
    // The users are listed all the same; a key that may not see the event's settings is no failure of the page.
  }
}

/** @param {string} event @param {string[]} found @param {string} words @param {string} eventNote */
function show(event, found, words, eventNote) {
  listed = event;
  names = found;
  filterRow.hidden = names.length < FILTER_FROM;
  if (filterRow.hidden) filter.value = "";
  setEventNote(eventNote);
  render(words);
}

/** @param {string} [words] */
function render(words = "") {
  const wanted = filter.value.normalize("NFC").trim().toLocaleLowerCase();
  const matching = names.filter((name) => name.toLocaleLowerCase().includes(wanted));
  const shown = matching.slice(0, SHOWN_AT_MOST);
  list.replaceChildren(...shown.map(row));
  count.textContent = names.length === 0 ? "" : String(names.length);
  const some = shown.length < names.length ? `${shown.length} of ${names.length} shown.` : "";
  say(words || some);
}

/** @param {string} name */
function row(name) {
  const item = document.createElement("li");
  const words = document.createElement("span");
  words.dir = "auto";
  words.textContent = name;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "plain danger";
  button.textContent = "Remove";
  button.setAttribute("aria-label", `Remove ${name}`);
  button.addEventListener("click", () => removeUser(name));
  item.append(words, button);
  return item;
}

/** @param {string} user */
async function removeUser(user) {
  const event = listed;
  const sure = await ask({
    question: `Remove “${user}” from “${event}”?`,
    consequence: "All face samples of this user in this event are deleted. This cannot be undone.",
    yes: "Remove user",
  });
  if (!sure) return;
  const place = names.indexOf(user);
  await remove(() => deleteUser(event, user));
  const buttons = list.querySelectorAll("button");
  (buttons[Math.min(place, buttons.length - 1)] ?? heading).focus();
}

async function removeEvent() {
  const event = listed;
  const sure = await ask({
    question: `Delete the event “${event}”?`,
    consequence: `Its users (${names.length}) and all their face samples are deleted. This cannot be undone.`,
    yes: "Delete event",
  });
  if (!sure) return;
  await remove(async () => {
    const answer = await deleteEvent(event);
    if (currentEvent() === event) clearEvent();
    return answer;
  });
  if (currentEvent() === "") byId("event", HTMLInputElement).focus();
}

/** @param {() => Promise<{ message: string }>} call */
async function remove(call) {
  try {
    const { message } = await call();
    onRemoved();
    await loadUsers(message);
  } catch (failure) {
    sayFailure(failure);
  }
}

/** @param {string} words */
function say(words) {
  status.textContent = words;
  status.classList.remove("failed");
}

/** @param {unknown} failure */
function sayFailure(failure) {
  const hint = failure instanceof ServiceError ? failure.hint : "";
  const message = failure instanceof Error ? failure.message : String(failure);
  say(hint === "" ? message : `${message.replace(/\.$/, "")}. ${hint}`);
  status.classList.add("failed");
}
