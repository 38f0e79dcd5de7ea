// The door's settings: which camera, whether it is mirrored, whether it takes frames by itself, and a sound.

import { byId } from "../page.js";
import { beep } from "./awake.js";
import { prefs, remember } from "./prefs.js";

const dialog = byId("door-settings", HTMLDialogElement);
const cameras = byId("door-camera", HTMLSelectElement);
const mirror = byId("mirror", HTMLInputElement);
const byItself = byId("by-itself", HTMLInputElement);
const sound = byId("sound", HTMLInputElement);
const headTurn = byId("head-turn", HTMLInputElement);
const stage = byId("stage", HTMLElement);

/** @param {import("./eye.js").Eye} eye */
export function followSettings(eye) {
  byItself.checked = prefs.byItself;
  sound.checked = prefs.sound;
  headTurn.checked = prefs.headTurn;
  byId("door-settings-open", HTMLButtonElement).addEventListener("click", () => dialog.showModal());
  byId("door-settings-close", HTMLButtonElement).addEventListener("click", () => dialog.close());
  cameras.addEventListener("change", () => {
    // Another camera may look the other way.
    remember({ camera: cameras.value, mirror: null });
    void eye.open();
  });
  mirror.addEventListener("change", () => {
    remember({ mirror: mirror.checked });
    showMirrored();
  });
  byItself.addEventListener("change", () => remember({ byItself: byItself.checked }));
  headTurn.addEventListener("change", () => remember({ headTurn: headTurn.checked }));
  sound.addEventListener("change", () => {
    remember({ sound: sound.checked });
    if (sound.checked) beep(true);
  });
}

/** Shows the cameras to choose from, and the picture as a mirror unless it looks away. @param {import("./eye.js").Eye} eye */
export async function showCameras(eye) {
  mirror.checked = prefs.mirror ?? !eye.camera.looksAway;
  showMirrored();
  const found = await eye.camera.list();
  cameras.replaceChildren(...found.map(({ id, label }) => new Option(label, id)));
  cameras.value = eye.camera.deviceId;
}

function showMirrored() {
  stage.classList.toggle("mirrored", mirror.checked);
}
