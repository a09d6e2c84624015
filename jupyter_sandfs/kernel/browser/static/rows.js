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
 */

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

export class Rows {
  /** @type {Map<string, {entries: FsEntry[], total: number}>} */
  #folders = new Map();
  /** @type {Set<string>} */
  expanded = new Set();
  /** @type {TreeRow[]} */
  visible = [];
  filter = "";
  order = { column: "name", descending: false };
  #places = new Map();
  /** Files on their way into a folder. @type {Map<string, FsEntry[]>} */
  #arriving = new Map();

  /** @param {string} folder @returns {{entries: FsEntry[], total: number}|undefined} */
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

  /** @param {string} folder @param {FsEntry[]} entries @param {number} total */
  setFolder(folder, entries, total) {
    this.#folders.set(folder, { entries: this.#sorted(entries, total), total });
  }

  /** Forget what was listed at and below a folder. @param {string} folder */
  forget(folder) {
    for (const path of [...this.#folders.keys()]) if (isWithin(path, folder)) this.#folders.delete(path);
  }

  /** Show files that are not there yet. @param {Iterable<string>} paths */
  setArriving(paths) {
    this.#arriving = new Map();
    for (const path of paths) {
      const entry = { name: nameOf(path), path, entryType: "file", size: 0, modified: "", version: 0, etag: "" };
      const folder = folderOf(path);
      this.#arriving.set(folder, [...(this.#arriving.get(folder) ?? []), entry]);
    }
  }

  /** @param {string} column @param {boolean} descending */
  sortBy(column, descending) {
    this.order = { column, descending };
    for (const listed of this.#folders.values()) listed.entries = this.#sorted(listed.entries, listed.total);
  }

  /** @param {string} path @returns {FsEntry|undefined} */
  entry(path) {
    return this.#folders.get(folderOf(path))?.entries.find((each) => each.path === path);
  }

  /** @param {string} key @returns {number} -1 when it is not on view */
  indexOf(key) {
    return this.#places.get(key) ?? -1;
  }

  /** Compute `visible` anew. */
  flatten() {
    /** @type {TreeRow[]} */
    const rows = [];
    this.#collect("/", 1, rows, this.filter.trim().toLowerCase());
    this.visible = rows;
    this.#places = new Map(rows.map((row, index) => [row.key, index]));
  }

  /** Add a folder's rows; with a filter only those that match, and the folders that lead to them. */
  #collect(folder, level, rows, needle) {
    const listed = this.#withArriving(folder);
    if (!listed) return;
    const own = [];
    for (const entry of listed.entries) this.#add(entry, level, rows, own, needle);
    const siblings = needle ? own.length : listed.total;
    own.forEach((row, index) => Object.assign(row, { position: index + 1, siblings }));
    if (!needle) this.#addRemark(folder, level, rows, listed);
  }

  #add(entry, level, rows, own, needle) {
    const row = { key: entry.path, kind: "entry", entry, level, position: 0, siblings: 0, open: false };
    const at = rows.push(row);
    const search = needle !== "" && isFolder(entry);
    if (search || this.expanded.has(entry.path)) this.#collect(entry.path, level + 1, rows, needle);
    row.open = isFolder(entry) && (search ? rows.length > at : this.expanded.has(entry.path));
    if (needle && rows.length === at && !entry.name.toLowerCase().includes(needle)) rows.pop();
    else own.push(row);
  }

  #withArriving(folder) {
    const listed = this.#folders.get(folder);
    const arriving = this.#arriving.get(folder);
    if (!listed || !arriving) return listed;
    const there = new Set(listed.entries.map((entry) => entry.path));
    const more = arriving.filter((entry) => !there.has(entry.path));
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
