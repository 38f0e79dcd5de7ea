// The result panel: one state at a time, never a verdict about a picture or an event that has since changed.

import { ServiceError } from "./api.js";
import { byId } from "./page.js";

const panel = byId("result", HTMLElement);
const verdictLine = byId("result-verdict", HTMLElement);
const nameLine = byId("result-name", HTMLElement);
const messageLine = byId("result-message", HTMLElement);
const hintLine = byId("result-hint", HTMLElement);
const score = byId("result-score", HTMLElement);
const confidenceText = byId("result-confidence", HTMLElement);
const meaningLine = byId("result-meaning", HTMLElement);
const whenLine = byId("result-when", HTMLElement);
const gaugeValue = byId("gauge-value", SVGElement);
const gaugeNeeded = byId("gauge-needed", SVGElement);

// Names longer than this are set smaller, so that they stay within a few lines.
const LONG_NAME = 24;

export function isBusy() {
  return panel.dataset.state === "busy";
}

export function showIdle() {
  show("idle", {
    verdict: "Nothing checked yet",
    message: "The answer appears here, large enough to read from a distance.",
  });
}

/** @param {string} verdict what is going on, such as "Checking" */
export function showBusy(verdict) {
  show("busy", { verdict });
}

/** @param {import("./api.js").Verdict} answer @param {string} event */
export function showVerdict(answer, event) {
  show(answer.verified ? "match" : "no-match", {
    verdict: answer.verified ? "Match" : "No match",
    name: answer.verified ? (answer.username ?? "") : "",
    message: answer.message,
    when: event,
    answer,
  });
}

/** @param {{ embedding_count: number }} answer @param {string} user @param {string} event */
export function showEnrolled(answer, user, event) {
  const count = answer.embedding_count;
  const samples = count === 1 ? "1 face sample." : `${count} face samples.`;
  show("enrolled", {
    verdict: "Added",
    name: user,
    message: `Added to “${event}”.`,
    hint: `This user now has ${samples}`,
    when: event,
  });
}

/** @param {string} verdict what has not happened, such as "Not checked" @param {unknown} failure */
export function showFailure(verdict, failure) {
  if (failure instanceof ServiceError) {
    show("error", { verdict, message: failure.message, hint: failure.hint });
    return;
  }
  const message = failure instanceof Error ? failure.message : String(failure);
  show("error", { verdict, message });
}

/**
 * @param {"idle" | "busy" | "match" | "no-match" | "enrolled" | "error"} state
 * @param {{ verdict: string, name?: string, message?: string, hint?: string, when?: string,
 *   answer?: import("./api.js").Verdict }} words
 */
function show(state, { verdict, name = "", message = "", hint = "", when = "", answer }) {
  panel.dataset.state = state;
  score.hidden = true;
  write(verdictLine, verdict);
  write(nameLine, name);
  nameLine.classList.toggle("long", name.length > LONG_NAME);
  write(messageLine, message);
  write(hintLine, hint);
  write(whenLine, when && `${when}, ${new Date().toLocaleTimeString()}`);
  if (answer) writeScore(answer);
  // On a phone the panel lies below the picture; "nearest" does not move a page that shows it already.
  if (state !== "idle") panel.scrollIntoView({ block: "nearest" });
}

/** @param {HTMLElement} line @param {string} words */
function write(line, words) {
  line.textContent = words;
  line.hidden = words === "";
}

/** @param {import("./api.js").Verdict} answer */
function writeScore({ confidence, distance, threshold }) {
  // Of a refusal some keys are told neither: the confidence is then 0 for the sake of older clients.
  if (typeof confidence !== "number" || typeof distance !== "number") return;
  const meaning = [`Not a probability: 100 − distance × 100, and the distance is ${distance.toFixed(4)}.`];
  confidenceText.textContent = confidence.toFixed(2);
  gaugeValue.setAttribute("width", String(Math.min(100, Math.max(0, confidence))));
  gaugeNeeded.toggleAttribute("hidden", typeof threshold !== "number");
  if (typeof threshold === "number") {
    const needed = Math.max(0, (1 - threshold) * 100);
    meaning.push(`A match needs at least ${needed.toFixed(2)} here; the more users an event has, the more.`);
    gaugeNeeded.setAttribute("x", String(Math.min(99.2, needed)));
  }
  meaningLine.textContent = meaning.join(" ");
  score.hidden = false;
}
