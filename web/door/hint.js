// What a detection tells the person at the camera: one hint at a time, the most useful first.

// A face with less than this share of the largest one's area is a bystander, as the server counts (`single`).
const BYSTANDER_AREA = 0.25;
// From eye to eye as a share of the frame's longer side: eyes are 63 mm apart, and a tablet's camera sees some 1.8 m of
// width at 1.3 m. Who stands farther away is waiting, or passes by.
const NEAR_ENOUGH = 0.035;
// Share of the face inside the frame, as the server asks for at an enrolment.
const INSIDE = 0.95;
// Of the server's reasons those that a small frame tells, the first to be mended first. Its size and its edges are
// looked at here, since the frame that will be sent is several times as large.
const REASONS = [
  "too_dark",
  "too_bright",
  "low_contrast",
  "turned_aside",
  "turned_up_or_down",
  "leaning",
  "unclear",
  "blurred",
];

/**
 * @typedef {{ left: number, top: number, width: number, height: number }} Box
 * @typedef {{ box: Box, quality: { eye_distance: number, inside: number, pose?: { yaw: number } | null },
 *   shortcomings: { code: string }[] }} Face
 * @typedef {{ width: number, height: number, faces: Face[] }} Detection
 */

/** @param {Face} face */
function area({ box }) {
  return box.width * box.height;
}

/** @param {Detection} detection @returns {Face | null} the largest face */
export function mainFace({ faces }) {
  return faces.reduce((/** @type {Face | null} */ most, face) => (!most || area(face) > area(most) ? face : most), null);
}

/**
 * @param {Detection} detection
 * @returns {string} the code of what is wanting, as the server's reasons are called, "" when nothing is
 */
export function wanting(detection) {
  const face = mainFace(detection);
  if (!face) return "no_face";
  const prominent = detection.faces.filter((other) => area(other) >= area(face) * BYSTANDER_AREA);
  if (prominent.length > 1) return "multiple_faces";
  if (face.quality.inside < INSIDE) return "face_cut_off";
  if (face.quality.eye_distance < NEAR_ENOUGH * Math.max(detection.width, detection.height)) return "face_too_small";
  const codes = new Set(face.shortcomings.map(({ code }) => code));
  return REASONS.find((code) => codes.has(code)) ?? "";
}
