/** The filter: names of all files that hold a text, found in the kernel, with what is to be said about the result. */

import { element } from "./elements.js";

export class Filtering {
  #browser;

  /** @param {any} browser */
  constructor(browser) {
    this.#browser = browser;
    this.remark = element("div", { class: "sfs-block", role: "status", hidden: true });
  }

  /** @param {string} text empty shows everything again @returns {Promise<void>} */
  async run(text) {
    const told = await this.#browser.listing.search(text);
    if (told === null) return;
    this.#browser.update();
    this.remark.hidden = told.complete && (told.count > 0 || text === "");
    this.remark.textContent = foundText(text, told);
  }

  clear() {
    this.#browser.head.filter.value = "";
    void this.#browser.attempt(() => this.run(""));
  }
}

/** What is said under a search that found nothing, or not everything. */
function foundText(text, { count, visited, complete }) {
  if (complete) return `Nothing matches '${text}'. Esc clears.`;
  const few = `The first ${count.toLocaleString("en")} matches. Type more to narrow it down.`;
  return count > 0 ? few : `Nothing among the first ${visited.toLocaleString("en")} names. Esc clears.`;
}
