// The picture to be sent: nothing, the camera's live picture, or one that was taken, chosen or dropped.

import { byId } from "../page.js";
import { currentLanguage, t } from "../texts.js";

const figure = byId("preview", HTMLElement);
const image = byId("preview-picture", HTMLImageElement);
const caption = byId("preview-caption", HTMLElement);

/** @type {Blob | null} */
let held = null;

image.addEventListener("error", () => {
  // A TIFF, for one: most browsers cannot show it, and the server can read it.
  if (held) figure.dataset.source = "unseen";
});

/** @returns {Blob | null} the picture that is held, if any */
export function heldPicture() {
  return held;
}

export function isLive() {
  return figure.dataset.source === "live";
}

export function showNothing() {
  replace(null, "empty", "");
}

export function showLive() {
  replace(null, "live", "");
}

/** @param {Blob} picture @param {string} name what to call it under the picture */
export function showPicture(picture, name) {
  replace(picture, "picture", `${name}, ${sizeOf(picture)}`);
  image.alt = t("desk.picture_alt");
  image.src = URL.createObjectURL(picture);
}

/**
 * Calls back with each picture dropped on the frame, and keeps a miss from replacing the page by the file.
 * @param {(files: FileList) => void} onDrop
 */
export function acceptDrops(onDrop) {
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    const inside = event.target instanceof Node && figure.contains(event.target);
    figure.classList.toggle("drop-here", inside);
    if (event.dataTransfer) event.dataTransfer.dropEffect = inside ? "copy" : "none";
  });
  document.addEventListener("dragleave", () => figure.classList.remove("drop-here"));
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    figure.classList.remove("drop-here");
    if (event.target instanceof Node && figure.contains(event.target) && event.dataTransfer?.files.length) {
      onDrop(event.dataTransfer.files);
    }
  });
}

/** @param {Blob | null} picture @param {string} source @param {string} words */
function replace(picture, source, words) {
  if (image.src) URL.revokeObjectURL(image.src);
  image.removeAttribute("src");
  held = picture;
  figure.dataset.source = source;
  caption.textContent = words;
}

/** @param {Blob} picture */
function sizeOf(picture) {
  const kilobytes = picture.size / 1000;
  const megabytes = (kilobytes / 1000).toLocaleString(currentLanguage(), { maximumFractionDigits: 1 });
  return kilobytes < 1000 ? `${Math.ceil(kilobytes)} kB` : `${megabytes} MB`;
}
