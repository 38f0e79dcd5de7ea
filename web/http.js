// Requests to this server: each gives the answer, or throws a ServiceError that a person can act on.

import { askForKey, authorization } from "./key.js";
import { has, t } from "./texts.js";

// Longer than the server's own deadline, so that its answer, not this limit, is what people see.
const TIME_LIMIT_MS = 75_000;

/** A failure in words for people: by the server's code where the texts have it, else in the server's own words. */
export class ServiceError extends Error {
  /**
   * @param {string} message
   * @param {{ status?: number, code?: string, hint?: string, retryAfter?: number | null, reasons?: { code: string }[] }}
   *   [details] `status` is 0 when no answer came
   */
  constructor(message, { status = 0, code = "", hint = "", retryAfter = null, reasons = [] } = {}) {
    super(message);
    this.name = "ServiceError";
    this.status = status;
    this.code = code;
    this.hint = hint;
    /** Seconds that the server asks to wait. */
    this.retryAfter = retryAfter;
    this.reasons = reasons;
  }
}

/** @param {string} name @returns {string} the name as a segment of a path */
export function segment(name) {
  // A URL drops path segments that are "." or "..", escaped or not. The server trims names, so a space keeps them.
  return encodeURIComponent(name === "." || name === ".." ? ` ${name}` : name);
}

/** @param {Record<string, string>} fields @param {Blob} picture @returns {RequestInit} */
export function upload(fields, picture) {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  // The server tells the format from the content; a fixed name keeps the file's own name on this device.
  body.append("file", picture, "picture");
  return { method: "POST", body };
}

/** @param {string} method @param {unknown} body @returns {RequestInit} */
export function json(method, body) {
  return { method, body: JSON.stringify(body), headers: { "content-type": "application/json" } };
}

/** @returns {string} a new key for a request that is to be done once, however often it is sent */
export function idempotencyKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * @param {string} path
 * @param {RequestInit & { timeLimit?: number, picture?: Blob }} [options] `picture` is what is sent, to say it when it
 *   can no longer be read
 * @returns {Promise<any>} the answer's JSON, null of one without a body
 */
export async function send(path, { timeLimit = TIME_LIMIT_MS, picture, ...options } = {}) {
  const key = authorization();
  let response;
  let text;
  try {
    const signal = AbortSignal.timeout(timeLimit);
    // A proxy may show the page under a path of its own.
    const url = new URL(path.slice(1), document.baseURI);
    const headers = { ...options.headers, ...key };
    response = await fetch(url, { ...options, headers, cache: "no-store", signal });
    text = await response.text();
  } catch (failure) {
    throw await unanswered(failure, picture);
  }
  if (response.status === 204) return null;
  const answer = parse(text);
  if (!response.ok) {
    const failure = refused(response, answer);
    // The server's words are for programs, which send a header.
    if (response.status === 401) {
      if (!key.authorization) failure.message = t("key.asked");
      askForKey(failure.message, key);
    }
    throw failure;
  }
  if (answer === null) throw notUnderstood();
  return answer;
}

export function notUnderstood() {
  return new ServiceError(t("error.not_understood"), { hint: t("error.not_understood.hint") });
}

/** @param {unknown} failure @returns {string} what went wrong and what to do, in one or two sentences */
export function inWords(failure) {
  const hint = failure instanceof ServiceError ? failure.hint : "";
  const message = failure instanceof Error ? failure.message : String(failure);
  return hint === "" ? message : `${message.replace(/[.。]$/, "")}. ${hint}`;
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
  const { status } = response;
  const code = typeof answer?.code === "string" ? answer.code : "";
  const reasons = Array.isArray(answer?.reasons) ? answer.reasons : [];
  const retryAfter = secondsUntil(response.headers.get("retry-after"));
  const details = { status, code, reasons, retryAfter, hint: hintFor(status, code, retryAfter) };
  return new ServiceError(messageFor(code, reasons, answer) || t("error.status", { status }), details);
}

/** @param {string} code @param {{ code: string }[]} reasons @param {any} answer */
function messageFor(code, reasons, answer) {
  const [first] = reasons;
  // Of a picture that was sent, and not of the person who stands there, where that reads otherwise.
  const key = ["picture", "reason"].find((kind) => first && has(`${kind}.${first.code}`));
  if (first && key) return t(`${key}.${first.code}`);
  if (has(`error.${code}`)) return t(`error.${code}`, { user: answer?.duplicate?.user ?? "" });
  const words = answer?.message ?? answer?.detail ?? answer?.title;
  return typeof words === "string" ? words : "";
}

/** @param {number} status @param {string} code @param {number | null} retryAfter */
function hintFor(status, code, retryAfter) {
  if (status === 429 || status === 503) return t("error.wait", { seconds: retryAfter ?? 1 });
  if (has(`error.${code}.hint`)) return t(`error.${code}.hint`);
  return has(`error.${status}.hint`) ? t(`error.${status}.hint`) : "";
}

/** @param {string | null} header seconds or a date @returns {number | null} */
function secondsUntil(header) {
  if (header === null) return null;
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(1, Math.ceil(seconds)) : null;
}

/** @param {unknown} failure @param {Blob} [picture] */
async function unanswered(failure, picture) {
  if (failure instanceof DOMException && failure.name === "TimeoutError") {
    return new ServiceError(t("error.no_answer"), { hint: t("error.no_answer.hint") });
  }
  if (picture && !(await isReadable(picture))) {
    return new ServiceError(t("error.unreadable"), { status: -1, hint: t("error.unreadable.hint") });
  }
  return new ServiceError(t("error.unreachable"), { hint: t("error.unreachable.hint") });
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
