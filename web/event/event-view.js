// The events: which there are, what their owner should know of the one in use, and its deletion.

import { deleteEvent, listEvents } from "../api.js";
import { ask } from "../confirm.js";
import { refreshSuggestions } from "../event-choice.js";
import { inWords } from "../http.js";
import { byId } from "../page.js";
import { addressOf, chooseEvent } from "../route.js";
import { followLanguage, t } from "../texts.js";

const list = byId("events", HTMLUListElement);
const status = byId("events-status", HTMLElement);
const card = byId("event-card", HTMLElement);
const name = byId("event-name", HTMLElement);
const note = byId("event-note", HTMLElement);
const deleteButton = byId("event-delete", HTMLButtonElement);

let event = "";
let users = 0;
let turn = 0;
let isOpen = false;

/** @param {string} next */
export function enter(next) {
  isOpen = true;
  event = next;
  void load("");
}

export function leave() {
  isOpen = false;
  turn += 1;
}

/** @param {string} news what to say when the events are read */
async function load(news) {
  const mine = (turn += 1);
  card.hidden = event === "";
  name.textContent = event;
  try {
    const events = await listEvents();
    if (mine !== turn) return;
    list.replaceChildren(...events.map(row));
    status.textContent = news || (events.length === 0 ? t("events.none") : "");
    const current = events.find((one) => one.name === event);
    users = current?.user_count ?? 0;
    deleteButton.hidden = !current;
    const words = current
      ? [t("event.users", { count: users }), ...current.warnings.map(({ detail }) => detail)]
      : [t("event.new")];
    note.textContent = words.join(" ");
  } catch (failure) {
    if (mine === turn) status.textContent = inWords(failure);
  }
}

/** @param {import("../api.js").EventDetails} details */
function row(details) {
  const item = document.createElement("li");
  const link = document.createElement("a");
  link.dir = "auto";
  link.textContent = details.name;
  link.href = addressOf("event", details.name);
  if (details.name === event) link.setAttribute("aria-current", "true");
  const count = document.createElement("span");
  count.className = "count";
  count.textContent = t("event.users", { count: details.user_count });
  item.append(link, count);
  return item;
}

deleteButton.addEventListener("click", async () => {
  const doomed = event;
  const sure = await ask({
    question: t("event.delete_question", { event: doomed }),
    consequence: t("event.delete_consequence", { count: users }),
    yes: t("event.delete_yes"),
  });
  if (!sure) return;
  try {
    await deleteEvent(doomed);
    void refreshSuggestions();
    if (event === doomed) chooseEvent("");
    await load(t("event.deleted", { event: doomed }));
    byId("event", HTMLInputElement).focus();
  } catch (failure) {
    note.textContent = inWords(failure);
  }
});
followLanguage(() => isOpen && void load(""));
