// The device's camera: off until asked for, one stream at a time, frames as JPEG.

const JPEG_QUALITY = 0.92;

/** A camera that cannot be used, in words for the person in front of it. */
export class CameraError extends Error {}

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

  /** The device id of the camera in use, "" when off or unknown. */
  get deviceId() {
    return this.#stream?.getVideoTracks()[0]?.getSettings().deviceId ?? "";
  }

  /**
   * Opens a camera and shows it; any other one is closed first, since many phones open only one at a time.
   * @param {string} [deviceId] without it, the one that looks away from the screen
   * @returns {Promise<boolean>} false when it was stopped before it was ready
   */
  async start(deviceId) {
    this.stop();
    this.#wanted = true;
    const turn = this.#turn;
    if (!navigator.mediaDevices?.getUserMedia) throw new CameraError(unavailable());
    const which = deviceId ? { deviceId: { exact: deviceId } } : { facingMode: { ideal: "environment" } };
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({
        audio: false,
        video: { ...which, width: { ideal: 1280 }, height: { ideal: 720 } },
      });
    } catch (failure) {
      if (turn !== this.#turn) return false;
      throw new CameraError(explain(failure));
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
    // A front camera is shown as a mirror, as people expect; the frame that is sent is not mirrored.
    this.#video.classList.toggle("mirrored", track?.getSettings().facingMode === "user");
    this.#video.srcObject = stream;
    try {
      await this.#video.play();
    } catch (failure) {
      if (turn !== this.#turn) return false;
      this.stop();
      throw new CameraError(explain(failure));
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

  /** @returns {Promise<Blob>} the present frame at the video's own size */
  async take() {
    const canvas = document.createElement("canvas");
    canvas.width = this.#video.videoWidth;
    canvas.height = this.#video.videoHeight;
    canvas.getContext("2d")?.drawImage(this.#video, 0, 0);
    /** @type {Blob | null} */
    const frame = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", JPEG_QUALITY));
    if (!frame) throw new CameraError("The camera gave no picture yet. Try again.");
    return frame;
  }

  /** @returns {Promise<{ id: string, label: string }[]>} the cameras to choose from, once one has been allowed */
  async list() {
    const devices = await navigator.mediaDevices.enumerateDevices();
    return devices
      .filter((device) => device.kind === "videoinput" && device.deviceId !== "")
      .map((device, index) => ({ id: device.deviceId, label: device.label || `Camera ${index + 1}` }));
  }
}

/** @param {MediaStream} stream */
function close(stream) {
  for (const track of stream.getTracks()) track.stop();
}

function unavailable() {
  if (window.isSecureContext) return "This browser offers no camera to pages. Choose a picture instead.";
  return (
    "Browsers allow the camera only over HTTPS, or on the computer that runs the server (http://127.0.0.1). " +
    "Open the page that way, or choose a picture: a phone offers its camera there too."
  );
}

/** @param {unknown} failure */
function explain(failure) {
  switch (failure instanceof DOMException ? failure.name : "") {
    case "NotAllowedError":
    case "SecurityError":
      return (
        "The browser denies the camera to this page. Allow it in the browser's settings for this page " +
        "(by the address), then start the camera again, or choose a picture instead."
      );
    case "NotFoundError":
    case "OverconstrainedError":
      return "No camera was found. Connect one and start it again, or choose a picture instead.";
    case "NotReadableError":
    case "AbortError":
      return "The camera is in use by another program. Close that one and start again, or choose a picture instead.";
    default:
      return "The camera could not be started. Try again, or choose a picture instead.";
  }
}
