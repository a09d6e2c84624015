/** The few parts that the page is made of. Names and contents of files enter as text or attributes only. */

import { icon } from "./icons.js";

/**
 * @param {string} tag
 * @param {Record<string, string|number|boolean|null|undefined>} attributes true is an empty one, false, null and
 *   undefined none; names that start with `--` are custom properties of its style
 * @param {...(Node|string|null|false)} children a string becomes text
 * @returns {HTMLElement}
 */
export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) setAttribute(node, name, value);
  for (const child of children) if (child !== null && child !== false) node.append(child);
  return node;
}

/** @param {HTMLElement} node @param {string} name @param {string|number|boolean|null|undefined} value */
export function setAttribute(node, name, value) {
  if (name.startsWith("--")) node.style.setProperty(name, String(value));
  else if (value === false || value === null || value === undefined) node.removeAttribute(name);
  else node.setAttribute(name, value === true ? "" : String(value));
}

/** @param {string} name of an icon @param {string} label @param {() => void} onClick @returns {HTMLElement} */
export function toolButton(name, label, onClick) {
  const node = element("button", { type: "button", class: "sfs-tool", "aria-label": label, title: label }, icon(name));
  node.addEventListener("click", onClick);
  return node;
}

/**
 * @param {string} label
 * @param {() => void} onClick
 * @param {{primary?: boolean, iconName?: string}} look
 * @returns {HTMLElement}
 */
export function textButton(label, onClick, { primary = false, iconName = "" } = {}) {
  const attributes = { type: "button", class: "sfs-button", "data-primary": primary };
  const node = element("button", attributes, iconName !== "" && icon(iconName), label);
  node.addEventListener("click", onClick);
  return node;
}

/** @param {string} label @returns {HTMLElement} */
export function keyCap(label) {
  return element("kbd", { class: "sfs-key" }, label);
}

/**
 * @param {number} part 0 to 1
 * @param {string} label makes it a progress bar for screen readers
 * @returns {HTMLElement}
 */
export function meter(part, label = "") {
  const percent = Math.round(Math.max(0, Math.min(1, part)) * 100);
  const progress = { role: "progressbar", "aria-label": label, "aria-valuemin": 0, "aria-valuemax": 100 };
  const attributes = {
    class: "sfs-meter",
    "--part": `${percent}%`,
    ...(label && { ...progress, "aria-valuenow": percent }),
  };
  return element("span", attributes, element("i"));
}

/** @returns {HTMLElement} what pushes apart its neighbours in a bar */
export function spread() {
  return element("span", { class: "sfs-spread" });
}
