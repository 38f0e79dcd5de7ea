// The server's routes as functions.

import { json, notUnderstood, segment, send, upload } from "./http.js";

// A frame is answered in much less, or it is not worth waiting for.
const FRAME_LIMIT_MS = 10_000;

/**
 * @typedef {{ name: string, role: "verify" | "enrol" | "admin", events: string[] | null }} Caller
 * @typedef {{ name: string, user_count: number, warnings: { detail: string }[] }} EventDetails
 * @typedef {{ id: string, user: string, time: string, voided: boolean }} CheckIn
 * @typedef {{ decision: string, user: string | null, shortcomings: { code: string }[], confidence: number | null,
 *   distance: number | null, threshold: number | null }} Verdict
 * @typedef {{ outcome: string, check_in: CheckIn | null, verdict: Verdict | null }} CheckedIn
 */

/** @returns {Promise<Caller>} what the key in use is for */
export function readCaller() {
  return send("/v1/caller");
}

/** @returns {Promise<EventDetails[]>} all events that the key is for */
export async function listEvents() {
  return pages("/v1/events", "events");
}

/** @param {string} event @returns {Promise<EventDetails>} */
export function readEvent(event) {
  return send(`/v1/events/${segment(event)}`);
}

/** @param {string} event */
export function deleteEvent(event) {
  return send(`/v1/events/${segment(event)}`, { method: "DELETE" });
}

/** @param {string} event @returns {Promise<string[]>} the names of the event's users */
export async function listUsers(event) {
  const answer = await send(`/api/all_user?${new URLSearchParams({ event_name: event })}`);
  if (!Array.isArray(answer.users)) throw notUnderstood();
  return answer.users;
}

/** @param {string} event @param {string} user */
export function deleteUser(event, user) {
  return send(`/v1/events/${segment(event)}/users/${segment(user)}`, { method: "DELETE" });
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
  const answer = await send(path, { ...upload(fields, picture), picture });
  if (typeof answer.embedding_count !== "number") throw notUnderstood();
  return answer;
}

/** Says whose face it is, and writes nothing. @param {string} event @param {Blob} picture @returns {Promise<Verdict>} */
export async function identify(event, picture) {
  const answer = await send(`/v1/events/${segment(event)}/identify`, { ...upload({}, picture), picture });
  const [face] = answer.faces ?? [];
  if (typeof face?.decision !== "string") throw notUnderstood();
  return face;
}

/** @param {Blob} picture @returns {Promise<import("./door/hint.js").Detection>} where the faces of a frame are */
export async function detect(picture) {
  const answer = await send("/v1/faces/detect", { ...upload({}, picture), timeLimit: FRAME_LIMIT_MS });
  if (!Array.isArray(answer.faces)) throw notUnderstood();
  return answer;
}

/**
 * Checks in whom a picture shows.
 * @param {string} event @param {Blob} picture @param {string} key the same for the same frame
 * @returns {Promise<CheckedIn>}
 */
export async function checkIn(event, picture, key) {
  const headers = { "idempotency-key": key };
  const request = { ...upload({}, picture), headers, timeLimit: FRAME_LIMIT_MS };
  return understood(await send(`/v1/events/${segment(event)}/check-ins`, request));
}

/** Checks in who is named. @param {string} event @param {string} user @param {string} key @returns {Promise<CheckedIn>} */
export async function checkInByName(event, user, key) {
  const request = json("POST", { user, note: "by hand at the door" });
  const headers = { ...request.headers, "idempotency-key": key };
  return understood(await send(`/v1/events/${segment(event)}/check-ins`, { ...request, headers }));
}

/**
 * Says who came instead, or with null that nobody did.
 * @param {string} event @param {string} id @param {string | null} user @returns {Promise<CheckIn>}
 */
export function correctCheckIn(event, id, user) {
  const request = json("PATCH", { user, reason: "said at the door: not me" });
  return send(`/v1/events/${segment(event)}/check-ins/${segment(id)}`, request);
}

/**
 * @param {string} event @param {string} letters at least three
 * @returns {Promise<{ names: string[], more: boolean }>} names of which a word begins so
 */
export function findNames(event, letters) {
  return send(`/v1/events/${segment(event)}/names?${new URLSearchParams({ starts: letters })}`);
}

/**
 * A page of check-ins, the oldest first.
 * @param {string} event @param {string | null} cursor
 * @returns {Promise<{ check_ins: CheckIn[], next_cursor: string | null }>}
 */
export function listCheckIns(event, cursor) {
  const query = new URLSearchParams({ order: "oldest", limit: "1000" });
  if (cursor) query.set("cursor", cursor);
  return send(`/v1/events/${segment(event)}/check-ins?${query}`);
}

/** @param {string} path @param {string} field @returns {Promise<any[]>} the items of all pages */
async function pages(path, field) {
  const items = [];
  const query = new URLSearchParams({ limit: "1000" });
  for (;;) {
    const page = await send(`${path}?${query}`);
    if (!Array.isArray(page[field])) throw notUnderstood();
    items.push(...page[field]);
    if (!page.next_cursor) return items;
    query.set("cursor", page.next_cursor);
  }
}

/** @param {any} answer @returns {CheckedIn} */
function understood(answer) {
  if (typeof answer.outcome !== "string") throw notUnderstood();
  return answer;
}
