/** Two texts side by side; in a narrow pane one under the other. Also as a pane of its own. */

import { countText } from "./format.js";
import { kindOf } from "./icons.js";
import { element, textButton, toolButton } from "./elements.js";
import { PaneHead } from "./panehead.js";

const SIGNS = { old: "−", new: "+" };

/**
 * @param {{rows: [string, [number, [string, boolean][]]|null, [number, [string, boolean][]]|null][]}} value
 * @param {string} before @param {string} after labels of the sides
 * @returns {HTMLElement}
 */
export function diffView(value, before, after) {
  const sides = [before, after].map((label) => element("div", { class: "sfs-side" }, label));
  const rows = value.rows.flatMap(([kind, old, now]) =>
    kind === "skip"
      ? [element("div", { class: "sfs-skip", role: "separator" }, "⋯")]
      : [diffLine("old", old, kind), diffLine("new", now, kind)],
  );
  return element("div", { class: "sfs-diff" }, ...sides, ...rows);
}

/** @param {"old"|"new"} side @param {[number, [string, boolean][]]|null} line @param {string} rowKind */
function diffLine(side, line, rowKind) {
  const changedKind = side === "old" ? "removed" : "added";
  const kind = line === null ? "gap" : rowKind === "same" ? "same" : changedKind;
  const parts = (line?.[1] ?? []).map(([text, changed]) => (changed ? element("mark", {}, text) : text));
  return element(
    "div",
    { class: "sfs-line", "data-side": side, "data-kind": kind },
    element("span", {}, line ? String(line[0]) : ""),
    element("span", { class: "sfs-sign" }, kind === "same" || kind === "gap" ? "" : SIGNS[side]),
    element("span", {}, ...parts),
  );
}

/** @typedef {{before: string, after: string, iconName?: string, title: string, hover: string}} DiffLabels */

export class DiffPane {
  /** What restores the file on show. @type {(() => void)|null} */
  #restore = null;

  /** @param {() => void} close */
  constructor(close) {
    this.restoreTool = toolButton("history", "Restore this file", () => this.#restore?.());
    this.head = new PaneHead([this.restoreTool, toolButton("close", "Close (Esc)", close)]);
    this.scroll = element("div", { class: "sfs-scroll", tabindex: 0, role: "group", "aria-label": "Changes" });
    this.element = element("section", { role: "group", class: "sfs-pane", "aria-label": "Difference" }, this.head.element, this.scroll);
  }

  /** @param {any} value of the kernel @param {DiffLabels} labels @param {(() => void)|null} restore */
  show(value, labels, restore) {
    this.#restore = restore;
    this.restoreTool.hidden = restore === null;
    const { before, after, title, hover } = labels;
    const facts = value.rows ? countText(value.places, "change") : "not a text, or over 1 MB";
    this.head.show(labels.iconName ?? kindOf({ name: title, entryType: "file" }), title, facts, hover);
    this.element.setAttribute("aria-label", `Difference of ${title}`);
    this.scroll.replaceChildren(this.#content(value, before, after));
    this.scroll.scrollTo(0, 0);
  }

  #content(value, before, after) {
    if (value.rows?.length) return diffView(value, before, after);
    const text = value.rows ? "Nothing differs." : "No line by line comparison for this content.";
    return element("div", { class: "sfs-block" }, text, this.#restore && textButton("Restore this file", () => this.#restore()));
  }
}
