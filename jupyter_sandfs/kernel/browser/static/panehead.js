/** The head of a pane beside the tree: icon, title, facts, tools. */

import { icon } from "./icons.js";
import { element, spread } from "./elements.js";

export class PaneHead {
  /** @param {HTMLElement[]} tools */
  constructor(tools) {
    this.mark = element("span", {});
    this.title = element("span", { class: "sfs-title sfs-clip" });
    this.facts = element("span", { class: "sfs-quiet sfs-clip" });
    this.element = element("div", { class: "sfs-bar" }, this.mark, this.title, this.facts, spread(), ...tools);
  }

  /** @param {string} iconName @param {string} title @param {string} facts @param {string} hover */
  show(iconName, title, facts, hover = title) {
    const mark = /** @type {any} */ (icon(iconName, "sfs-kind"));
    this.mark.replaceWith(mark);
    this.mark = mark;
    this.title.textContent = title;
    this.title.title = hover;
    this.facts.textContent = facts;
  }
}
