/** The owner's ways to look elsewhere: with the eyes of a view, at another sandbox, in a kernel that came after. */

import { freshModel } from "./stale.js";

const NO_VIEW = "There is no view yet: sandbox.view(rule, name=…) makes one.";

export class Eyes {
  #browser;
  #model;
  #onFresh;

  /** @param {any} browser @param {any} model @param {(model: any) => void} onFresh called with one that takes its place */
  constructor(browser, model, onFresh) {
    this.#browser = browser;
    this.#model = model;
    this.#onFresh = onFresh;
  }

  /** Look as the next view does. @returns {Promise<void>} */
  async next() {
    const { link, lens, notices } = this.#browser;
    const { views } = (await link.call("facts")).value;
    if (views.length === 0) notices.offer(NO_VIEW);
    else await this.lookAs(views[(views.indexOf(lens.view) + 1) % views.length], views);
  }

  /** @param {string} view empty for one's own eyes @param {string[]|null} views all there are @returns {Promise<void>} */
  async lookAs(view, views = null) {
    const { link, lens, tree, sides } = this.#browser;
    const known = views ?? (await link.call("facts")).value.views;
    await link.call("view_as", { view: view || null });
    if (view) await lens.show(view, known);
    else lens.hide();
    tree.marks.hidden = new Map();
    sides.close();
    await this.#browser.takeUp(null);
    this.#browser.modeChanged();
  }

  /** Count what the view hides in the folders on show. @returns {Promise<void>} */
  async countHidden() {
    const { link, lens, tree, rows } = this.#browser;
    if (!lens.view) return;
    const counts = new Map();
    for (const path of rows.listedFolders().filter((each) => rows.isOnView(each))) {
      const { value } = await link.call("lens_hidden", { view: lens.view, path });
      for (const [folder, count] of Object.entries(value)) counts.set(folder, count);
    }
    tree.marks.hidden = counts;
    tree.paint();
  }

  /** @param {HTMLElement} anchor @returns {Promise<void>} */
  async openSwitch(anchor) {
    const { link, menu } = this.#browser;
    const { sandboxes } = (await link.call("facts")).value;
    const items = sandboxes.map((name) => ({
      label: name,
      iconName: "store",
      checked: name === this.#model.get("name"),
      run: () => this.#browser.attempt(() => this.#switchTo(name)),
    }));
    menu.open(anchor, "Switch sandbox", items, () => anchor.focus());
  }

  /** Go on in the kernel that runs now. @returns {Promise<void>} */
  async reload() {
    const view = this.#browser.owner ? null : this.#model.get("view");
    const place = { name: this.#model.get("name"), path: this.#browser.path, view };
    this.#onFresh(await freshModel(this.#model.widget_manager, place));
  }

  async #switchTo(name) {
    await this.#browser.link.call("switch", { name });
    this.#onFresh(this.#model);
  }
}
