// Elements, made from names, properties and texts. Nothing here or elsewhere reads markup from a text.

const SVG = "http://www.w3.org/2000/svg";

/**
 * Make an element. A property whose name begins with "on" is a listener, one that is null, undefined or false
 * is left out, any other becomes an attribute; children are nodes or texts, and null for none.
 * @param {string} name
 * @param {Record<string, any>} [properties]
 * @param {...(Node | string | number | null | undefined)} children
 * @returns {HTMLElement}
 */
export function make(name, properties = {}, ...children) {
  return dress(document.createElement(name), properties, children);
}

/** Make an element of SVG, in the same way. */
export function draw(name, properties = {}, ...children) {
  return dress(document.createElementNS(SVG, name), properties, children);
}

/** Set an element's text; one that stands there already costs nothing. */
export function setText(element, text) {
  const wanted = String(text);
  if (element.textContent !== wanted) element.textContent = wanted;
}

/** Set an attribute, or take it away for null; one that is so already costs nothing. */
export function setAttribute(element, name, value) {
  if (value === null || value === false) {
    if (element.hasAttribute(name)) element.removeAttribute(name);
  } else {
    const wanted = value === true ? "" : String(value);
    if (element.getAttribute(name) !== wanted) element.setAttribute(name, wanted);
  }
}

/** Before an element goes or is hidden: hand the focus that is in it to another, lest the keys begin at the top. */
export function handOn(element, heir) {
  if (element.contains(document.activeElement)) heir?.focus();
}

function dress(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}
