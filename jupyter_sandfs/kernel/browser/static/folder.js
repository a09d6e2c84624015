/** A folder as far as it is listed: some of its entries, each at its place among all. */

/** Entries that one request lists. */
export const LISTING_PAGE = 1000;
const KEPT = 20 * LISTING_PAGE; // of one folder; those far from what was listed last are forgotten

/** @typedef {import("./rows.js").FsEntry} FsEntry */

export class Folder {
  /** @type {Map<number, FsEntry>} */
  #entries = new Map();
  /** @type {Map<string, number>} */
  #places = new Map();

  /** @param {number} total how many it holds @param {boolean} readOnly it takes no new names */
  constructor(total, readOnly = false) {
    this.total = total;
    this.readOnly = readOnly;
  }

  /** @param {FsEntry[]} entries all there are, in their order @param {boolean} readOnly */
  static of(entries, readOnly = false) {
    const folder = new Folder(entries.length, readOnly);
    entries.forEach((entry, place) => folder.#set(place, entry));
    return folder;
  }

  /** @returns {number} how many are listed */
  get size() {
    return this.#entries.size;
  }

  /** @returns {boolean} whether nothing is missing */
  get whole() {
    return this.size >= this.total;
  }

  /** @param {number} place from 0 @returns {FsEntry|undefined} */
  at(place) {
    return this.#entries.get(place);
  }

  /** @param {string} path @returns {number} -1 if it is not listed */
  placeOf(path) {
    return this.#places.get(path) ?? -1;
  }

  /** @returns {FsEntry[]} those that are listed, in their order when all are */
  entries() {
    return [...this.#entries.values()];
  }

  /** Take up a page that begins at a place. @param {number} start @param {FsEntry[]} page */
  put(start, page) {
    page.forEach((entry, index) => this.#set(start + index, entry));
    if (this.#entries.size > KEPT) this.#forgetFarFrom(start);
  }

  /** @param {FsEntry[]} first @returns {Folder} with some more before what it holds */
  behind(first) {
    const folder = new Folder(this.total + first.length, this.readOnly);
    folder.put(0, first);
    for (const [place, entry] of this.#entries) folder.#set(place + first.length, entry);
    return folder;
  }

  #set(place, entry) {
    const before = this.#places.get(entry.path);
    if (before !== undefined && before !== place) this.#entries.delete(before); // it moved: nothing is shown twice
    const replaced = this.#entries.get(place);
    if (replaced && replaced.path !== entry.path) this.#places.delete(replaced.path);
    this.#entries.set(place, entry);
    this.#places.set(entry.path, place);
  }

  #forgetFarFrom(center) {
    for (const [place, entry] of this.#entries) {
      if (Math.abs(place - center) <= KEPT / 2) continue;
      this.#entries.delete(place);
      this.#places.delete(entry.path);
    }
  }
}
