// What the door says beside its verdicts: one hint at a time, news of frames that waited, and why there is no picture.

import { byId } from "../page.js";
import { has, t } from "../texts.js";

// A hint that changes more often is not read.
const HINT_MS = 500;

const hintLine = byId("hint", HTMLElement);
const lateLine = byId("late", HTMLElement);
const note = byId("door-note", HTMLElement);
const noteWords = byId("door-note-words", HTMLElement);
const startButton = byId("camera-start", HTMLButtonElement);

// What happened to somebody who has gone on is news for so long.
const NEWS_MS = 15_000;

let hintAt = 0;
let hintKey = "";
let newsTimer = 0;

/** @param {string} key a key of the texts, or words; "" for none */
export function hint(key) {
  const now = performance.now();
  if (key === hintKey || (key !== "" && hintKey !== "" && now - hintAt < HINT_MS)) return;
  hintAt = now;
  hintKey = key;
  hintLine.textContent = has(key) ? t(key) : key;
}

/**
 * @param {string} words about frames that are not the one being asked about, "" for nothing
 * @param {boolean} [stays] whether it stays until something else is said
 */
export function sayBeside(words, stays = false) {
  clearTimeout(newsTimer);
  lateLine.textContent = words;
  lateLine.hidden = words === "";
  if (words !== "" && !stays) newsTimer = setTimeout(() => sayBeside(""), NEWS_MS);
}

/** @param {string} words why there is no picture @param {boolean} isFinal whether a person has to start the camera */
export function showNote(words, isFinal) {
  noteWords.textContent = words;
  startButton.hidden = !isFinal;
  note.hidden = false;
}

export function hideNote() {
  note.hidden = true;
}

/** @param {string} code of the server's reasons */
export function reasonWords(code) {
  return has(`reason.${code}`) ? t(`reason.${code}`) : code;
}
