// Which view is shown, of which event: kept in the address, where a reload, a bookmark and the back button find it.

/** @typedef {"door" | "desk" | "event"} View */

/** The views, and the least role that each is for. @type {Readonly<Record<View, string>>} */
export const VIEWS = { door: "verify", desk: "enrol", event: "admin" };
const ROLES = ["verify", "enrol", "admin"];

/** @param {string} role @returns {View[]} the views for a key of this role */
export function viewsOf(role) {
  const views = /** @type {View[]} */ (Object.keys(VIEWS));
  return views.filter((view) => ROLES.indexOf(VIEWS[view]) <= ROLES.indexOf(role));
}

/** @returns {{ view: View, event: string }} what the address says; the door where it says nothing */
export function currentRoute() {
  // `#event=x` is how earlier versions wrote it.
  const [, path = "", query = ""] = /^#?(?:\/(\w*))?\??(.*)$/s.exec(location.hash) ?? [];
  const view = path in VIEWS ? /** @type {View} */ (path) : "door";
  return { view, event: (new URLSearchParams(query).get("event") ?? "").normalize("NFC").trim() };
}

/** @param {View} view @param {string} event @returns {string} the address of a view, to be followed as a link */
export function addressOf(view, event) {
  return `#/${view}${event === "" ? "" : `?${new URLSearchParams({ event })}`}`;
}

/** Puts another event into the address, and says so to those who follow. @param {string} event */
export function chooseEvent(event) {
  const route = currentRoute();
  if (route.event === event) return;
  history.replaceState(null, "", `${location.pathname}${location.search}${addressOf(route.view, event)}`);
  announce();
}

/** @type {(() => void)[]} */
const followers = [];

/** @param {() => void} callback called after each change of view or event */
export function followRoute(callback) {
  followers.push(callback);
}

function announce() {
  for (const callback of followers) callback();
}

window.addEventListener("hashchange", announce);
