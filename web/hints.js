// What a person can do about a refusal, by its status or by the server's words.

/** @type {ReadonlyArray<readonly [RegExp, string]>} */
const HINTS_BY_WORDS = [
  [/^event .* not found/i, "Check how the event is written, or add its first user."],
  [/^no face detected/i, "Come closer, look at the camera, and have light on the face and not behind it."],
  [/^multiple faces detected/i, "Have one person alone in the picture, or choose a picture cropped to one face."],
];

/** @type {Readonly<Record<number, string>>} */
const STATUS_HINTS = {
  401: "Give a key at the top of this page: the person who runs the server makes them.",
  403: "Ask the person who runs this server.",
  413: "The picture is too large for this server: choose a smaller one.",
  415: "Use a JPEG, PNG, WebP, BMP, GIF or TIFF picture.",
  500: "The server failed, not the picture. Try again; its log says why.",
  502: "The service behind this address does not answer. Try again in a moment.",
  504: "The service behind this address does not answer. Try again in a moment.",
};

/**
 * @param {number} status
 * @param {string} message the server's words
 * @param {string | null} retryAfter the Retry-After header: seconds or a date
 * @returns {string} a sentence, or "" when the server's words say enough
 */
export function hintFor(status, message, retryAfter) {
  if (status === 429 || status === 503) return waitHint(secondsUntil(retryAfter));
  return STATUS_HINTS[status] ?? HINTS_BY_WORDS.find(([words]) => words.test(message))?.[1] ?? "";
}

/** @param {number | null} seconds */
function waitHint(seconds) {
  if (seconds === null) return "Nothing is lost: try again in a moment.";
  return `Nothing is lost: try again in ${seconds} ${seconds === 1 ? "second" : "seconds"}.`;
}

/** @param {string | null} retryAfter @returns {number | null} */
function secondsUntil(retryAfter) {
  if (retryAfter === null) return null;
  const seconds = /^\d+$/.test(retryAfter) ? Number(retryAfter) : (Date.parse(retryAfter) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(1, Math.ceil(seconds)) : null;
}
