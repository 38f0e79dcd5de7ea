// The door: sees who comes, checks them in, and says so; every verdict is about a frame of its own.

import { checkIn, checkInByName, correctCheckIn, identify, readEvent } from "../api.js";
import { asJpeg } from "../camera.js";
import { ServiceError, idempotencyKey, inWords } from "../http.js";
import { byId } from "../page.js";
import { followLanguage, t } from "../texts.js";
import { beep, keepAwake } from "./awake.js";
import { askName } from "./by-hand.js";
import { countFor, counted } from "./counts.js";
import { Eye } from "./eye.js";
import { HeadTurn } from "./head-turn.js";
import { mainFace, wanting } from "./hint.js";
import { Looking } from "./look.js";
import { outline } from "./outline.js";
import { prefs } from "./prefs.js";
import { Presence } from "./presence.js";
import { Dropped, Queue } from "./queue.js";
import { followSettings, showCameras } from "./settings.js";
import { Turns } from "./turns.js";
import { clearVerdict, showVerdict } from "./verdict.js";
import { hideNote, hint, reasonWords, sayBeside, showNote } from "./words.js";

const JPEG_QUALITY = 0.9;
// How long a verdict stays; a new face ends it after the shortest time.
const GOOD_MS = 4000;
const OTHER_MS = 5000;
const SHORTEST_MS = 1500;
// After this long without an answer the door is free for the next one, and the frame waits beside.
const PATIENCE_MS = 4000;

const stage = byId("stage", HTMLElement);
const startButton = byId("camera-start", HTMLButtonElement);
const takeButton = byId("take", HTMLButtonElement);
const notMeButton = byId("not-me", HTMLButtonElement);
const handButton = byId("by-hand-open", HTMLButtonElement);

/** What the door does: it looks, asks about a frame, or shows a verdict. @type {"look" | "ask" | "verdict"} */
let phase = "look";
let event = "";
let isOpen = false;
let presence = new Presence();
let turns = new Turns();
let headTurn = new HeadTurn();
// Counts what is asked and shown: an answer to an older question goes beside.
let turn = 0;
let shownAt = 0;
let shownId = -1;
let clearTimer = 0;
/** The check-in that "Not me" is about. @type {import("../api.js").CheckIn | null} */
let named = null;
let namedIsNew = false;

const eye = new Eye(byId("door-video", HTMLVideoElement), (failure, isFinal) => {
  stage.dataset.camera = failure ? "off" : "on";
  outline(null, false);
  if (failure) return showNote(failure.message, isFinal);
  hideNote();
  looking.start();
  void showCameras(eye);
});
const looking = new Looking(eye, looked, (failure) => {
  if (phase !== "look") return;
  outline(null, false);
  hint(failure instanceof ServiceError && failure.status === 0 ? "door.away" : inWords(failure));
});
const queue = new Queue((waiting) => sayBeside(waiting === 0 ? "" : t("door.waiting", { count: waiting }), true));

/** @param {string} next the event */
export function enter(next) {
  if (isOpen && next === event) return;
  leave();
  isOpen = true;
  event = next;
  presence = new Presence();
  turns = new Turns();
  headTurn = new HeadTurn();
  withdrawNotMe();
  if (event === "") {
    showNote(t("door.choose_event"), false);
    return;
  }
  void open(event);
}

/** @param {string} mine */
async function open(mine) {
  hideNote();
  try {
    await readEvent(mine);
  } catch (failure) {
    if (mine !== event || !isOpen) return;
    showNote(inWords(failure), false);
    // What is not there now may be in a moment: the server, or the event.
    setTimeout(() => mine === event && isOpen && void open(mine), PATIENCE_MS);
    return;
  }
  if (mine !== event || !isOpen) return;
  countFor(mine);
  keepAwake(true);
  void eye.open();
}

export function leave() {
  isOpen = false;
  event = "";
  turn += 1;
  phase = "look";
  looking.stop();
  eye.close();
  keepAwake(false);
  countFor("");
  clear();
  outline(null, false);
  hint("");
  sayBeside("");
  stage.dataset.camera = "off";
}

/** @param {import("./look.js").Look} look */
function looked({ taken, full, detection }) {
  const wants = wanting(detection);
  const face = mainFace(detection);
  presence.observe(face?.box ?? null, taken);
  outline(phase === "verdict" ? null : detection, wants === "");
  if (phase === "verdict") {
    const isOver = !presence.isThere || presence.id !== shownId;
    if (isOver && performance.now() - shownAt > SHORTEST_MS) clear();
    return;
  }
  if (phase === "ask") return;
  const steady = presence.isSteady(taken);
  const may = turns.mayAsk(presence, taken);
  if (prefs.headTurn && face && may && (headTurn.isAsked(presence.id) || (wants === "" && steady))) {
    if (!headTurn.isDone(presence.id)) return hint(`door.turn_${headTurn.observe(presence.id, yawOf(face), taken)}`);
  }
  if (wants !== "") hint(`reason.${wants}`);
  else if (!may) hint(turns.alreadyNamed(presence) === null ? "door.again" : "door.named");
  else hint(steady ? "door.ready" : "door.hold_still");
  if (wants === "" && steady && may && prefs.byItself && !document.querySelector("dialog[open]")) {
    void ask(full, taken, true);
  }
}

/** @param {import("./hint.js").Face} face */
function yawOf({ quality }) {
  return quality.pose?.yaw ?? 0;
}

/** Takes a frame now, because somebody said so. */
function take() {
  if (phase === "ask" || !eye.camera.isLive) return;
  // The hint says what is to be done first.
  if (prefs.headTurn && !headTurn.isDone(presence.id)) return;
  clear();
  void ask(eye.camera.frame(), performance.now(), false);
}

/**
 * Asks whom a frame shows. Its key goes with it, so that however often it is sent it is done once.
 * @param {HTMLCanvasElement} frame @param {number} taken @param {boolean} byItself
 */
async function ask(frame, taken, byItself) {
  if (queue.isFull) return hint("door.full");
  const mine = (turn += 1);
  const inEvent = event;
  const known = byItself ? turns.alreadyNamed(presence) : null;
  turns.asked(presence, taken);
  if (known === null) withdrawNotMe();
  phase = "ask";
  hint("door.asking");
  // An answer that takes longer must not keep others from the door.
  const patience = setTimeout(() => mine === turn && letGo(), PATIENCE_MS);
  const isCurrent = () => mine === turn && isOpen;
  try {
    const picture = await asJpeg(frame, JPEG_QUALITY);
    const key = idempotencyKey();
    if (known !== null) {
      // Somebody has stood there since a verdict: nothing is written, and nothing said, while it is the same person.
      const { user } = await queue.send(taken, () => identify(inEvent, picture));
      if (user === known) {
        turns.answered(known);
        if (isCurrent()) letGo();
        return;
      }
      withdrawNotMe();
    }
    const answer = await queue.send(taken, () => checkIn(inEvent, picture, key));
    if (answer.check_in && inEvent === event) counted(answer.check_in);
    if (isCurrent()) {
      answered(answer);
      // From a good frame to its verdict, for whoever measures: `performance.getEntriesByName("verdict")`.
      performance.measure("verdict", { start: taken });
    } else {
      beside(answer, inEvent);
    }
  } catch (failure) {
    const words = failure instanceof Dropped ? t("door.dropped") : inWords(failure);
    if (isCurrent()) failed(failure, words);
    else if (inEvent === event) sayBeside(words);
  } finally {
    clearTimeout(patience);
  }
}

function letGo() {
  turn += 1;
  phase = "look";
  turns.cleared(performance.now());
  hint("");
}

/** @param {import("../api.js").CheckedIn} answer */
function answered({ outcome, check_in: checkedIn, verdict }) {
  turns.answered(checkedIn?.user ?? null);
  const [reason] = verdict?.shortcomings ?? [];
  if (checkedIn) {
    const isNew = outcome === "checked_in" || outcome === "repeated";
    const time = new Date(checkedIn.time).toLocaleTimeString(document.documentElement.lang, { timeStyle: "short" });
    show(isNew ? "checked_in" : "already_checked_in", {
      name: checkedIn.user,
      detail: isNew ? "" : t("door.since", { time }),
    });
    offerNotMe(checkedIn, isNew);
  } else if (reason) {
    show("poor", { detail: reasonWords(reason.code) });
  } else {
    const known = outcome === "ambiguous" ? outcome : "no_match";
    show(known, { detail: t(`outcome.${known}.detail`) });
  }
}

/** @param {unknown} failure @param {string} words */
function failed(failure, words) {
  turns.answered(null);
  const [reason] = failure instanceof ServiceError ? failure.reasons : [];
  if (reason) show("poor", { detail: reasonWords(reason.code) });
  else show("failed", { detail: words });
}

/** An answer about somebody who has gone on. @param {import("../api.js").CheckedIn} answer @param {string} inEvent */
function beside({ outcome, check_in: checkedIn }, inEvent) {
  if (inEvent !== event) return;
  const words = t(`outcome.${checkedIn ? (outcome === "repeated" ? "checked_in" : outcome) : "no_match"}`);
  sayBeside([t("door.late"), words, checkedIn?.user ?? ""].filter((part) => part !== "").join(" "));
}

/** @param {import("./verdict.js").Outcome} outcome @param {{ name?: string, detail?: string }} more */
function show(outcome, more) {
  phase = "verdict";
  hint("");
  outline(null, false);
  showVerdict(outcome, more);
  shownAt = performance.now();
  shownId = presence.id;
  const isGood = outcome === "checked_in" || outcome === "already_checked_in";
  if (prefs.sound) beep(isGood);
  clearTimeout(clearTimer);
  clearTimer = setTimeout(clear, isGood ? GOOD_MS : OTHER_MS);
}

/** Takes the verdict away: what is taken from now on is of another moment. */
function clear() {
  clearTimeout(clearTimer);
  clearVerdict();
  if (phase === "verdict") phase = "look";
  turns.cleared(performance.now());
}

// Corrections, and check-ins by hand

/** @param {import("../api.js").CheckIn} checkedIn @param {boolean} isNew */
function offerNotMe(checkedIn, isNew) {
  named = checkedIn;
  namedIsNew = isNew;
  notMeButton.dataset.shown = "true";
}

function withdrawNotMe() {
  named = null;
  notMeButton.dataset.shown = "false";
}

async function notMe() {
  const wrong = named;
  if (!wrong) return;
  clear();
  withdrawNotMe();
  // Else the same face would be taken for the same wrong person again.
  turns.settled(presence);
  const inEvent = event;
  try {
    // Of one who was checked in before, that check-in is right: only this face is somebody else's.
    if (namedIsNew) counted(await correctCheckIn(inEvent, wrong.id, null));
    const name = await askName(inEvent, t("hand.who"));
    if (name === null) return sayBeside(namedIsNew ? t("door.corrected") : "");
    const checked = namedIsNew
      ? { outcome: "checked_in", check_in: await correctCheckIn(inEvent, wrong.id, name), verdict: null }
      : await checkInByName(inEvent, name, idempotencyKey());
    shownByHand(checked);
  } catch (failure) {
    show("failed", { detail: inWords(failure) });
  }
}

async function byHand() {
  clear();
  turns.settled(presence);
  const inEvent = event;
  const name = await askName(inEvent, t("door.by_hand"));
  if (name === null) return;
  const key = idempotencyKey();
  try {
    shownByHand(await queue.send(performance.now(), () => checkInByName(inEvent, name, key)));
  } catch (failure) {
    show("failed", { detail: inWords(failure) });
  }
}

/** @param {import("../api.js").CheckedIn} checked */
function shownByHand(checked) {
  turn += 1;
  if (checked.check_in) counted(checked.check_in);
  answered(checked);
}

startButton.addEventListener("click", () => eye.open());
takeButton.addEventListener("click", take);
notMeButton.addEventListener("click", notMe);
handButton.addEventListener("click", () => event !== "" && byHand());
document.addEventListener("keydown", (key) => {
  // Where Space presses, types or opens something, it goes on doing so.
  const target = key.target instanceof Element ? key.target : document.body;
  if (!isOpen || key.key !== " " || key.repeat || target.closest("button, input, select, a, summary, dialog")) return;
  key.preventDefault();
  take();
});
followSettings(eye);
followLanguage(() => {
  clear();
  hint("");
});
