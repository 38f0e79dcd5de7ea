// The page's words: one file a language in texts/, by key; what has no text here is said in the server's words.

const STORED_AS = "face-language";

/** Each in its own words, so that whoever reads it finds it. */
export const LANGUAGES = { en: "English", de: "Deutsch", es: "Español", ar: "العربية" };
const RIGHT_TO_LEFT = ["ar"];

/** @type {Record<string, string>} */
let texts = {};
let language = "en";
/** @type {(() => void)[]} */
const followers = [];

/** @returns {string} the language in use */
export function currentLanguage() {
  return language;
}

/** @param {() => void} callback called after each change of the language */
export function followLanguage(callback) {
  followers.push(callback);
}

/** Loads the words of a language: the one given, else the one chosen earlier, else the browser's. @param {string} [wanted] */
export async function useLanguage(wanted) {
  const chosen = wanted ?? stored() ?? navigator.languages.map((tag) => tag.slice(0, 2)).find((tag) => tag in LANGUAGES);
  const next = chosen !== undefined && chosen in LANGUAGES ? chosen : "en";
  const answer = await fetch(new URL(`texts/${next}.json`, document.baseURI));
  if (!answer.ok) throw new Error(`texts/${next}.json: ${answer.status}`);
  texts = await answer.json();
  language = next;
  if (wanted) remember(next);
  document.documentElement.lang = next;
  document.documentElement.dir = RIGHT_TO_LEFT.includes(next) ? "rtl" : "ltr";
  translate(document);
  for (const callback of followers) callback();
}

/** @param {string} key @returns {boolean} */
export function has(key) {
  return Object.hasOwn(texts, key);
}

/**
 * @param {string} key
 * @param {Record<string, string | number>} [values] for the places in braces
 * @returns {string} text, never markup: it is to be shown as such
 */
export function t(key, values = {}) {
  const text = texts[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (place, name) => (name in values ? shown(values[name]) : place));
}

/** @param {string | number | undefined} value */
function shown(value) {
  if (typeof value === "number") return value.toLocaleString(language);
  // Isolated, so that a name in one direction does not turn the sentence around it.
  return `\u2068${value}\u2069`;
}

/**
 * Fills in the words of the elements that name them: `data-t` for what they hold, `data-t-label` for `aria-label`,
 * `data-t-placeholder` for what a field shows while it is empty.
 * @param {ParentNode} root
 */
function translate(root) {
  for (const element of root.querySelectorAll("[data-t]")) element.textContent = t(element.getAttribute("data-t") ?? "");
  for (const element of root.querySelectorAll("[data-t-label]")) {
    element.setAttribute("aria-label", t(element.getAttribute("data-t-label") ?? ""));
  }
  for (const element of root.querySelectorAll("[data-t-placeholder]")) {
    element.setAttribute("placeholder", t(element.getAttribute("data-t-placeholder") ?? ""));
  }
}

function stored() {
  try {
    return localStorage.getItem(STORED_AS) ?? undefined;
  } catch {
    return undefined;
  }
}

/** @param {string} next */
function remember(next) {
  try {
    localStorage.setItem(STORED_AS, next);
  } catch {
    // It lasts until the page is loaded again.
  }
}
