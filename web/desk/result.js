// The result panel: one state at a time, never a verdict about a picture or an event that has since changed.

import { ServiceError } from "../http.js";
import { byId } from "../page.js";
import { currentLanguage, t } from "../texts.js";

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
  show("idle", { verdict: t("desk.idle"), message: t("desk.idle_note") });
}

/** @param {string} verdict what is going on, such as "Checking" */
export function showBusy(verdict) {
  show("busy", { verdict });
}

/** @param {import("../api.js").Verdict} answer @param {string} event */
export function showVerdict(answer, event) {
  const { decision, user, shortcomings } = answer;
  const [reason] = shortcomings;
  const isMatch = decision === "match";
  const key = isMatch ? "match" : decision === "ambiguous" ? "ambiguous" : "no_match";
  show(isMatch ? "match" : "no-match", {
    verdict: t(`desk.${key}`),
    name: isMatch ? (user ?? "") : "",
    message: t(`desk.${key}_note`, { event }),
    hint: reason ? t(`reason.${reason.code}`) : "",
    when: event,
    answer,
  });
}

/** @param {{ embedding_count: number }} answer @param {string} user @param {string} event */
export function showEnrolled(answer, user, event) {
  show("enrolled", {
    verdict: t("desk.added"),
    name: user,
    message: t("desk.added_note", { event }),
    hint: t("desk.samples", { count: answer.embedding_count }),
    when: event,
  });
}

/** @param {string} verdict what has not happened, such as "Not checked" @param {unknown} failure */
export function showFailure(verdict, failure) {
  const hint = failure instanceof ServiceError ? failure.hint : "";
  const message = failure instanceof Error ? failure.message : String(failure);
  show("error", { verdict, message, hint });
}

/**
 * @param {"idle" | "busy" | "match" | "no-match" | "enrolled" | "error"} state
 * @param {{ verdict: string, name?: string, message?: string, hint?: string, when?: string,
 *   answer?: import("../api.js").Verdict }} words
 */
function show(state, { verdict, name = "", message = "", hint = "", when = "", answer }) {
  panel.dataset.state = state;
  score.hidden = true;
  write(verdictLine, verdict);
  write(nameLine, name);
  nameLine.classList.toggle("long", name.length > LONG_NAME);
  write(messageLine, message);
  write(hintLine, hint);
  write(whenLine, when && `${when}, ${new Date().toLocaleTimeString(currentLanguage())}`);
  if (answer) writeScore(answer);
  // On a phone the panel lies below the picture; "nearest" does not move a page that shows it already.
  if (state !== "idle") panel.scrollIntoView({ block: "nearest" });
}

/** @param {HTMLElement} line @param {string} words */
function write(line, words) {
  line.textContent = words;
  line.hidden = words === "";
}

/** @param {import("../api.js").Verdict} answer */
function writeScore({ confidence, distance, threshold }) {
  // Of a refusal some keys are told neither.
  if (typeof confidence !== "number" || typeof distance !== "number") return;
  const digits = (/** @type {number} */ value, /** @type {number} */ places) => {
    return value.toLocaleString(currentLanguage(), { minimumFractionDigits: places, maximumFractionDigits: places });
  };
  const meaning = [t("desk.meaning", { distance: digits(distance, 4) })];
  confidenceText.textContent = digits(confidence, 2);
  gaugeValue.setAttribute("width", String(Math.min(100, Math.max(0, confidence))));
  gaugeNeeded.toggleAttribute("hidden", typeof threshold !== "number");
  if (typeof threshold === "number") {
    const needed = Math.max(0, (1 - threshold) * 100);
    meaning.push(t("desk.needed", { needed: digits(needed, 2) }));
    gaugeNeeded.setAttribute("x", String(Math.min(99.2, needed)));
  }
  meaningLine.textContent = meaning.join(" ");
  score.hidden = false;
}
