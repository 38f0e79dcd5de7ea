// The verdict over the live picture: one at a time, in a place of its own, so that nothing moves when it comes.

import { byId } from "../page.js";
import { t } from "../texts.js";

const panel = byId("verdict", HTMLElement);
const words = byId("verdict-words", HTMLElement);
const nameLine = byId("verdict-name", HTMLElement);
const detail = byId("verdict-detail", HTMLElement);
const said = byId("verdict-said", HTMLElement);

// A letter is read by most at 16 minutes of arc: at 2 m its capitals are 9.3 mm high, which takes a font of 13.3 mm.
// A 10-inch tablet has 5.2 (1080 px wide) to 5.9 pixels (1280) a millimetre: 69 to 78 pixels, which is 6.5 % of its
// longer side or less. In words of 128 letters no screen has room for that: those alone are set smaller.
const SMALLEST_SHARE = 0.065;
const LARGEST_SHARE = 0.2;
const LAST_RESORT_PX = 16;

/** @typedef {"checked_in" | "already_checked_in" | "no_match" | "ambiguous" | "poor" | "waiting" | "failed"} Outcome */

/** @param {Outcome} outcome @param {{ name?: string, detail?: string }} [more] */
export function showVerdict(outcome, { name = "", detail: more = "" } = {}) {
  panel.dataset.outcome = outcome;
  words.textContent = t(`outcome.${outcome}`);
  nameLine.textContent = name;
  detail.textContent = more;
  said.textContent = [words.textContent, name, more].filter((part) => part !== "").join(". ");
  fit();
}

export function clearVerdict() {
  panel.dataset.outcome = "none";
  for (const line of [words, nameLine, detail, said]) line.textContent = "";
}

/** Sets the name as large as its place allows. */
function fit() {
  if (nameLine.textContent === "") return;
  const side = Math.max(window.innerWidth, window.innerHeight);
  // Whole words as long as they fit at a size that is read from afar.
  nameLine.classList.remove("broken");
  if (largest(side * SMALLEST_SHARE, side * LARGEST_SHARE)) return;
  nameLine.classList.add("broken");
  if (!largest(side * SMALLEST_SHARE, side * LARGEST_SHARE)) largest(LAST_RESORT_PX, side * SMALLEST_SHARE);
}

/** @param {number} from @param {number} to pixels @returns {boolean} whether the name fits at `from` */
function largest(from, to) {
  let [fits, tooLarge] = [from, to];
  nameLine.style.fontSize = `${fits}px`;
  if (overflows()) return false;
  while (tooLarge - fits > 1) {
    const middle = (fits + tooLarge) / 2;
    nameLine.style.fontSize = `${middle}px`;
    if (overflows()) tooLarge = middle;
    else fits = middle;
  }
  nameLine.style.fontSize = `${fits}px`;
  return true;
}

function overflows() {
  return nameLine.scrollWidth > nameLine.clientWidth || panel.scrollHeight > panel.clientHeight;
}

new ResizeObserver(fit).observe(panel);
