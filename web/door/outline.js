// The outline of the face over the live picture.

import { byId } from "../page.js";
import { mainFace } from "./hint.js";

const svg = byId("outline", SVGElement);
const NAMESPACE = "http://www.w3.org/2000/svg";

/** @param {import("./hint.js").Detection | null} detection @param {boolean} isGood whether nothing is wanting */
export function outline(detection, isGood) {
  if (!detection || detection.faces.length === 0) return svg.replaceChildren();
  const { width, height } = detection;
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  const main = mainFace(detection);
  svg.replaceChildren(...detection.faces.flatMap((face) => shapes(face, face === main ? (isGood ? "good" : "main") : "other")));
}

/** A dark line beneath a bright one is seen on any picture. @param {import("./hint.js").Face} face @param {string} kind */
function shapes({ box }, kind) {
  return ["under", kind].map((name) => {
    const shape = document.createElementNS(NAMESPACE, "rect");
    shape.setAttribute("class", name);
    for (const [attribute, value] of Object.entries({
      x: box.left,
      y: box.top,
      width: box.width,
      height: box.height,
      rx: box.width * 0.3,
    })) {
      shape.setAttribute(attribute, value.toFixed(1));
    }
    return shape;
  });
}
