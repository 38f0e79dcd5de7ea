// What is remembered of a door on this device: its camera and its switches. Nothing of anybody.

const STORED_AS = "face-door";

/** @typedef {{ camera: string, mirror: boolean | null, byItself: boolean, sound: boolean, headTurn: boolean }} Prefs */

/** `mirror` is null until somebody chose: then it follows where the camera looks. @type {Prefs} */
export const prefs = { camera: "", mirror: null, byItself: true, sound: false, headTurn: false, ...stored() };

/** @param {Partial<Prefs>} change */
export function remember(change) {
  Object.assign(prefs, change);
  try {
    localStorage.setItem(STORED_AS, JSON.stringify(prefs));
  } catch {
    // It lasts until the page is loaded again.
  }
}

/** @returns {Partial<Prefs>} */
function stored() {
  try {
    return JSON.parse(localStorage.getItem(STORED_AS) ?? "{}") ?? {};
  } catch {
    return {};
  }
}
