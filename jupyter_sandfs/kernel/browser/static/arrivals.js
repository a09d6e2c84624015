/** Files of the machine on their way in: picked, dropped, and shown where they will be. */

import { droppedFiles } from "./dropped.js";
import { element } from "./elements.js";
import { entryToCome } from "./rows.js";

export class Arrivals {
  #browser;
  #toStore = false;

  /** @param {any} browser */
  constructor(browser) {
    this.#browser = browser;
    this.picker = /** @type {HTMLInputElement} */ (
      element("input", { type: "file", multiple: true, hidden: true, "aria-label": "Files to upload" })
    );
    this.picker.addEventListener("change", () => browser.attempt(() => this.#take([...this.picker.files])));
  }

  /** Let the reader pick files; for the store while that is on show. @param {boolean} toStore */
  pick(toStore = this.#browser.sides.showing === "store") {
    this.#toStore = toStore;
    this.picker.value = "";
    this.picker.click();
  }

  /** @param {string} folder @param {DataTransfer} data */
  drop(folder, data) {
    void this.#browser.attempt(async () => this.#browser.transfers.upload(folder, await droppedFiles(data)));
  }

  /** Show the files on their way as rows. @param {Map<string, number>} parts path to the part that was sent */
  show(parts) {
    const { tree, rows } = this.#browser;
    const known = tree.uploads;
    const same = parts.size === known.size && [...parts.keys()].every((path) => known.has(path));
    tree.uploads = parts;
    if (same) {
      tree.paint();
      return;
    }
    rows.setExtra([...parts.keys()].map(entryToCome));
    this.#browser.update();
  }

  /** @param {File[]} files */
  async #take(files) {
    const { shelf, transfers, path } = this.#browser;
    if (this.#toStore) await shelf.upload(files);
    else await transfers.upload(path, files.map((file) => ({ file, name: file.name })));
  }
}
