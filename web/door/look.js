// Looks for faces again and again: a small frame is sent, and the next one after its answer.

import { detect } from "../api.js";
import { asJpeg, drawn } from "../camera.js";
import { waitAfter } from "./queue.js";

const SIDE = 320;
const QUALITY = 0.75;
// A pause of as long as the answer took leaves the server half of its time for others.
const SHORTEST_MS = 60;
const LONGEST_MS = 1000;

/**
 * A frame that was looked at: `full` is the same moment at the camera's own size.
 * @typedef {{ taken: number, full: HTMLCanvasElement, detection: import("./hint.js").Detection }} Look
 */

/** The loop. */
export class Looking {
  #eye;
  #onLook;
  #onFailure;
  #turn = 0;
  #failures = 0;

  /**
   * @param {import("./eye.js").Eye} eye
   * @param {(look: Look) => void} onLook
   * @param {(failure: unknown) => void} onFailure
   */
  constructor(eye, onLook, onFailure) {
    this.#eye = eye;
    this.#onLook = onLook;
    this.#onFailure = onFailure;
  }

  start() {
    void this.#loop((this.#turn += 1));
  }

  stop() {
    this.#turn += 1;
  }

  /** @param {number} turn */
  async #loop(turn) {
    while (turn === this.#turn) {
      const began = performance.now();
      let wait = LONGEST_MS;
      if (this.#eye.camera.isLive && !document.hidden) {
        try {
          const look = await this.#look();
          this.#failures = 0;
          const took = performance.now() - began;
          wait = Math.min(LONGEST_MS, Math.max(SHORTEST_MS, took / 2));
          if (turn === this.#turn) this.#onLook(look);
        } catch (failure) {
          // What is no matter of time, such as a key that was revoked, is asked again all the same, but seldom.
          wait = waitAfter(failure, this.#failures) ?? 4 * LONGEST_MS;
          this.#failures += 1;
          if (turn === this.#turn) this.#onFailure(failure);
        }
      } else {
        wait = 100;
      }
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }

  /** @returns {Promise<Look>} */
  async #look() {
    const taken = performance.now();
    // The whole frame first, and the small one of it: what is sent later is what was found good.
    const full = this.#eye.camera.frame();
    const scale = Math.min(1, SIDE / Math.max(full.width, full.height));
    const small = drawn(full, Math.round(full.width * scale), Math.round(full.height * scale));
    return { taken, full, detection: await detect(await asJpeg(small, QUALITY)) };
  }
}
