// A camera of the device: off until asked for, one stream at a time.

import { t } from "./texts.js";

/** A camera that cannot be used, in words for the person in front of it. */
export class CameraError extends Error {
  /** @param {string} code of `camera.*` in the texts */
  constructor(code) {
    super(t(`camera.${code}`));
    this.code = code;
  }
}

export class Camera {
  /** @type {MediaStream | null} */
  #stream = null;
  #wanted = false;
  // Counts starts and stops, so that a stream granted after a stop is closed and not shown.
  #turn = 0;
  #video;
  #onLost;

  /**
   * @param {HTMLVideoElement} video shows the live picture
   * @param {() => void} onLost called when the device ends the stream by itself
   */
  constructor(video, onLost) {
    this.#video = video;
    this.#onLost = onLost;
  }

  /** On, or about to be once the person at the browser allows it. */
  get isOn() {
    return this.#wanted;
  }

  /** Whether there is a picture to take. */
  get isLive() {
    return this.#stream !== null && this.#video.videoWidth > 0 && !this.#video.paused;
  }

  /** The device id of the camera in use, "" when off or unknown. */
  get deviceId() {
    return this.#settings.deviceId ?? "";
  }

  /** Whether it looks away from whoever looks at the screen. */
  get looksAway() {
    return this.#settings.facingMode === "environment";
  }

  /** Whether it is known to look at whoever looks at the screen. */
  get looksHere() {
    return this.#settings.facingMode === "user";
  }

  /**
   * Opens a camera and shows it; any other one is closed first, since many phones open only one at a time.
   * @param {{ deviceId?: string, facing?: "user" | "environment" }} [which] a device that is not there any more
   *   gives way to any other
   * @returns {Promise<boolean>} false when it was stopped before it was ready
   * @throws {CameraError}
   */
  async start({ deviceId, facing = "environment" } = {}) {
    this.stop();
    this.#wanted = true;
    const turn = this.#turn;
    if (!navigator.mediaDevices?.getUserMedia) throw new CameraError(window.isSecureContext ? "none_offered" : "insecure");
    const which = deviceId ? { deviceId: { ideal: deviceId } } : { facingMode: { ideal: facing } };
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({
        audio: false,
        video: { ...which, width: { ideal: 1280 }, height: { ideal: 720 } },
      });
    } catch (failure) {
      if (turn !== this.#turn) return false;
      throw new CameraError(codeOf(failure));
    }
    if (turn !== this.#turn) {
      close(stream);
      return false;
    }
    this.#stream = stream;
    const [track] = stream.getVideoTracks();
    track?.addEventListener("ended", () => {
      if (this.#stream === stream) {
        this.stop();
        this.#onLost();
      }
    });
    this.#video.srcObject = stream;
    try {
      await this.#video.play();
    } catch (failure) {
      if (turn !== this.#turn) return false;
      this.stop();
      throw new CameraError(codeOf(failure));
    }
    return turn === this.#turn;
  }

  stop() {
    this.#turn += 1;
    this.#wanted = false;
    if (this.#stream) close(this.#stream);
    this.#stream = null;
    this.#video.srcObject = null;
  }

  /** @returns {Promise<Blob>} the present frame at the video's own size, as JPEG */
  async take() {
    return asJpeg(this.frame(), 0.92);
  }

  /** @param {number} [side] its longer side in pixels; the video's own without it @returns {HTMLCanvasElement} the present frame */
  frame(side) {
    const { videoWidth, videoHeight } = this.#video;
    if (videoWidth === 0) throw new CameraError("no_picture");
    const scale = side ? Math.min(1, side / Math.max(videoWidth, videoHeight)) : 1;
    return drawn(this.#video, Math.round(videoWidth * scale), Math.round(videoHeight * scale));
  }

  /** @returns {Promise<{ id: string, label: string }[]>} the cameras to choose from, once one has been allowed */
  async list() {
    const devices = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
    return devices
      .filter((device) => device.kind === "videoinput" && device.deviceId !== "")
      .map((device, index) => ({ id: device.deviceId, label: device.label || t("camera.number", { number: index + 1 }) }));
  }

  /** @returns {MediaTrackSettings} */
  get #settings() {
    return this.#stream?.getVideoTracks()[0]?.getSettings() ?? {};
  }
}

/** @param {CanvasImageSource} source @param {number} width @param {number} height */
export function drawn(source, width, height) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  canvas.getContext("2d")?.drawImage(source, 0, 0, width, height);
  return canvas;
}

/** @param {HTMLCanvasElement} canvas @param {number} quality from 0 to 1 @returns {Promise<Blob>} */
export async function asJpeg(canvas, quality) {
  /** @type {Blob | null} */
  const picture = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));
  if (!picture) throw new CameraError("no_picture");
  return picture;
}

/** @param {MediaStream} stream */
function close(stream) {
  for (const track of stream.getTracks()) track.stop();
}

/** @param {unknown} failure @returns {string} of `camera.*` in the texts */
function codeOf(failure) {
  switch (failure instanceof DOMException ? failure.name : "") {
    case "NotAllowedError":
    case "SecurityError":
      return "denied";
    case "NotFoundError":
    case "OverconstrainedError":
      return "none";
    case "NotReadableError":
    case "AbortError":
      return "in_use";
    default:
      return "failed";
  }
}
