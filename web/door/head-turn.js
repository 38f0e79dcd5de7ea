// A turn of the head, to the side that chance says: a deterrent to photos that are held up, not a proof of a person.

// Degrees from where the head was. A photo that is tilted shows less of a turn than it is tilted by.
const TURNED = 15;
const BACK = 8;
// After this long, and after a turn to the other side, chance decides anew.
const LIMIT_MS = 7000;

/** What is asked of the face that is there. */
export class HeadTurn {
  #id = -1;
  /** @type {"turn" | "back" | "done"} */
  #stage = "turn";
  #isLeft = true;
  #straight = 0;
  #since = 0;
  #chance;

  /** @param {() => boolean} [chance] whether it is to be to the left */
  constructor(chance = () => crypto.getRandomValues(new Uint8Array(1))[0] % 2 === 0) {
    this.#chance = chance;
  }

  /** @param {number} id of the presence @returns {boolean} whether it was asked and is not done yet */
  isAsked(id) {
    return id === this.#id && this.#stage !== "done";
  }

  /** @param {number} id of the presence @returns {boolean} */
  isDone(id) {
    return id === this.#id && this.#stage === "done";
  }

  /**
   * @param {number} id of the presence
   * @param {number} yaw degrees; more than 0 where the nose is at the picture's right, which is the person's left
   * @param {number} time
   * @returns {"left" | "right" | "back"} what to ask for
   */
  observe(id, yaw, time) {
    if (id !== this.#id) this.#ask(id, yaw, time);
    const turn = (yaw - this.#straight) * (this.#isLeft ? 1 : -1);
    if (this.#stage === "turn" && turn >= TURNED) this.#stage = "back";
    else if (this.#stage === "back" && Math.abs(turn) <= BACK) this.#stage = "done";
    else if (this.#stage === "turn" && (turn <= -TURNED || time - this.#since > LIMIT_MS)) {
      this.#ask(id, this.#straight, time);
    }
    if (this.#stage !== "turn") return "back";
    return this.#isLeft ? "left" : "right";
  }

  /** @param {number} id @param {number} straight @param {number} time */
  #ask(id, straight, time) {
    this.#id = id;
    this.#stage = "turn";
    this.#isLeft = this.#chance();
    this.#straight = straight;
    this.#since = time;
  }
}
