// The page's elements by id and kind, so that a renamed id fails at once and says which.

/**
 * @template {Element} T
 * @param {string} id
 * @param {new () => T} kind
 * @returns {T}
 */
export function byId(id, kind) {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) throw new TypeError(`the page has no ${kind.name} with the id ${id}`);
  return element;
}

/** @param {HTMLInputElement} field @param {boolean} missing */
export function markMissing(field, missing) {
  if (missing) field.setAttribute("aria-invalid", "true");
  else field.removeAttribute("aria-invalid");
}
