/** What the reader does in the history: opens it, steps through what changed, goes back. */

import { momentName } from "./history.js";

/** @typedef {import("./history.js").Moment} Moment */

export class Past {
  #browser;

  /** @param {any} browser */
  constructor(browser) {
    this.#browser = browser;
  }

  /** @returns {Promise<void>} */
  async toggle() {
    const { history, tree } = this.#browser;
    if (history.open) history.hide();
    else await history.show();
    this.#browser.modeChanged();
    if (!history.open) tree.focus();
  }

  /** Go to the next changed file. @param {number} count @returns {Promise<void>} */
  async step(count) {
    const { history, tree, sides } = this.#browser;
    const paths = history.changes.filter((change) => !change.isDir).map((change) => change.path);
    const at = paths.indexOf(tree.selected);
    const next = paths[at < 0 ? 0 : (at + count + paths.length) % paths.length];
    if (!next) return;
    await this.#browser.reveal(next);
    const entry = this.#browser.selectedEntry();
    if (entry) await sides.open(entry);
  }

  /** Show in the tree and beside it what differs from the moment that was chosen. */
  show() {
    const { history, tree, rows, sides } = this.#browser;
    tree.marks.markOf = history.open ? (path, folder) => history.markOf(path, folder) : () => "";
    rows.setExtra(history.open ? history.gone() : []);
    this.#browser.update();
    if (sides.showing !== "diff") return;
    const entry = this.#browser.selectedEntry();
    if (history.open && entry) this.#browser.openSide(entry);
    else sides.close();
  }

  /** @param {Moment} moment @param {import("./rows.js").FsEntry} entry @returns {Promise<void>} */
  async restoreFile(moment, entry) {
    await this.#goBack({ moment: moment.id, path: entry.path }, `${entry.name} is what it was ${momentName(moment)}.`);
  }

  /** @param {Moment} moment @returns {Promise<void>} */
  async restoreAll(moment) {
    const choices = [
      { label: "Cancel", value: "" },
      { label: "Restore", value: "restore" },
    ];
    const title = `Restore everything ${momentName(moment)}?`;
    const text = "What came since goes, what went comes back. It can be undone.";
    if ((await this.#browser.notices.choose({ title, text, choices })) !== "restore") return;
    await this.#goBack({ moment: moment.id }, `Everything is what it was ${momentName(moment)}.`);
  }

  async #goBack(where, told) {
    const { link, notices, commands } = this.#browser;
    const { value } = await link.call("go_back", where);
    notices.offer(told, "Undo", () => commands.undo(value.action));
  }
}
