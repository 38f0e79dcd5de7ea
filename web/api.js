// The service's HTTP routes as functions: each returns the answer or throws a ServiceError a person can act on.

import { hintFor } from "./hints.js";
import { askForKey, authorization } from "./key.js";

// Longer than the server's own deadline, so that its answer, not this limit, is what people see.
const TIME_LIMIT_MS = 75_000;

/** A failure in the server's words where it gave some, with a hint what to do about it. */
export class ServiceError extends Error {
  /**
   * @param {string} message
   * @param {{ status?: number, code?: string, hint?: string }} [details] `status` is 0 when no answer came
   */
  constructor(message, { status = 0, code = "", hint = "" } = {}) {
    super(message);
    this.name = "ServiceError";
    this.status = status;
    this.code = code;
    this.hint = hint;
  }
}

/**
 * @typedef {object} Verdict
 * @property {boolean} verified
 * @property {string | null} username
 * @property {string} message
 * @property {number} [confidence] 0 to 100
 * @property {number} [distance] to the nearest user
 * @property {number} [threshold] greatest distance that is a match
 */

/** @param {string} event @param {Blob} picture @returns {Promise<Verdict>} */
export async function verify(event, picture) {
  const answer = await send("/verify/", upload({ event_name: event }, picture), picture);
  const named = answer.verified === true && typeof answer.username === "string";
  if (!named && answer.verified !== false) throw notUnderstood();
  return answer;
}

/**
 * Enrols the face of a picture. What the server refuses so that a person can decide is thrown with its `code`:
 * `duplicate_person`, somebody else of the event has this face, and `other_person`, it is unlike the user's others.
 * @param {string} event @param {string} user @param {Blob} picture
 * @param {Record<string, string>} [anyway] `on_duplicate` or `on_other_person`, each "allow" where a person said so
 * @returns {Promise<{ embedding_count: number }>}
 */
export async function addUser(event, user, picture, anyway = {}) {
  // Asked for whatever the event says: whoever stands at the desk sees both people and decides.
  const fields = { on_duplicate: "reject", on_other_person: "reject", ...anyway };
  const path = `/v1/events/${segment(event)}/users/${segment(user)}/faces`;
  const answer = await send(path, upload(fields, picture), picture);
  if (typeof answer.embedding_count !== "number") throw notUnderstood();
  return answer;
}

/** @returns {Promise<string[]>} the names of all events */
export async function listEvents() {
  const answer = await send("/api/events");
  if (!Array.isArray(answer.events)) throw notUnderstood();
  return answer.events.map((/** @type {{ event_name: string }} */ event) => event.event_name);
}

/** @param {string} event @returns {Promise<string[]>} the names of the event's users */
export async function listUsers(event) {
  const answer = await send(`/api/all_user?${new URLSearchParams({ event_name: event })}`);
  if (!Array.isArray(answer.users)) throw notUnderstood();
  return answer.users;
}

/** @param {string} event @returns {Promise<string[]>} what its owner should know of the event, in the server's words */
export async function eventWarnings(event) {
  const answer = await send(`/v1/events/${segment(event)}`);
  if (!Array.isArray(answer.warnings)) throw notUnderstood();
  return answer.warnings.map((/** @type {{ detail: string }} */ warning) => warning.detail);
}

/** @param {string} event @param {string} user @returns {Promise<{ message: string }>} */
export function deleteUser(event, user) {
  return send(`/api/delete_user?${new URLSearchParams({ event_name: event, user_id: user })}`);
}

/** @param {string} event @returns {Promise<{ message: string }>} */
export function deleteEvent(event) {
  return send(`/api/events/${segment(event)}`, { method: "DELETE" });
}

/** @param {string} name @returns {string} the name as a segment of a path */
function segment(name) {
  // A URL drops path segments that are "." or "..", escaped or not. The server trims names, so a space keeps them.
  return encodeURIComponent(name === "." || name === ".." ? ` ${name}` : name);
}

/** @param {Record<string, string>} fields @param {Blob} picture @returns {RequestInit} */
function upload(fields, picture) {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  // The server tells the format from the content; a fixed name keeps the file's own name on this device.
  body.append("file", picture, "picture");
  return { method: "POST", body };
}

/** @param {string} path @param {RequestInit} [options] @param {Blob} [picture] @returns {Promise<any>} */
async function send(path, options = {}, picture) {
  const headers = authorization();
  let response;
  let text;
  try {
    const signal = AbortSignal.timeout(TIME_LIMIT_MS);
    // A proxy may show the page under a path of its own.
    const url = new URL(path.slice(1), document.baseURI);
    response = await fetch(url, { ...options, headers, cache: "no-store", signal });
    text = await response.text();
  } catch (failure) {
    throw await unanswered(failure, picture);
  }
  const answer = parse(text);
  if (!response.ok) {
    const failure = refused(response, answer);
    if (response.status !== 401) throw failure;
    askForKey(failure.message, headers);
    // The server's words are for programs, which send a header.
    if (!headers.authorization) failure.message = "This server asks for a key";
    throw failure;
  }
  if (answer === null) throw notUnderstood();
  return answer;
}

/** @param {string} text @returns {any} the JSON object in `text`, or null */
function parse(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" ? value : null;
  } catch {
    return null;
  }
}

/** @param {Response} response @param {any} answer */
function refused(response, answer) {
  const words = answer?.message ?? answer?.detail ?? answer?.title;
  const message = typeof words === "string" && words !== "" ? words : `The server answered ${response.status}`;
  const hint = hintFor(response.status, message, response.headers.get("retry-after"));
  const code = typeof answer?.code === "string" ? answer.code : "";
  return new ServiceError(message, { status: response.status, code, hint });
}

/** @param {unknown} failure @param {Blob} [picture] */
async function unanswered(failure, picture) {
  if (failure instanceof DOMException && failure.name === "TimeoutError") {
    const hint = picture ? "Try again; a smaller picture is sent faster." : "Try again in a moment.";
    return new ServiceError("The server did not answer in time", { hint });
  }
  if (picture && !(await isReadable(picture))) {
    const hint = "The file was changed or moved: choose it again.";
    return new ServiceError("The picture can no longer be read", { hint });
  }
  const hint = "Check that it is running and that this device is on its network, then try again.";
  return new ServiceError("The server cannot be reached", {
    hint: picture ? `${hint} A server may also hang up on a picture that is too large.` : hint,
  });
}

/** @param {Blob} picture */
async function isReadable(picture) {
  try {
    await picture.slice(0, 1).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}

function notUnderstood() {
  return new ServiceError("The answer could not be understood", {
    hint: "Something between this page and the service may have answered in its place. Reload the page.",
  });
}
