// Frames on their way: each with a key of its own, sent again with it while the server is away, for a minute at most.

// Held in memory alone. A frame is some 200 kB.
const MOST = 3;
const KEEP_MS = 60_000;
const WAITS_MS = [500, 1000, 2000, 4000];
// No answer, too slow, too many, a proxy whose server is away, busy.
const AGAIN = [0, 408, 429, 502, 503, 504];

/** What is thrown when a frame was given up. */
export class Dropped extends Error {}

/** Frames that wait for an answer. */
export class Queue {
  #underWay = 0;
  #waiting = 0;
  #onChange;

  /** @param {(waiting: number) => void} onChange called with the number of frames that were sent and failed so far */
  constructor(onChange) {
    this.#onChange = onChange;
  }

  /** Whether no further frame is taken. */
  get isFull() {
    return this.#underWay >= MOST;
  }

  /**
   * Sends until there is an answer.
   * @template T
   * @param {number} taken when the frame was taken, as `performance.now()` says it
   * @param {() => Promise<T>} send sends it, each time with the same key
   * @returns {Promise<T>}
   * @throws {Dropped} after a minute, and what `send` throws when it is no use to send it again
   */
  async send(taken, send) {
    let waits = false;
    this.#underWay += 1;
    try {
      for (let attempt = 0; ; attempt += 1) {
        try {
          return await send();
        } catch (failure) {
          const wait = waitAfter(failure, attempt);
          if (wait === null) throw failure;
          if (performance.now() + wait - taken > KEEP_MS) throw new Dropped();
          if (!waits) this.#count(1);
          waits = true;
          await new Promise((resolve) => setTimeout(resolve, wait));
        }
      }
    } finally {
      this.#underWay -= 1;
      if (waits) this.#count(-1);
    }
  }

  /** @param {number} more */
  #count(more) {
    this.#waiting += more;
    this.#onChange(this.#waiting);
  }
}

/**
 * @param {any} failure
 * @param {number} attempt from 0
 * @returns {number | null} after how many milliseconds to send again, null when that is no use
 */
export function waitAfter(failure, attempt) {
  if (!AGAIN.includes(failure?.status)) return null;
  const own = WAITS_MS[Math.min(attempt, WAITS_MS.length - 1)] ?? 0;
  return Math.max(own, (failure.retryAfter ?? 0) * 1000);
}
