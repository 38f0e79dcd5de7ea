// The dialog that finds a person by the first letters of their name.

import { findNames } from "../api.js";
import { inWords } from "../http.js";
import { byId } from "../page.js";
import { t } from "../texts.js";

const FEWEST_LETTERS = 3;
const TYPING_PAUSE_MS = 200;

const dialog = byId("by-hand", HTMLDialogElement);
const heading = byId("by-hand-heading", HTMLElement);
const field = byId("by-hand-letters", HTMLInputElement);
const status = byId("by-hand-status", HTMLElement);
const list = byId("by-hand-names", HTMLUListElement);

let event = "";
let turn = 0;
let pause = 0;
/** @type {(name: string | null) => void} */
let choose = () => {};

byId("by-hand-close", HTMLButtonElement).addEventListener("click", () => dialog.close());
dialog.addEventListener("close", () => choose(null));
field.addEventListener("input", () => {
  clearTimeout(pause);
  pause = setTimeout(find, TYPING_PAUSE_MS);
});
field.addEventListener("keydown", (key) => {
  const first = list.querySelector("button");
  if (key.key === "ArrowDown" && first) {
    key.preventDefault();
    first.focus();
  }
});
list.addEventListener("keydown", (key) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[key.key];
  if (!step) return;
  key.preventDefault();
  const buttons = [...list.querySelectorAll("button")];
  const next = buttons.findIndex((button) => button === document.activeElement) + step;
  (buttons[next] ?? (step < 0 ? field : buttons[buttons.length - 1]))?.focus();
});

/**
 * @param {string} inEvent
 * @param {string} question what the name is for
 * @returns {Promise<string | null>} the name that was chosen, null when none was
 */
export function askName(inEvent, question) {
  event = inEvent;
  turn += 1;
  heading.textContent = question;
  field.value = "";
  say(t("hand.type"));
  list.replaceChildren();
  dialog.showModal();
  return new Promise((resolve) => {
    choose = (name) => {
      choose = () => {};
      dialog.close();
      resolve(name);
    };
  });
}

async function find() {
  const mine = (turn += 1);
  const letters = field.value.normalize("NFC").trim();
  if ([...letters].length < FEWEST_LETTERS) {
    list.replaceChildren();
    return say(t("hand.type"));
  }
  try {
    const { names, more } = await findNames(event, letters);
    if (mine !== turn) return;
    list.replaceChildren(...names.map(row));
    say(names.length === 0 ? t("hand.nobody") : more ? t("hand.more") : t("hand.found", { count: names.length }));
  } catch (failure) {
    if (mine === turn) say(inWords(failure));
  }
}

/** @param {string} name */
function row(name) {
  const item = document.createElement("li");
  const button = document.createElement("button");
  button.type = "button";
  button.dir = "auto";
  button.textContent = name;
  button.addEventListener("click", () => choose(name));
  item.append(button);
  return item;
}

/** @param {string} words */
function say(words) {
  status.textContent = words;
}
