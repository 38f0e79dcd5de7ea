// The door's camera: comes back by itself after a lock of the screen, a pulled plug or another program's use.

import { Camera, CameraError } from "../camera.js";
import { prefs } from "./prefs.js";

// Between two attempts: at once after a change of devices, else longer and longer.
const AGAIN_MS = [500, 1000, 2000, 4000, 8000];
// No attempt mends these: a person has to.
const FINAL = ["denied", "insecure", "none_offered"];

/** The camera of a door, on as long as it is wanted and the page is seen. */
export class Eye {
  #camera;
  #wanted = false;
  #attempts = 0;
  #timer = 0;
  #onChange;

  /**
   * @param {HTMLVideoElement} video
   * @param {(failure: CameraError | null, isFinal: boolean) => void} onChange called when it is on, with null, and
   *   when it is not, with why and whether it is tried again
   */
  constructor(video, onChange) {
    this.#camera = new Camera(video, () => this.#later(new CameraError("lost")));
    this.#onChange = onChange;
    document.addEventListener("visibilitychange", () => this.#seen());
    // Of a page that comes back from the browser's cache.
    window.addEventListener("pageshow", () => this.#seen());
    window.addEventListener("pagehide", () => this.#camera.stop());
    navigator.mediaDevices?.addEventListener("devicechange", () => {
      if (this.#wanted && !this.#camera.isOn) void this.open();
    });
  }

  get camera() {
    return this.#camera;
  }

  /** Opens it, or another one that was chosen. */
  async open() {
    this.#wanted = true;
    clearTimeout(this.#timer);
    try {
      if (!(await this.#camera.start({ deviceId: prefs.camera, facing: "user" }))) return;
    } catch (failure) {
      this.#later(failure instanceof CameraError ? failure : new CameraError("failed"));
      return;
    }
    this.#attempts = 0;
    this.#onChange(null, false);
  }

  close() {
    this.#wanted = false;
    clearTimeout(this.#timer);
    this.#camera.stop();
  }

  #seen() {
    // A locked phone keeps a track that is live by its own account and gives black frames: it is opened anew.
    if (!this.#wanted) return;
    if (document.hidden) this.#camera.stop();
    else if (!this.#camera.isOn) void this.open();
  }

  /** @param {CameraError} failure */
  #later(failure) {
    this.#camera.stop();
    const isFinal = FINAL.includes(failure.code);
    this.#onChange(failure, isFinal);
    if (isFinal || document.hidden || !this.#wanted) return;
    const wait = AGAIN_MS[Math.min(this.#attempts, AGAIN_MS.length - 1)];
    this.#attempts += 1;
    this.#timer = setTimeout(() => this.open(), wait);
  }
}
