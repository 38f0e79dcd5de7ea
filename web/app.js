// The web page's entry point: joins the event, the picture, the two actions and the result.

import { ServiceError, addUser, verify } from "./api.js";
import { Camera } from "./camera.js";
import { ask } from "./confirm.js";
import { currentEvent, followEvent, markEventMissing, refreshSuggestions } from "./event.js";
import { followKey } from "./key.js";
import { byId, markMissing } from "./page.js";
import { acceptDrops, heldPicture, isLive, showLive, showNothing, showPicture } from "./preview.js";
import { isBusy, showBusy, showEnrolled, showFailure, showIdle, showVerdict } from "./result.js";
import { followUsers, loadUsers } from "./users.js";

const cameraStart = byId("camera-start", HTMLButtonElement);
const cameraTake = byId("camera-take", HTMLButtonElement);
const cameraStop = byId("camera-stop", HTMLButtonElement);
const cameraChoice = byId("camera-choice", HTMLSelectElement);
const cameraChoiceRow = byId("camera-choice-row", HTMLElement);
const cameraMessage = byId("camera-message", HTMLElement);
const fileField = byId("file", HTMLInputElement);
const verifyButton = byId("verify", HTMLButtonElement);
const username = byId("username", HTMLInputElement);
const enrolButton = byId("enrol", HTMLButtonElement);

const camera = new Camera(byId("camera-video", HTMLVideoElement), () => {
  cameraIsOff("The camera was disconnected or taken over. Start it again when it is free.");
});

// Counts changes of picture and event: the answer to an older question is not shown beside a new picture.
let subject = 0;
let enrolling = false;

function subjectChanged() {
  subject += 1;
  // An enrolment under way will say what it did, since it names its user and cannot be taken back.
  if (!enrolling) showIdle();
  showActions();
}

function showActions() {
  verifyButton.textContent = isLive() ? "Take picture and verify" : "Verify";
  for (const button of [verifyButton, enrolButton]) button.setAttribute("aria-disabled", String(isBusy()));
}

// The camera

/** @param {string} [deviceId] */
async function startCamera(deviceId) {
  say("Starting the camera…");
  try {
    if (!(await camera.start(deviceId))) return;
  } catch (failure) {
    cameraIsOff(failure instanceof Error ? failure.message : String(failure));
    return;
  }
  say("");
  goLive();
  cameraIsOn();
  await offerCameras();
}

function goLive() {
  fileField.value = "";
  showLive();
  cameraTake.textContent = "Take picture";
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
  if (!camera.isOn || isLive()) return;
  showLive();
  cameraTake.textContent = "Take picture";
}

/** Freezes the live picture, and the camera stays on for the next person. */
async function takePicture() {
  const frame = await camera.take();
  if (!isLive()) throw new Error("The picture was changed at the same moment. Try again.");
  showPicture(frame, "From the camera");
  cameraTake.textContent = "Take another";
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
  cameraIsOff(files && files.length > 1 ? "One picture at a time: the first one was taken." : "");
  showPicture(file, file.name);
  subjectChanged();
}

// The two actions

/** The picture to send: the one held, or the live frame, so that one press is enough at a door. */
async function pictureToSend() {
  if (isLive()) return takePicture();
  const picture = heldPicture();
  if (!picture) throw new Error("There is no picture yet. Use the camera or choose a picture.");
  return picture;
}

/** @param {string} failed what has not happened when the event is missing */
function eventOrComplaint(failed) {
  const event = currentEvent();
  markEventMissing(event === "");
  if (event === "") showFailure(failed, new Error("There is no event yet. Choose one or type its name."));
  return event;
}

async function verifyPicture() {
  if (isBusy()) return;
  const event = eventOrComplaint("Not checked");
  if (event === "") return;
  const asked = subject;
  showBusy("Checking…");
  showActions();
  try {
    const answer = await verify(event, await pictureToSend());
    if (asked === subject) {
      showVerdict(answer, event);
      lookAgain();
    }
  } catch (failure) {
    if (asked === subject) showFailure("Not checked", failure);
  }
  showActions();
}

async function enrolUser() {
  if (isBusy()) return;
  const event = eventOrComplaint("Not added");
  if (event === "") return;
  const user = username.value.normalize("NFC").trim();
  markMissing(username, user === "");
  if (user === "") {
    showFailure("Not added", new Error("There is no name yet. Type the user's name."));
    username.focus();
    return;
  }
  enrolling = true;
  showBusy("Adding…");
  showActions();
  try {
    const answer = await addedOrAsked(event, user, await pictureToSend());
    if (answer) showEnrolled(answer, user, event);
    else showIdle();
    lookAgain();
    if (!answer) return;
    // The next user must not get this one's name.
    username.value = "";
    void refreshSuggestions();
    void loadUsers();
  } catch (failure) {
    showFailure("Not added", failure);
  } finally {
    enrolling = false;
    showActions();
  }
}

// What the server refuses so that a person can decide: the words of the question, and the field that says yes.
const DECISIONS = [
  {
    code: "duplicate_person",
    field: "on_duplicate",
    consequence:
      "One person under two names is recognised as one or the other, or as nobody. " +
      "Add it only when these are two people, such as twins.",
  },
  {
    code: "other_person",
    field: "on_other_person",
    consequence: "Two people under one name are both recognised as it. Add it only when this is the same person.",
  },
];

/**
 * Adds the user, and asks first where the face is somebody else's or unlike the user's others.
 * @param {string} event @param {string} user @param {Blob} picture
 * @returns {Promise<{ embedding_count: number } | null>} null when the person said no
 */
async function addedOrAsked(event, user, picture) {
  /** @type {Record<string, string>} */
  const anyway = {};
  for (;;) {
    try {
      return await addUser(event, user, picture, anyway);
    } catch (failure) {
      const code = failure instanceof ServiceError ? failure.code : "";
      const decision = DECISIONS.find((one) => one.code === code && !(one.field in anyway));
      if (!decision) throw failure;
      const words = failure instanceof Error ? failure.message : "";
      const sure = await ask({ question: words, consequence: decision.consequence, yes: "Add anyway" });
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
  if (document.hidden && camera.isOn) cameraIsOff("The camera was turned off while this page was out of sight.");
});
window.addEventListener("pagehide", () => camera.stop());

verifyButton.addEventListener("click", verifyPicture);
byId("enrol-form", HTMLFormElement).addEventListener("submit", (event) => {
  event.preventDefault();
  void enrolUser();
});
username.addEventListener("input", () => markMissing(username, false));

showIdle();
followKey(() => {
  subjectChanged();
  void refreshSuggestions();
  void loadUsers();
});
followUsers(() => {
  subjectChanged();
  void refreshSuggestions();
});
followEvent({ onEdit: subjectChanged, onSettled: () => void loadUsers() });
void refreshSuggestions();
