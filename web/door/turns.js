// When a face is asked about by itself: once when it comes, and once more when it stays. Never about an older frame.

// After this long a face that is still there is asked about once more: it may be another one in the same place.
const SECOND_MS = 6000;
// Between two questions, however faces move.
const BETWEEN_MS = 1500;
const TIMES = 2;

/** What was asked about whom, and what may be asked next. */
export class Turns {
  #id = -1;
  #times = 0;
  #askedAt = -Infinity;
  #departures = -1;
  #answeredAt = -Infinity;
  /** @type {string | null} */
  #named = null;
  #settledUntil = -1;

  /**
   * @param {import("./presence.js").Presence} presence
   * @param {number} taken when the frame was taken
   * @returns {boolean} whether the frame may be sent by itself
   */
  mayAsk(presence, taken) {
    // Of the time before the last verdict was cleared: it may show the guest before.
    if (taken <= this.#answeredAt || taken - this.#askedAt < BETWEEN_MS) return false;
    if (presence.departures === this.#settledUntil) return false;
    if (presence.id !== this.#id) return true;
    return this.#times < TIMES && taken - this.#askedAt >= SECOND_MS;
  }

  /**
   * @param {import("./presence.js").Presence} presence
   * @returns {string | null} who was named since somebody was last absent: whoever is still the same is not checked in
   *   again, and nothing is said of it
   */
  alreadyNamed(presence) {
    return presence.departures === this.#departures ? this.#named : null;
  }

  /** @param {import("./presence.js").Presence} presence @param {number} taken */
  asked(presence, taken) {
    this.#times = presence.id === this.#id ? this.#times + 1 : 1;
    this.#id = presence.id;
    this.#askedAt = taken;
    if (presence.departures !== this.#departures) this.#named = null;
    this.#departures = presence.departures;
  }

  /** @param {string | null} user who was named, null when nobody was */
  answered(user) {
    this.#named = user;
  }

  /** A person said who it is: until somebody has left, nobody is asked about. @param {import("./presence.js").Presence} presence */
  settled(presence) {
    // Where nobody stands, the next one is somebody else.
    if (presence.isThere) this.#settledUntil = presence.departures;
  }

  /** From now on a frame is of the time after the verdict. @param {number} time */
  cleared(time) {
    this.#answeredAt = time;
  }
}
