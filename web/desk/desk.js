// The desk: a picture from the camera or a file, whose face is enrolled or verified, and who is registered.

import { addUser, identify } from "../api.js";
import { Camera } from "../camera.js";
import { ask } from "../confirm.js";
import { askForEvent, refreshSuggestions } from "../event-choice.js";
import { ServiceError } from "../http.js";
import { byId, markMissing } from "../page.js";
import { followLanguage, t } from "../texts.js";
import { acceptDrops, heldPicture, isLive, showLive, showNothing, showPicture } from "./preview.js";
import { isBusy, showBusy, showEnrolled, showFailure, showIdle, showVerdict } from "./result.js";
import { followUsers, loadUsers } from "./users.js";

const cameraStart = byId("desk-camera-start", HTMLButtonElement);
const cameraTake = byId("desk-camera-take", HTMLButtonElement);
const cameraStop = byId("desk-camera-stop", HTMLButtonElement);
const cameraChoice = byId("desk-camera", HTMLSelectElement);
const cameraChoiceRow = byId("desk-camera-row", HTMLElement);
const cameraMessage = byId("desk-camera-message", HTMLElement);
const video = byId("desk-video", HTMLVideoElement);
const fileField = byId("file", HTMLInputElement);
const verifyButton = byId("verify", HTMLButtonElement);
const username = byId("username", HTMLInputElement);
const enrolButton = byId("enrol", HTMLButtonElement);

const camera = new Camera(video, () => cameraIsOff(t("camera.lost")));

let event = "";
let mayRemove = false;
let isOpen = false;
// Counts changes of picture and event: the answer to an older question is not shown beside a new picture.
let subject = 0;
let enrolling = false;

/** @param {string} next @param {string} role */
export function enter(next, role) {
  if (!isOpen || next !== event) {
    event = next;
    subjectChanged();
  }
  isOpen = true;
  mayRemove = role === "admin";
  void loadUsers(event, mayRemove);
}

export function leave() {
  if (!isOpen) return;
  isOpen = false;
  cameraIsOff("");
}

function subjectChanged() {
  subject += 1;
  // An enrolment under way will say what it did, since it names its user and cannot be taken back.
  if (!enrolling) showIdle();
  showActions();
}

function showActions() {
  verifyButton.textContent = t(isLive() ? "desk.take_and_verify" : "desk.verify");
  for (const button of [verifyButton, enrolButton]) button.setAttribute("aria-disabled", String(isBusy()));
}

// The camera

/** @param {string} [deviceId] */
async function startCamera(deviceId) {
  say(t("desk.starting"));
  try {
    if (!(await camera.start({ deviceId }))) return;
  } catch (failure) {
    cameraIsOff(failure instanceof Error ? failure.message : String(failure));
    return;
  }
  say("");
  // A front camera is shown as a mirror, as people expect; the frame that is sent is not mirrored.
  video.classList.toggle("mirrored", camera.looksHere);
  goLive();
  cameraIsOn();
  await offerCameras();
}

function goLive() {
  fileField.value = "";
  lookAgain();
  subjectChanged();
}

function cameraIsOn() {
  cameraTake.hidden = false;
  cameraStop.hidden = false;
  if (document.activeElement === cameraStart) cameraTake.focus();
  cameraStart.hidden = true;
}

/** @param {string} words why it is off, "" when that is plain */
function cameraIsOff(words) {
  camera.stop();
  say(words);
  const active = document.activeElement;
  cameraStart.hidden = false;
  if (active === cameraTake || active === cameraStop || active === cameraChoice) cameraStart.focus();
  cameraTake.hidden = true;
  cameraStop.hidden = true;
  cameraChoiceRow.hidden = true;
  if (isLive()) {
    showNothing();
    subjectChanged();
  }
}

async function offerCameras() {
  const cameras = await camera.list();
  cameraChoice.replaceChildren(...cameras.map(({ id, label }) => new Option(label, id)));
  cameraChoice.value = camera.deviceId;
  cameraChoiceRow.hidden = !camera.isOn || cameras.length < 2;
}

/** After an answer about a frame of the camera: the next one must be about whoever stands there then. */
function lookAgain() {
  if (!camera.isOn) return;
  if (!isLive()) showLive();
  cameraTake.textContent = t("desk.take");
}

/** Freezes the live picture, and the camera stays on for the next person. */
async function takePicture() {
  const frame = await camera.take();
  if (!isLive()) throw new Error(t("desk.changed"));
  showPicture(frame, t("desk.from_camera"));
  cameraTake.textContent = t("desk.take_another");
  return frame;
}

/** @param {string} words */
function say(words) {
  cameraMessage.textContent = words;
  cameraMessage.hidden = words === "";
}

// A file

/** @param {FileList | null} files */
function useFile(files) {
  const [file] = files ?? [];
  if (!file) return;
  cameraIsOff(files && files.length > 1 ? t("desk.one_picture") : "");
  showPicture(file, file.name);
  subjectChanged();
}

// The two actions

/** The picture to send: the one held, or the live frame, so that one press is enough. */
async function pictureToSend() {
  if (isLive()) return takePicture();
  const picture = heldPicture();
  if (!picture) throw new Error(t("desk.no_picture"));
  return picture;
}

/** @param {string} failed what has not happened when the event is missing @returns {boolean} whether there is an event */
function hasEvent(failed) {
  if (event !== "") return true;
  showFailure(failed, new Error(t("event.missing")));
  askForEvent();
  return false;
}

async function verifyPicture() {
  if (isBusy() || !hasEvent(t("desk.not_checked"))) return;
  const [asked, inEvent] = [subject, event];
  showBusy(t("desk.checking"));
  showActions();
  try {
    const answer = await identify(inEvent, await pictureToSend());
    if (asked === subject) showVerdict(answer, inEvent);
  } catch (failure) {
    if (asked === subject) showFailure(t("desk.not_checked"), failure);
  }
  if (asked === subject) lookAgain();
  showActions();
}

async function enrolUser() {
  if (isBusy() || !hasEvent(t("desk.not_added"))) return;
  const inEvent = event;
  const user = username.value.normalize("NFC").trim();
  markMissing(username, user === "");
  if (user === "") {
    showFailure(t("desk.not_added"), new Error(t("desk.no_name")));
    username.focus();
    return;
  }
  enrolling = true;
  showBusy(t("desk.adding"));
  showActions();
  try {
    const answer = await addedOrAsked(inEvent, user, await pictureToSend());
    if (answer) showEnrolled(answer, user, inEvent);
    else showIdle();
    lookAgain();
    if (!answer) return;
    // The next user must not get this one's name.
    username.value = "";
    void refreshSuggestions();
    if (inEvent === event) void loadUsers(event, mayRemove);
  } catch (failure) {
    showFailure(t("desk.not_added"), failure);
  } finally {
    enrolling = false;
    showActions();
  }
}

// What the server refuses so that a person can decide, and the field that says yes.
const DECISIONS = [
  { code: "duplicate_person", field: "on_duplicate", consequence: "desk.duplicate" },
  { code: "other_person", field: "on_other_person", consequence: "desk.other_person" },
];

/**
 * Adds the user, and asks first where the face is somebody else's or unlike the user's others.
 * @param {string} inEvent @param {string} user @param {Blob} picture
 * @returns {Promise<{ embedding_count: number } | null>} null when the person said no
 */
async function addedOrAsked(inEvent, user, picture) {
  /** @type {Record<string, string>} */
  const anyway = {};
  for (;;) {
    try {
      return await addUser(inEvent, user, picture, anyway);
    } catch (failure) {
      const code = failure instanceof ServiceError ? failure.code : "";
      const decision = DECISIONS.find((one) => one.code === code && !(one.field in anyway));
      if (!decision) throw failure;
      const question = failure instanceof Error ? failure.message : "";
      const sure = await ask({ question, consequence: t(decision.consequence), yes: t("desk.add_anyway") });
      if (!sure) return null;
      anyway[decision.field] = "allow";
    }
  }
}

cameraStart.addEventListener("click", () => startCamera());
cameraStop.addEventListener("click", () => cameraIsOff(""));
cameraChoice.addEventListener("change", () => startCamera(cameraChoice.value));
cameraTake.addEventListener("click", () => {
  if (!isLive()) goLive();
  else takePicture().then(subjectChanged, (failure) => say(failure.message));
});
fileField.addEventListener("change", () => useFile(fileField.files));
acceptDrops((files) => {
  fileField.value = "";
  useFile(files);
});
document.addEventListener("visibilitychange", () => {
  if (document.hidden && camera.isOn) cameraIsOff(t("desk.out_of_sight"));
});
window.addEventListener("pagehide", () => camera.stop());

verifyButton.addEventListener("click", verifyPicture);
byId("enrol-form", HTMLFormElement).addEventListener("submit", (submitted) => {
  submitted.preventDefault();
  void enrolUser();
});
username.addEventListener("input", () => markMissing(username, false));
followUsers(() => {
  subjectChanged();
  void refreshSuggestions();
});
followLanguage(() => {
  if (!isBusy()) showIdle();
  showActions();
  if (camera.isOn) cameraTake.textContent = t(isLive() ? "desk.take" : "desk.take_another");
  if (isOpen) void loadUsers(event, mayRemove);
});
