// Whether a face stays, holds still, left or gave way to another: told from the boxes of one detection after another.

// One detection can miss a face that is there; this many in a row, over this time, and it has left.
const MISSED = 3;
const GONE_MS = 400;
// In widths of the face. A head moves less from one detection to the next; another person stands elsewhere.
const JUMP = 0.6;
const GROWTH = 1.6;
// What still counts as holding still, and for how long.
const STILL = 0.08;
const STILL_GROWTH = 1.1;
const STILL_TIMES = 3;
const STILL_MS = 250;

/** @typedef {import("./hint.js").Box} Box */

/** The face before the camera from one detection to the next. */
export class Presence {
  /** Counts faces that came: another number is another person, or the same one after a leap. */
  id = 0;
  /** Counts the times when nobody was there. */
  departures = 0;
  /** @type {Box | null} */
  #box = null;
  #missed = 0;
  #missedSince = 0;
  #still = 0;
  #stillSince = 0;

  /** Whether somebody is there. */
  get isThere() {
    return this.#box !== null;
  }

  /**
   * @param {Box | null} box where the face is, null when there is none
   * @param {number} time when its frame was taken, in milliseconds
   */
  observe(box, time) {
    if (!box) return this.#miss(time);
    const before = this.#box;
    this.#box = box;
    this.#missed = 0;
    if (!before || leapt(before, box, JUMP, GROWTH)) {
      this.id += 1;
      this.#still = 0;
    } else if (leapt(before, box, STILL, STILL_GROWTH)) {
      this.#still = 0;
    }
    if (this.#still === 0) this.#stillSince = time;
    this.#still += 1;
  }

  /** @param {number} time @returns {boolean} whether the face held still over several detections until then */
  isSteady(time) {
    return this.isThere && this.#still >= STILL_TIMES && time - this.#stillSince >= STILL_MS;
  }

  /** @param {number} time */
  #miss(time) {
    this.#still = 0;
    if (!this.#box) return;
    if (this.#missed === 0) this.#missedSince = time;
    this.#missed += 1;
    if (this.#missed < MISSED || time - this.#missedSince < GONE_MS) return;
    this.#box = null;
    this.departures += 1;
  }
}

/** @param {Box} before @param {Box} after @param {number} widths @param {number} growth */
function leapt(before, after, widths, growth) {
  const x = before.left + before.width / 2 - after.left - after.width / 2;
  const y = before.top + before.height / 2 - after.top - after.height / 2;
  const size = after.width / before.width;
  return Math.hypot(x, y) > widths * before.width || size > growth || size < 1 / growth;
}
