/** What the owner does with the staging store: publish, bring, upload, download, delete. */

import { folderOf } from "./format.js";
import { publishedText } from "./storepane.js";

const TIMES = [
  { label: "1 hour", value: "3600" },
  { label: "1 day", value: "86400", primary: true },
  { label: "7 days", value: "604800" },
  { label: "Keep", value: "0" },
];

/** @typedef {import("./storepane.js").Stored} Stored */

export class Shelf {
  #browser;

  /** @param {any} browser */
  constructor(browser) {
    this.#browser = browser;
  }

  /** @returns {import("./storepane.js").StoreActions} */
  actions() {
    const browser = this.#browser;
    return {
      close: () => browser.sides.close(),
      upload: () => browser.arrivals.pick(true),
      stage: (stored) => browser.attempt(() => this.#stage(stored)),
      download: (stored) => browser.transfers.downloadStored(stored),
      copyKey: ({ key }) => browser.clipboard.copy([key]),
      remove: ({ key }) => browser.attempt(() => this.#remove(key)),
      menu: (anchor, stored) => this.#openMenu(anchor, stored),
    };
  }

  /** @returns {Promise<void>} */
  async toggle() {
    const { sides } = this.#browser;
    if (sides.showing === "store") sides.close();
    else await sides.openStore();
  }

  /** Store a file of the sandbox, for as long as the reader says. @param {import("./rows.js").FsEntry} entry */
  async publish(entry) {
    const { link, notices } = this.#browser;
    const ttl = await this.#askHowLong(`Publish ${entry.name}`, "stage");
    if (ttl === null) return;
    const { value } = await link.call("store_publish", { path: entry.path, ttl: Number(ttl) });
    notices.offer(publishedText(value), "Copy key", () => this.#browser.clipboard.copy([value.key]));
    this.refresh();
  }

  /** Put files of the machine into the store. @param {File[]} files @returns {Promise<void>} */
  async upload(files) {
    const ttl = await this.#askHowLong(
      files.length === 1 ? `Upload ${files[0].name}` : `Upload ${files.length} files`,
      "store",
    );
    if (ttl !== null) this.#browser.transfers.uploadToStore(files, Number(ttl));
  }

  /** List the store anew, if it is on show. */
  refresh() {
    const { sides } = this.#browser;
    if (sides.showing === "store") void this.#browser.attempt(() => sides.store.refresh());
  }

  #askHowLong(title, iconName) {
    const question = { title, text: "to the staging store, for how long?", choices: TIMES, tone: "ask", iconName };
    return this.#browser.notices.choose(question);
  }

  async #remove(key) {
    await this.#browser.link.call("store_delete", { key });
    this.#browser.notices.offer(`Deleted ${key} from the store.`);
    this.refresh();
  }

  /** @param {Stored} stored @param {boolean} replace */
  async #stage(stored, replace = false) {
    const { link, notices, path } = this.#browser;
    try {
      const { value } = await link.call("store_stage", { key: stored.key, folder: path, replace });
      const show = () => this.#browser.attempt(() => this.#browser.reveal(value.path));
      notices.offer(`${stored.name} is in ${folderOf(value.path)}.`, "Show", show);
    } catch (error) {
      if (error.code !== "already_exists") throw error;
      const choices = [
        { label: "Cancel", value: "" },
        { label: "Replace", value: "replace" },
      ];
      const answer = await notices.choose({ title: `${stored.name} is already there`, text: `in ${path}.`, choices });
      if (answer === "replace") await this.#stage(stored, true);
    }
  }

  #openMenu(anchor, stored) {
    const actions = this.actions();
    const items = [
      { label: "Copy key", iconName: "copy", keys: "Ctrl C", run: () => actions.copyKey(stored) },
      { label: "Download", iconName: "download", run: () => actions.download(stored) },
      { label: `Bring into ${this.#browser.path}`, iconName: "stage", run: () => actions.stage(stored) },
      null,
      { label: "Delete from the store", iconName: "trash", run: () => actions.remove(stored) },
    ];
    this.#browser.menu.open(anchor, `Actions of ${stored.name}`, items, () => anchor.focus());
  }
}
