/** Lists folders through the link into the rows: when they open, page by page, and anew when they changed. */

import { folderOf, isWithin } from "./format.js";
import { freshPaths, LISTING_PAGE } from "./rows.js";

export class Listing {
  #link;
  #rows;
  #loading = new Map();
  #asked = 0;

  /** @param {import("./link.js").Link} link @param {import("./rows.js").Rows} rows */
  constructor(link, rows) {
    this.#link = link;
    this.#rows = rows;
  }

  /** List a folder's first page, unless it is listed. @param {string} folder @returns {Promise<void>} */
  async load(folder) {
    if (!this.#rows.folder(folder)) await this.#once(folder, () => this.#list(folder, LISTING_PAGE));
  }

  /** List the next page of a folder. @param {string} folder @returns {Promise<void>} */
  async more(folder) {
    await this.#once(folder, async () => {
      const listed = this.#rows.folder(folder);
      if (!listed || listed.entries.length >= listed.total) return;
      const page = await this.#page(folder, listed.entries.length);
      this.#rows.setFolder(folder, [...listed.entries, ...page.entries], page.total, page.readOnly);
    });
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
   * Search the names of all files in the kernel, and show what was found; an empty text ends it.
   * @param {string} text @returns {Promise<{count: number, complete: boolean}>}
   */
  async search(text) {
    this.#asked += 1;
    const asked = this.#asked;
    if (text === "") {
      this.#rows.setFound(null);
      return { count: 0, complete: true };
    }
    const { entries, folders, complete } = (await this.#link.call("search", { text })).value;
    if (asked === this.#asked) this.#rows.setFound([...folders, ...entries]);
    return { count: entries.length, complete };
  }

  /** List folders anew in the order that was chosen. @param {string[]} folders @returns {Promise<void>} */
  async reorder(folders) {
    for (const folder of folders) await this.#once(folder, () => this.#list(folder, LISTING_PAGE));
  }

  /** Listed folders that hold a changed path, or hold a folder whose time changed with it, or lie below one. */
  #touched(paths) {
    const listed = this.#rows.listedFolders();
    if (paths === null) return listed;
    const holders = new Set(paths.flatMap((path) => [folderOf(path), folderOf(folderOf(path))]));
    const changedFolders = paths.filter((path) => listed.some((folder) => isWithin(folder, path)));
    return listed.filter((folder) => holders.has(folder) || changedFolders.some((path) => isWithin(folder, path)));
  }

  async #relist(folder) {
    const before = this.#rows.folder(folder)?.entries ?? [];
    try {
      await this.#once(folder, () => this.#list(folder, Math.max(before.length, LISTING_PAGE)));
    } catch (error) {
      if (!["not_found", "not_a_directory", "permission_denied"].includes(error.code)) throw error;
      this.#rows.forget(folder);
      this.#rows.expanded.delete(folder);
    }
    return freshPaths(before, this.#rows.folder(folder)?.entries ?? []);
  }

  /** List so many entries of a folder in its order. */
  async #list(folder, count) {
    const entries = [];
    let total = Infinity;
    let readOnly = false;
    while (entries.length < Math.min(count, total)) {
      const page = await this.#page(folder, entries.length);
      ({ total, readOnly } = page);
      entries.push(...page.entries);
      if (page.entries.length === 0) break;
    }
    this.#rows.setFolder(folder, entries, Math.max(total, entries.length), readOnly);
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
      await mine;
    } finally {
      if (this.#loading.get(folder) === mine) this.#loading.delete(folder);
    }
  }
}
