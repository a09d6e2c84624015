/** Lists folders through the link into the rows: when they open, page by page, and anew when they changed. */

import { folderOf, isWithin, nameOf } from "./format.js";
import { Folder, LISTING_PAGE } from "./folder.js";
import { freshPaths } from "./rows.js";

/** What says that a folder is not there any more, for this reader. */
const AWAY = ["not_found", "not_a_directory", "permission_denied"];

export class Listing {
  #link;
  #rows;
  #loading = new Map();
  /** @type {Promise<any>} */
  #searching = Promise.resolve();
  #asked = 0;
  #placesOnView;

  /**
   * @param {import("./link.js").Link} link @param {import("./rows.js").Rows} rows
   * @param {(folder: string) => number[]} placesOnView which of a folder's entries the reader has in view
   */
  constructor(link, rows, placesOnView) {
    this.#link = link;
    this.#rows = rows;
    this.#placesOnView = placesOnView;
  }

  /** List a folder's first page, unless it is listed. @param {string} folder @returns {Promise<void>} */
  async load(folder) {
    if (!this.#rows.folder(folder)) await this.#once(folder, () => this.#list(folder, [0]));
  }

  /**
   * List the page of a folder that holds a place.
   * @param {string} folder @param {number} place @returns {Promise<boolean>} whether something came
   */
  async more(folder, place) {
    return this.#once(folder, async () => {
      const listed = this.#rows.folder(folder);
      if (!listed || place >= listed.total || listed.at(place)) return false;
      const first = place - (place % LISTING_PAGE);
      const start = listed.at(first) ? place : first; // pages of long names are cut short
      const page = await this.#page(folder, start);
      listed.total = page.total;
      listed.put(start, page.entries);
      return page.entries.length > 0;
    });
  }

  /** List the page that a node is in, wherever that is. @param {string} path @returns {Promise<void>} */
  async reach(path) {
    const folder = folderOf(path);
    const isListed = () => this.#rows.folder(folder)?.placeOf(path) >= 0;
    if (isListed()) return;
    await this.refresh([path]);
    if (isListed() || this.#rows.folder(folder)?.whole) return;
    const place = await this.seek(folder, nameOf(path), { exact: true });
    if (place !== null) await this.more(folder, place);
  }

  /**
   * Ask the kernel where in a folder a name is that begins with a text, or is it.
   * @param {string} folder @param {string} text @param {{start?: number, exact?: boolean}} how
   * @returns {Promise<number|null>} its place
   */
  async seek(folder, text, { start = 0, exact = false } = {}) {
    const { column, descending } = this.#rows.order;
    const asked = { path: folder, text, start, exact, order: column, descending };
    return (await this.#link.call("seek", asked)).value.offset;
  }

  /**
   * List anew what is on view and touched; forget what is touched and folded.
   * @param {string[]|null} paths null stands for everything
   * @returns {Promise<string[]>} paths that are new or differ
   */
  async refresh(paths) {
    const fresh = [];
    for (const folder of this.#touched(paths)) {
      if (this.#rows.isOnView(folder)) fresh.push(...(await this.#relist(folder)));
      else this.#rows.forget(folder);
    }
    return fresh;
  }

  /**
   * Search the names of all files in the kernel, and show what was found; an empty text ends it. While one search runs
   * at most one waits: what was typed meanwhile is asked at once.
   * @param {string} text @returns {Promise<{count: number, visited: number, complete: boolean}|null>} null if it was overtaken
   */
  async search(text) {
    this.#asked += 1;
    const asked = this.#asked;
    if (text === "") {
      this.#rows.setFound(null);
      return { count: 0, visited: 0, complete: true };
    }
    const before = this.#searching;
    const mine = before.catch(() => {}).then(() => (asked === this.#asked ? this.#link.call("search", { text }) : null));
    this.#searching = mine;
    const reply = await mine;
    if (reply === null || asked !== this.#asked) return null;
    const { entries, folders, visited, complete } = reply.value;
    this.#rows.setFound([...folders, ...entries]);
    return { count: entries.length, visited, complete };
  }

  /** List folders anew in the order that was chosen. @param {string[]} folders @returns {Promise<void>} */
  async reorder(folders) {
    for (const folder of folders) await this.#once(folder, () => this.#list(folder, [0]));
  }

  /** Listed folders that hold a changed path, or hold a folder whose time changed with it, or lie below one. */
  #touched(paths) {
    const listed = this.#rows.listedFolders();
    if (paths === null) return listed;
    const holders = new Set(paths.flatMap((path) => [folderOf(path), folderOf(folderOf(path))]));
    const changedFolders = paths.filter((path) => listed.some((folder) => isWithin(folder, path)));
    return listed.filter((folder) => holders.has(folder) || changedFolders.some((path) => isWithin(folder, path)));
  }

  /** List anew what of a folder is in view, and where folders in it are open. */
  async #relist(folder) {
    const before = this.#rows.folder(folder);
    const open = [...this.#rows.expanded].map((path) => (folderOf(path) === folder ? (before?.placeOf(path) ?? -1) : -1));
    const places = [...this.#placesOnView(folder), ...open.filter((place) => place >= 0)];
    try {
      await this.#once(folder, () => this.#list(folder, places.length > 0 ? places : [0]));
    } catch (error) {
      if (!AWAY.includes(error.code)) throw error;
      this.#rows.forget(folder);
      this.#rows.expanded.delete(folder);
    }
    return freshPaths(before?.entries() ?? [], this.#rows.folder(folder)?.entries() ?? []);
  }

  /** List the pages of a folder that hold these places; of a short one everything. */
  async #list(folder, places) {
    const pages = new Set(places.map((place) => place - (place % LISTING_PAGE)));
    let listed = null;
    for (const start of pages) {
      const page = await this.#page(folder, start);
      listed ??= new Folder(page.total, page.readOnly);
      listed.total = page.total;
      listed.put(start, page.entries);
    }
    let known = -1;
    while (listed.total <= LISTING_PAGE && !listed.whole && listed.size > known) {
      known = listed.size; // long names: a page has a bound of bytes too
      listed.put(known, (await this.#page(folder, known)).entries);
    }
    this.#rows.setFolder(folder, listed);
  }

  async #page(folder, offset) {
    const { column, descending } = this.#rows.order;
    return (await this.#link.call("rows", { path: folder, offset, order: column, descending })).value;
  }

  /** One request at a time for a folder: the next one waits for it. */
  async #once(folder, action) {
    const before = this.#loading.get(folder) ?? Promise.resolve();
    const mine = before.catch(() => {}).then(action);
    this.#loading.set(folder, mine);
    try {
      return await mine;
    } finally {
      if (this.#loading.get(folder) === mine) this.#loading.delete(folder);
    }
  }
}
