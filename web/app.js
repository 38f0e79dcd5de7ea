// The web page's entry point: one shell with the views door, desk and event, shown by the role of the key.

import { readCaller } from "./api.js";
import { refreshSuggestions, startEventChoice } from "./event-choice.js";
import { ServiceError, inWords } from "./http.js";
import { followKey } from "./key.js";
import { byId } from "./page.js";
import { VIEWS, addressOf, currentRoute, followRoute, viewsOf } from "./route.js";
import { LANGUAGES, currentLanguage, followLanguage, t, useLanguage } from "./texts.js";

// Asked again so often while the server is not there at the start.
const AGAIN_MS = 3000;

/**
 * A view's module: `enter` is called each time when the view, or another event in it, is to be shown; `leave` when another view is.
 * @typedef {{ enter: (event: string, role: string) => void, leave: () => void }} ViewModule
 */

/** Loaded when it is first shown: a door needs nothing of the desk. @type {Record<string, () => Promise<ViewModule>>} */
const MODULES = {
  door: () => import("./door/door.js"),
  desk: () => import("./desk/desk.js"),
  event: () => import("./event/event-view.js"),
};

const main = byId("main", HTMLElement);
const notice = byId("notice", HTMLElement);
const language = byId("language", HTMLSelectElement);

let role = "";
/** @type {ViewModule | null} */
let shown = null;
let shownView = "";
// Counts what was to be shown, so that a module that comes late does not replace a later one.
let turn = 0;

async function showRoute() {
  const mine = (turn += 1);
  const { view, event } = currentRoute();
  const allowed = viewsOf(role);
  const [first] = allowed;
  for (const name of Object.keys(VIEWS)) {
    const link = byId(`to-${name}`, HTMLAnchorElement);
    link.href = addressOf(/** @type {import("./route.js").View} */ (name), event);
    link.hidden = allowed.length < 2 || !allowed.includes(/** @type {any} */ (name));
    if (name === view) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (role === "" || !first) return leave();
  if (!allowed.includes(view)) {
    location.replace(addressOf(first, event));
    return;
  }
  if (shownView !== view) leave();
  const module = await MODULES[view]?.();
  if (mine !== turn || !module) return;
  document.body.dataset.view = view;
  for (const name of Object.keys(VIEWS)) byId(`${name}-view`, HTMLElement).hidden = name !== view;
  title();
  shown = module;
  shownView = view;
  module.enter(event, role);
}

function leave() {
  shown?.leave();
  shown = null;
  shownView = "";
  delete document.body.dataset.view;
  for (const name of Object.keys(VIEWS)) byId(`${name}-view`, HTMLElement).hidden = true;
}

function title() {
  const { view, event } = currentRoute();
  document.title = [event, t(`view.${view}`), t("page.title")].filter((part) => part !== "").join(" – ");
}

/** Asks what the key is for, and shows what is for it. */
async function askRole() {
  notice.hidden = true;
  try {
    ({ role } = await readCaller());
  } catch (failure) {
    role = "";
    if (!(failure instanceof ServiceError && failure.status === 401)) {
      notice.textContent = inWords(failure);
      notice.hidden = false;
      setTimeout(askRole, AGAIN_MS);
    }
  }
  await showRoute();
  if (role !== "") void refreshSuggestions();
}

// The link leads to an element and not to an address: that has the view and the event.
byId("skip", HTMLAnchorElement).addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});

language.append(...Object.entries(LANGUAGES).map(([tag, name]) => new Option(name, tag)));
language.addEventListener("change", () => useLanguage(language.value));
followLanguage(() => {
  language.value = currentLanguage();
  title();
});

await useLanguage();
startEventChoice();
followRoute(() => void showRoute());
followKey(() => void askRole());
document.addEventListener("key-asked", () => {
  role = "";
  void showRoute();
});
await askRole();
