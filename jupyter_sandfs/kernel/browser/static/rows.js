/** The rows that the tree shows, computed from the folders that were listed. Knows nothing of the page. */

import { foldersAbove, folderOf, isWithin, nameOf } from "./format.js";
import { Folder, LISTING_PAGE } from "./folder.js";

const SHOWN_MAX = 500_000; // of one folder: browsers can't scroll over much more than half a million rows

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

/**
 * @typedef {object} TreeRow
 * @property {string} key
 * @property {"entry"|"wait"|"note"} kind a node; one that is not listed yet; a remark
 * @property {number} level 1 at the top
 * @property {number} position 1 for the first among its siblings
 * @property {number} siblings
 * @property {string} folder that it is in
 * @property {FsEntry} [entry]
 * @property {boolean} [open]
 * @property {string} [text]
 *
 * @typedef {object} Stretch rows that follow each other: entries of one folder, or a remark
 * @property {number} start index of its first row
 * @property {number} count
 * @property {string} folder
 * @property {number} level
 * @property {number} from place of its first entry in the folder
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

/**
 * @template T
 * @param {T[]} items @param {(item: T) => string} pathOf @returns {Map<string, T[]>} by the folder that each is in
 */
function byFolder(items, pathOf) {
  const folders = new Map();
  for (const item of items) {
    const folder = folderOf(pathOf(item));
    if (!folders.has(folder)) folders.set(folder, []);
    folders.get(folder).push(item);
  }
  return folders;
}

const entryPath = (entry) => entry.path;

/** @param {string} path @returns {FsEntry} of a file that is not there yet */
export function entryToCome(path) {
  return { name: nameOf(path), path, entryType: "file", size: 0, modified: "", version: 0, etag: "" };
}

export class Rows {
  /** @type {Map<string, Folder>} */
  #folders = new Map();
  /** @type {Set<string>} */
  expanded = new Set();
  order = { column: "name", descending: false };
  /** Rows there are. */
  length = 0;
  /** @type {Stretch[]} */
  #stretches = [];
  /** The folders on view as they are shown, each with its stretches. @type {Map<string, {shown: Folder, stretches: Stretch[]}>} */
  #onView = new Map();
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

  /** @param {string} path @param {Folder} folder */
  setFolder(path, folder) {
    this.#folders.set(path, this.#inOrder(folder));
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
    this.#extra = byFolder(entries, entryPath);
  }

  /** @returns {boolean} whether the result of a search is on view */
  get searching() {
    return this.#found !== null;
  }

  /** Show what was found and the folders that lead there, instead of what is listed. @param {FsEntry[]|null} entries */
  setFound(entries) {
    this.#found = entries && byFolder(entries, entryPath);
  }

  /**
   * Order what is short; what is longer than a page has to be listed anew.
   * @param {string} column @param {boolean} descending
   * @returns {string[]} the folders that are longer
   */
  sortBy(column, descending) {
    this.order = { column, descending };
    for (const [path, listed] of this.#folders) this.setFolder(path, listed);
    return this.listedFolders().filter((folder) => this.#folders.get(folder).total > LISTING_PAGE);
  }

  /** @param {string} path @returns {FsEntry|undefined} */
  entry(path) {
    const folder = folderOf(path);
    const { shown } = this.#onView.get(folder) ?? {};
    const listed = this.#folders.get(folder);
    return shown?.at(shown.placeOf(path)) ?? listed?.at(listed.placeOf(path));
  }

  /** @param {string} key @returns {number} -1 when it is not on view */
  indexOf(key) {
    const [path, place] = key.split("\0");
    const view = this.#onView.get(place === undefined ? folderOf(path) : path);
    const at = place === undefined ? view?.shown.placeOf(path) : Number(place);
    const stretch = view?.stretches.find(({ from, count }) => from <= at && at < from + count);
    return stretch ? stretch.start + at - stretch.from : -1;
  }

  /** @param {number} index @returns {TreeRow|undefined} */
  at(index) {
    let [low, high] = [0, this.#stretches.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#stretches[middle].start <= index) low = middle;
      else high = middle - 1;
    }
    const stretch = this.#stretches[low];
    const fits = stretch && index >= stretch.start && index < stretch.start + stretch.count;
    return fits ? this.#row(stretch, stretch.from + index - stretch.start) : undefined;
  }

  /**
   * Find a listed entry from an index on, and then from the top.
   * @param {number} from @param {(entry: FsEntry) => boolean} fits @returns {number} its index, or -1
   */
  find(from, fits) {
    let first = -1;
    for (const { start, count, folder, from: place } of this.#stretches) {
      const { shown } = this.#onView.get(folder);
      for (let step = 0; step < count; step += 1) {
        const entry = shown.at(place + step);
        if (!entry || (first >= 0 && start + step < from) || !fits(entry)) continue;
        if (start + step >= from) return start + step;
        first = start + step;
      }
    }
    return first;
  }

  /** Compute anew what is on view. */
  flatten() {
    this.#stretches = [];
    this.#onView = new Map();
    this.length = 0;
    const open = [...(this.#found?.keys() ?? this.expanded)].filter((path) => path !== "/");
    this.#collect("/", 1, byFolder(open, (path) => path));
  }

  /** Add a folder's rows, and those of the folders in it that are open. */
  #collect(folder, level, open) {
    const shown = this.#shownIn(folder);
    if (!shown) return;
    this.#onView.set(folder, { shown, stretches: [] });
    const end = Math.min(shown.total, SHOWN_MAX);
    let from = 0;
    for (const [place, path] of placesOf(shown, open.get(folder) ?? [])) {
      if (place >= end) break;
      this.#add({ folder, level, from, count: place + 1 - from });
      this.#collect(path, level + 1, open);
      from = place + 1;
    }
    this.#add({ folder, level, from, count: end - from });
    const text = this.#found ? "" : remarkOn(folder, shown);
    if (text !== "") this.#add({ folder, level, from: shown.total, count: 1, text });
  }

  #add(stretch) {
    if (stretch.count === 0) return;
    const made = { ...stretch, start: this.length };
    this.#stretches.push(made);
    this.#onView.get(stretch.folder).stretches.push(made);
    this.length += stretch.count;
  }

  /** @param {Stretch} stretch @param {number} place @returns {TreeRow} */
  #row({ folder, level, text }, place) {
    const { shown } = this.#onView.get(folder);
    const entry = shown.at(place);
    const row = { level, folder, position: place + 1, siblings: shown.total };
    if (text !== undefined) return { ...row, key: `${folder}\0${place}`, kind: "note", text };
    if (!entry) return { ...row, key: `${folder}\0${place}`, kind: "wait" }; // no path has a key like it
    return { ...row, key: entry.path, kind: "entry", entry, open: isFolder(entry) && this.#isOpen(entry.path) };
  }

  #isOpen(path) {
    return this.#found ? this.#found.has(path) : this.expanded.has(path);
  }

  #shownIn(folder) {
    if (this.#found) return this.#inOrder(Folder.of(this.#found.get(folder) ?? []));
    const listed = this.#folders.get(folder);
    const more = this.#extra.get(folder)?.filter((entry) => listed && listed.placeOf(entry.path) < 0) ?? [];
    if (more.length === 0) return listed;
    return listed.whole ? this.#inOrder(Folder.of([...more, ...listed.entries()], listed.readOnly)) : listed.behind(more);
  }

  /** A folder that is longer than a page stays as the kernel orders it. */
  #inOrder(folder) {
    if (folder.total > LISTING_PAGE || !folder.whole) return folder;
    return Folder.of(folder.entries().sort(entryOrder(this.order.column, this.order.descending)), folder.readOnly);
  }
}

/** @param {Folder} shown @param {string[]} paths @returns {[number, string][]} those that are in it, by their places */
function placesOf(shown, paths) {
  const places = /** @type {[number, string][]} */ (paths.map((path) => [shown.placeOf(path), path]));
  return places.filter(([place]) => place >= 0).sort(([a], [b]) => a - b);
}

function remarkOn(folder, { total }) {
  if (total > SHOWN_MAX) return `${(total - SHOWN_MAX).toLocaleString("en")} more: filter to find them`;
  return total === 0 && folder !== "/" ? "Folder is empty. Drop files here." : "";
}
