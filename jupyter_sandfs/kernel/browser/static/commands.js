/** What the reader can do to files: make, rename, remove. Each asks in the notice bar, then does one operation. */

import { folderOf, joinPath, nameOf } from "./format.js";
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

  /** @param {import("./rows.js").FsEntry} entry */
  async remove(entry) {
    const text = isFolder(entry)
      ? "With everything in it. This can't be taken back here."
      : "This can't be taken back here.";
    const choices = [
      { label: "Cancel", value: "" },
      { label: "Delete", value: "delete" },
    ];
    if ((await this.#notices.choose({ title: `Delete ${nameOf(entry.path)}?`, text, choices })) !== "delete") return;
    await this.#try(`"${entry.name}": could not delete`, () =>
      this.#link.call("remove", { path: entry.path, recursive: isFolder(entry) }),
    );
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
