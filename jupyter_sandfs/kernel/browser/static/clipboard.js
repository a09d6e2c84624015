/** Cut, paste and copy: nodes move within the sandbox, paths go to the clipboard of the machine. */

import { countText } from "./format.js";

export class Clipboard {
  #browser;

  /** @param {any} browser */
  constructor(browser) {
    this.#browser = browser;
  }

  /** @param {import("./rows.js").FsEntry[]} entries will be moved when they are pasted */
  cut(entries) {
    const { tree } = this.#browser;
    tree.marks.cut = new Set(entries.map((entry) => entry.path));
    tree.paint();
  }

  /** Move what was cut into the folder on show. */
  paste() {
    const { tree, commands, path } = this.#browser;
    const paths = [...tree.marks.cut];
    this.cut([]);
    void commands.moveInto(paths, path);
  }

  /** @param {string[]} texts */
  copy(texts) {
    const { notices } = this.#browser;
    const told = texts.length === 1 ? texts[0] : countText(texts.length, "path");
    navigator.clipboard?.writeText(texts.join("\n")).then(
      () => notices.offer(`Copied ${told}`),
      () => notices.fail(`Could not copy: ${told}`),
    );
  }
}
