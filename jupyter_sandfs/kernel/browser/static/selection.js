/** What is selected in the tree: one row has the keyboard, and any number of rows are chosen for what is done next. */

import { folderOf } from "./format.js";

/** Nodes that one action takes, in the kernel. */
export const CHOSEN_MAX = 1000;

/** @typedef {"only"|"toggle"|"extend"|"focus"} Choice how a row is reached: alone, with Ctrl, with Shift, by Ctrl and arrow */

export class Selection {
  /** Path of the row that has the keyboard, or empty. */
  focused = "";
  /** @type {Set<string>} */
  chosen = new Set();
  #rows;
  #anchor = "";

  /** @param {import("./rows.js").Rows} rows */
  constructor(rows) {
    this.#rows = rows;
  }

  /** @param {string} path @returns {boolean} */
  has(path) {
    return this.chosen.has(path);
  }

  /** @param {string} path empty for nothing */
  only(path) {
    this.focused = path;
    this.#anchor = path;
    this.chosen = new Set(path === "" ? [] : [path]);
  }

  /** @param {string} path @param {Choice} how @returns {boolean} whether all that was meant could be chosen */
  take(path, how) {
    if (how === "only") this.only(path);
    this.focused = path;
    if (how === "toggle") this.#toggle(path);
    return how === "extend" ? this.#extendTo(path) : true;
  }

  /** Choose every listed row. @returns {boolean} whether that were not too many */
  all() {
    return this.#takeRange(0, this.#rows.length - 1);
  }

  /** Keep the row with the keyboard only. @returns {boolean} whether there were others */
  reduce() {
    if (this.chosen.size < 2) return false;
    this.only(this.focused);
    return true;
  }

  /** Let go of what is surely not there any more. */
  prune() {
    for (const path of this.chosen) {
      const gone = !this.#rows.entry(path) && this.#rows.folder(folderOf(path))?.whole !== false;
      if (gone && path !== this.focused) this.chosen.delete(path);
    }
  }

  /** @returns {import("./rows.js").FsEntry[]} the chosen ones, in no order */
  entries() {
    return [...this.chosen].flatMap((path) => this.#rows.entry(path) ?? []);
  }

  #toggle(path) {
    this.#anchor = path;
    if (!this.chosen.delete(path) && this.chosen.size < CHOSEN_MAX) this.chosen.add(path);
  }

  #extendTo(path) {
    const ends = [this.#anchor, path].map((each) => this.#rows.indexOf(each));
    if (ends[0] < 0) this.only(path);
    return ends[0] < 0 || this.#takeRange(Math.min(...ends), Math.max(...ends));
  }

  #takeRange(first, last) {
    this.chosen = new Set();
    for (let index = first; index <= last; index += 1) {
      const path = this.#rows.at(index)?.entry?.path;
      if (path !== undefined && this.chosen.size === CHOSEN_MAX) return false;
      if (path !== undefined) this.chosen.add(path);
    }
    return true;
  }
}
