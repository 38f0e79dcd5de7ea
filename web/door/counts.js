// How many are here, of how many who are registered: read once, and followed from there.

import { listCheckIns, readEvent } from "../api.js";
import { byId } from "../page.js";
import { followLanguage, t } from "../texts.js";

const PERIOD_MS = 15_000;

const line = byId("counts", HTMLElement);

/** @type {Map<string, { user: string, voided: boolean }>} by the check-in's id */
let checkIns = new Map();
let registered = 0;
let event = "";
/** @type {string | null} */
let cursor = null;
let timer = 0;

/** @param {string} next the event to count for, "" for none */
export function countFor(next) {
  clearTimeout(timer);
  if (next !== event) {
    checkIns = new Map();
    cursor = null;
    line.hidden = true;
  }
  event = next;
  if (event !== "") void read(event);
}

/** Counts what this door did at once. @param {{ id: string, user: string, voided: boolean }} checkIn */
export function counted({ id, user, voided }) {
  checkIns.set(id, { user, voided });
  show();
}

/** @param {string} mine */
async function read(mine) {
  try {
    ({ user_count: registered } = await readEvent(mine));
    for (;;) {
      const page = await listCheckIns(mine, cursor);
      if (mine !== event) return;
      for (const { id, user, voided } of page.check_ins) checkIns.set(id, { user, voided });
      // The last page has no cursor: it is read again the next time, and by ids nobody is counted twice.
      if (!page.next_cursor) break;
      cursor = page.next_cursor;
    }
    show();
  } catch {
    // The door goes on without; what the server says of the event is said where it matters.
  }
  if (mine === event) timer = setTimeout(() => read(mine), PERIOD_MS);
}

function show() {
  const here = new Set([...checkIns.values()].filter(({ voided }) => !voided).map(({ user }) => user));
  line.textContent = t("door.counts", { here: here.size, registered });
  line.hidden = false;
}

followLanguage(() => {
  if (!line.hidden) show();
});
