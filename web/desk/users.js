// The users of the event: shown, found by name, removed one by one.

import { deleteUser, listUsers } from "../api.js";
import { ask } from "../confirm.js";
import { ServiceError, inWords } from "../http.js";
import { byId } from "../page.js";
import { t } from "../texts.js";

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

/** @type {string[]} */
let names = [];
let listed = "";
let mayRemove = false;
let turn = 0;
let onRemoved = () => {};

/** @param {() => void} callback called when a user is gone */
export function followUsers(callback) {
  onRemoved = callback;
  filter.addEventListener("input", () => render());
  refreshButton.addEventListener("click", () => loadUsers(listed, mayRemove));
}

/**
 * Reads and shows the users of an event.
 * @param {string} event
 * @param {boolean} withRemoval whether the key may remove them
 * @param {string} [news] what to say when it has succeeded, in place of the usual words
 */
export async function loadUsers(event, withRemoval, news) {
  const mine = (turn += 1);
  mayRemove = withRemoval;
  if (event !== listed) show(event, [], "");
  if (event === "") {
    show(event, [], news ?? t("users.choose"));
    refreshButton.hidden = true;
    return;
  }
  try {
    const found = await listUsers(event);
    if (mine === turn) show(event, found, news ?? (found.length === 0 ? t("users.none") : ""));
  } catch (failure) {
    if (mine !== turn) return;
    if (failure instanceof ServiceError && failure.status === 404) {
      show(event, [], news ?? t("event.new"));
    } else {
      show(event, [], "");
      sayFailure(failure);
    }
  }
  refreshButton.hidden = false;
}

/** @param {string} event @param {string[]} found @param {string} words */
function show(event, found, words) {
  listed = event;
  names = found;
  filterRow.hidden = names.length < FILTER_FROM;
  if (filterRow.hidden) filter.value = "";
  render(words);
}

/** @param {string} [words] */
function render(words = "") {
  const wanted = filter.value.normalize("NFC").trim().toLocaleLowerCase();
  const matching = names.filter((name) => name.toLocaleLowerCase().includes(wanted));
  const shown = matching.slice(0, SHOWN_AT_MOST);
  list.replaceChildren(...shown.map(row));
  count.textContent = names.length === 0 ? "" : String(names.length);
  const some = shown.length < names.length ? t("users.some", { shown: shown.length, all: names.length }) : "";
  say(words || some);
}

/** @param {string} name */
function row(name) {
  const item = document.createElement("li");
  const words = document.createElement("span");
  words.dir = "auto";
  words.textContent = name;
  item.append(words);
  if (!mayRemove) return item;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "plain danger";
  button.textContent = t("users.remove");
  button.setAttribute("aria-label", t("users.remove_one", { user: name }));
  button.addEventListener("click", () => removeUser(name));
  item.append(button);
  return item;
}

/** @param {string} user */
async function removeUser(user) {
  const event = listed;
  const sure = await ask({
    question: t("users.remove_question", { user, event }),
    consequence: t("users.remove_consequence"),
    yes: t("users.remove_yes"),
  });
  if (!sure) return;
  const place = names.indexOf(user);
  try {
    await deleteUser(event, user);
    onRemoved();
    await loadUsers(event, mayRemove, t("users.removed", { user }));
  } catch (failure) {
    sayFailure(failure);
  }
  const buttons = list.querySelectorAll("button");
  (buttons[Math.min(place, buttons.length - 1)] ?? heading).focus();
}

/** @param {string} words */
function say(words) {
  status.textContent = words;
  status.classList.remove("failed");
}

/** @param {unknown} failure */
function sayFailure(failure) {
  say(inWords(failure));
  status.classList.add("failed");
}
