/** What the reader can do to files: make, rename, remove. Each asks in the notice bar, then does one operation. */

import { countText, folderOf, joinPath, nameOf } from "./format.js";
import { isFolder } from "./rows.js";

/** Codes whose text speaks of versions, said in the terms of what the reader did. */
const REASONS = { version_conflict: "a file of that name is already there", already_exists: "that name is taken" };

export class Commands {
  #link;
  #notices;
  #reveal;

  /**
   * @param {import("./link.js").Link} link @param {import("./notices.js").Notices} notices
   * @param {(path: string) => Promise<void>} reveal selects what was made
   */
  constructor(link, notices, reveal) {
    this.#link = link;
    this.#notices = notices;
    this.#reveal = reveal;
  }

  /** @param {string} folder */
  async newFile(folder) {
    const question = { iconName: "new-file", title: `New file in ${folder}`, value: "untitled.txt", confirm: "Create" };
    await this.#make(folder, question, (path) => this.#link.call("write", { path, expected_version: 0 }));
  }

  /** @param {string} folder */
  async newFolder(folder) {
    const question = { iconName: "new-folder", title: `New folder in ${folder}`, value: "untitled", confirm: "Create" };
    await this.#make(folder, question, (path) => this.#link.call("mkdir", { path }));
  }

  /** @param {import("./rows.js").FsEntry} entry */
  async rename(entry) {
    const folder = folderOf(entry.path);
    const question = { iconName: "pencil", title: `Rename ${entry.name} to`, value: entry.name, confirm: "Rename" };
    await this.#make(folder, question, (to) => this.#link.call("move", { from: entry.path, to }));
  }

  /** Delete at once, and offer to take it back: it is in the history. @param {import("./rows.js").FsEntry[]} entries */
  async remove(entries) {
    const what = namesText(entries.map((entry) => entry.path), entries.some(isFolder) ? "item" : "file");
    await this.#try(`${what}: could not delete`, async () => {
      const { value } = await this.#link.call("delete", { paths: entries.map((entry) => entry.path) });
      const inside = entries.length === 1 && isFolder(entries[0]) ? " with everything in it" : "";
      this.#notices.offer(`Deleted ${what}${inside}.`, "Undo", () => this.undo(value.action));
    });
  }

  /** Take back what was done here last. @param {number|null} action only if it is this one */
  async undo(action = null) {
    await this.#try("Could not undo", async () => {
      const { value } = await this.#link.call("undo", action === null ? {} : { action });
      this.#notices.offer(`Undone: ${value.paths.slice(0, 3).map(nameOf).join(", ")}.`);
      if (value.paths.length > 0) await this.#reveal(value.paths[0]).catch(() => {});
    });
  }

  /** @param {string[]} paths @param {string} folder */
  async moveInto(paths, folder) {
    await this.#try(`${namesText(paths)}: could not move`, async () => {
      const { value } = await this.#link.call("move_into", { paths, folder });
      if (value.count === 0) return;
      const told = value.count === paths.length ? namesText(paths) : countText(value.count, "item");
      this.#notices.offer(`Moved ${told} to ${folder}.`, "Undo", () => this.undo(value.action));
      await this.#reveal(value.paths[0]);
    });
  }

  async #make(folder, question, action) {
    const name = await this.#notices.ask(question);
    if (name === null) return;
    const path = joinPath(folder, name);
    const done = await this.#try(`"${name}": could not ${question.confirm.toLowerCase()}`, () => action(path));
    if (done) await this.#reveal(path);
  }

  async #try(failure, action) {
    try {
      await action();
      return true;
    } catch (error) {
      this.#notices.fail(`${failure}: ${REASONS[error.code] ?? error.message}`);
      return false;
    }
  }
}

/** One by its name, several by their number. @param {string[]} paths @param {string} noun @returns {string} */
function namesText(paths, noun = "item") {
  return paths.length === 1 ? `"${nameOf(paths[0])}"` : countText(paths.length, noun);
}
