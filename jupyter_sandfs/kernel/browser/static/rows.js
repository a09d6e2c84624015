/** The rows that the tree shows, computed from the folders that were listed. Knows nothing of the page. */

import { foldersAbove, folderOf, isWithin, nameOf } from "./format.js";

/** Entries that one request lists. */
export const LISTING_PAGE = 1000;

/**
 * @typedef {object} FsEntry
 * @property {string} name
 * @property {string} path
 * @property {"file"|"directory"} entryType
 * @property {number} size
 * @property {string} modified RFC 3339
 * @property {number} version
 * @property {string} etag
 * @property {string} [symlinkTarget]
 * @property {boolean} [dynamic]
 * @property {boolean} [readOnly]
 * @property {boolean} [appendOnly]
 * @property {boolean} [gone] it was there at the moment of the history, and is no more
 * @property {boolean} [restricted] hidden from some; told to the owner only
 */

/** @typedef {{entries: FsEntry[], total: number, readOnly?: boolean}} Folder a folder as far as it is listed */

/**
 * @typedef {object} TreeRow
 * @property {string} key
 * @property {"entry"|"more"|"note"} kind a node; the rest of a long folder, not yet listed; a remark
 * @property {number} level 1 at the top
 * @property {number} position 1 for the first among its siblings
 * @property {number} siblings
 * @property {FsEntry} [entry]
 * @property {boolean} [open]
 * @property {string} [folder]
 * @property {string} [text]
 */

const NAMES = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

/** @type {Record<string, (a: FsEntry, b: FsEntry) => number>} */
const ORDERS = {
  name: (a, b) => NAMES.compare(a.name, b.name),
  size: (a, b) => a.size - b.size,
  modified: (a, b) => (a.modified < b.modified ? -1 : Number(a.modified > b.modified)),
  version: (a, b) => a.version - b.version,
};

/** @param {FsEntry} entry */
export function isFolder(entry) {
  return entry.entryType === "directory";
}

/** Folders first, then by the column, equal ones by name. @param {string} column @param {boolean} descending */
export function entryOrder(column, descending) {
  const sign = descending ? -1 : 1;
  return (a, b) => Number(isFolder(b)) - Number(isFolder(a)) || sign * ORDERS[column](a, b) || ORDERS.name(a, b);
}

/** @param {FsEntry[]} before @param {FsEntry[]} after @returns {string[]} paths that are new, and files that differ */
export function freshPaths(before, after) {
  const known = new Map(before.map((entry) => [entry.path, entry]));
  const differs = (entry) => !known.has(entry.path) || (!isFolder(entry) && known.get(entry.path).etag !== entry.etag);
  return after.filter(differs).map((entry) => entry.path);
}

/** @param {FsEntry[]} entries @returns {Map<string, FsEntry[]>} */
function byFolder(entries) {
  const folders = new Map();
  for (const entry of entries) {
    const folder = folderOf(entry.path);
    folders.set(folder, [...(folders.get(folder) ?? []), entry]);
  }
  return folders;
}

/** @param {string} path @returns {FsEntry} of a file that is not there yet */
export function entryToCome(path) {
  return { name: nameOf(path), path, entryType: "file", size: 0, modified: "", version: 0, etag: "" };
}

export class Rows {
  /** @type {Map<string, Folder>} */
  #folders = new Map();
  /** @type {Set<string>} */
  expanded = new Set();
  /** @type {TreeRow[]} */
  visible = [];
  order = { column: "name", descending: false };
  #places = new Map();
  /** What is shown beside what is listed: files on their way, and what is gone. @type {Map<string, FsEntry[]>} */
  #extra = new Map();
  /** What a search found, by folder; null without one. @type {Map<string, FsEntry[]>|null} */
  #found = null;

  /** @param {string} folder @returns {Folder|undefined} */
  folder(folder) {
    return this.#folders.get(folder);
  }

  /** @returns {string[]} */
  listedFolders() {
    return [...this.#folders.keys()];
  }

  /** @param {string} folder @returns {boolean} whether it and all above it are open */
  isOnView(folder) {
    return folder === "/" || [...foldersAbove(folder), folder].every((path) => this.expanded.has(path));
  }

  /** @param {string} folder @param {FsEntry[]} entries @param {number} total @param {boolean} readOnly */
  setFolder(folder, entries, total, readOnly = false) {
    this.#folders.set(folder, { entries: this.#sorted(entries, total), total, readOnly });
  }

  /** Forget everything that was listed. */
  clear() {
    this.#folders.clear();
    this.expanded.clear();
    this.#found = null;
  }

  /** Forget what was listed at and below a folder. @param {string} folder */
  forget(folder) {
    for (const path of [...this.#folders.keys()]) if (isWithin(path, folder)) this.#folders.delete(path);
  }

  /** Show nodes that are not listed, such as files on their way. @param {FsEntry[]} entries */
  setExtra(entries) {
    this.#extra = byFolder(entries);
  }

  /** @returns {boolean} whether the result of a search is on view */
  get searching() {
    return this.#found !== null;
  }

  /** Show what was found and the folders that lead there, instead of what is listed. @param {FsEntry[]|null} entries */
  setFound(entries) {
    this.#found = entries && byFolder(entries);
  }

  /**
   * Order what is listed whole; what is listed in part has to be listed anew.
   * @param {string} column @param {boolean} descending
   * @returns {string[]} the folders that are listed in part
   */
  sortBy(column, descending) {
    this.order = { column, descending };
    for (const listed of this.#folders.values()) listed.entries = this.#sorted(listed.entries, listed.total);
    return this.listedFolders().filter((folder) => this.#folders.get(folder).total > LISTING_PAGE);
  }

  /** @param {string} path @returns {FsEntry|undefined} */
  entry(path) {
    const row = this.visible[this.indexOf(path)];
    return row?.entry ?? this.#folders.get(folderOf(path))?.entries.find((each) => each.path === path);
  }

  /** @param {string} key @returns {number} -1 when it is not on view */
  indexOf(key) {
    return this.#places.get(key) ?? -1;
  }

  /** Compute `visible` anew. */
  flatten() {
    /** @type {TreeRow[]} */
    const rows = [];
    this.#collect("/", 1, rows);
    this.visible = rows;
    this.#places = new Map(rows.map((row, index) => [row.key, index]));
  }

  /** Add a folder's rows, and those of the folders in it that are open. */
  #collect(folder, level, rows) {
    const shown = this.#shownIn(folder);
    if (!shown) return;
    shown.entries.forEach((entry, index) => {
      const open = isFolder(entry) && this.#isOpen(entry.path);
      rows.push({ key: entry.path, kind: "entry", entry, level, position: index + 1, siblings: shown.total, open });
      if (open) this.#collect(entry.path, level + 1, rows);
    });
    if (!this.#found) this.#addRemark(folder, level, rows, shown);
  }

  #isOpen(path) {
    return this.#found ? this.#found.has(path) : this.expanded.has(path);
  }

  #shownIn(folder) {
    if (this.#found) {
      const entries = this.#sorted(this.#found.get(folder) ?? [], 0);
      return { entries, total: entries.length };
    }
    const listed = this.#folders.get(folder);
    const extra = this.#extra.get(folder);
    if (!listed || !extra) return listed;
    const there = new Set(listed.entries.map((entry) => entry.path));
    const more = extra.filter((entry) => !there.has(entry.path));
    const total = listed.total + more.length;
    return { entries: this.#sorted([...more, ...listed.entries], total), total };
  }

  #addRemark(folder, level, rows, { entries, total }) {
    const row = { key: `${folder}\0`, level, folder, position: 0, siblings: 0 }; // no path has a key like it
    const left = total - entries.length;
    if (left > 0) rows.push({ ...row, kind: "more", text: `${left.toLocaleString("en")} more` });
    else if (total === 0 && folder !== "/")
      rows.push({ ...row, kind: "note", text: "Folder is empty. Drop files here." });
  }

  /** A folder that is longer than a page stays as the kernel orders it: rows that arrive later must not move others. */
  #sorted(entries, total) {
    if (total > LISTING_PAGE) return entries;
    return [...entries].sort(entryOrder(this.order.column, this.order.descending));
  }
}
