/** The panes beside the tree: file, editor, difference, store, rules. One is on show, or none. */

import { element, setAttribute } from "./elements.js";
import { isWithin } from "./format.js";
import { isFolder } from "./rows.js";
import { PreviewPane } from "./preview.js";
import { EditorPane } from "./editor.js";
import { DiffPane } from "./diffview.js";
import { StorePane } from "./storepane.js";
import { RulesPane } from "./lensbar.js";
import { momentName } from "./history.js";
import { paneSplit } from "./split.js";

const LANGUAGES = {
  py: "Python",
  js: "JavaScript",
  ts: "TypeScript",
  md: "Markdown",
  sh: "Shell",
  sql: "SQL",
  json: "JSON",
  jsonl: "JSON lines",
  yaml: "YAML",
  yml: "YAML",
  toml: "TOML",
  css: "CSS",
  html: "HTML",
  xml: "XML",
};

/** @typedef {import("./rows.js").FsEntry} FsEntry */

export class Sides {
  #browser;
  #link;
  /** @type {HTMLElement|null} */
  #on = null;

  /** @param {any} browser @param {import("./link.js").Link} link @param {HTMLElement} tree */
  constructor(browser, link, tree) {
    this.#browser = browser;
    this.#link = link;
    this.element = element("div", { class: "sfs-body" }, tree);
    this.split = paneSplit(this.element, tree);
    this.split.hidden = true;
    this.preview = new PreviewPane(link, {
      close: () => this.close(),
      download: (entry) => browser.transfers.download(entry),
      edit: (entry) => browser.attempt(() => this.edit(entry)),
      publish: browser.owner ? (entry) => browser.attempt(() => browser.shelf.publish(entry)) : null,
    });
    this.editor = new EditorPane(link, {
      close: (entry) => this.openFile(entry),
      compare: (path, mine, version) => browser.attempt(() => this.#compareMine(path, mine, version)),
      fail: (text) => browser.notices.fail(text),
      touched: () => {},
    });
    this.diff = new DiffPane(() => this.#closeDiff());
    this.store = new StorePane(link, browser.shelf.actions());
    this.rules = new RulesPane(link, () => this.close(), () => this.openFile(browser.selectedEntry()));
    this.element.append(this.split);
    this.element.addEventListener("keydown", (event) => this.#onKey(event));
  }

  /** @returns {string} which pane is on show, or nothing */
  get showing() {
    const panes = { preview: this.preview, editor: this.editor, diff: this.diff, store: this.store, rules: this.rules };
    return Object.entries(panes).find(([, pane]) => pane.element === this.#on)?.[0] ?? "";
  }

  /** Whether the reader would lose something: then the editor asks, and nothing else is opened. */
  get busy() {
    if (this.showing !== "editor" || !this.editor.dirty) return false;
    this.editor.leave();
    return true;
  }

  /** Show what belongs to a file now: its difference, what a view may do, or its content. @param {FsEntry} entry */
  async open(entry) {
    if (this.busy) return;
    const { history, lens } = this.#browser;
    const change = history.open ? history.changeOf(entry.path) : undefined;
    if (change && !change.isDir) await this.#openDiff(entry, change);
    else if (lens.view) await this.openRules(entry);
    else this.openFile(entry);
  }

  /** @param {FsEntry|null} entry */
  openFile(entry) {
    if (!entry || isFolder(entry) || entry.gone) {
      this.close();
      return;
    }
    this.#show(this.preview.element, "browse");
    void this.preview.show(entry);
  }

  /** @param {FsEntry} entry @returns {Promise<void>} */
  async edit(entry) {
    if (this.busy) return;
    const language = LANGUAGES[entry.name.split(".").at(-1).toLowerCase()] ?? "Text";
    const before = this.showing;
    this.#show(this.editor.element, "edit");
    try {
      await this.editor.open(entry, language);
    } catch (error) {
      this.#show(before === "preview" ? this.preview.element : null, "browse");
      throw error;
    }
  }

  /** @returns {Promise<void>} */
  async openStore() {
    if (this.busy) return;
    this.#show(this.store.element, "store");
    await this.store.refresh();
  }

  /** @param {FsEntry} entry @returns {Promise<void>} */
  async openRules(entry) {
    await this.rules.show(entry.path, this.#browser.lens.view);
    this.#show(this.rules.element, "lens");
  }

  /** Take up that files changed. @param {string[]|null} paths */
  changed(paths) {
    if (this.showing === "preview") this.#refreshPreview(paths);
    if (this.showing === "editor" && this.editor.entry && concerns(paths, this.editor.entry.path)) {
      void this.#browser.attempt(() => this.editor.changed(this.#browser.rows.entry(this.editor.entry.path)));
    }
  }

  close() {
    const focused = this.#on?.contains(document.activeElement);
    this.preview.clear();
    this.#show(null, "browse");
    if (focused) this.#browser.tree.focus();
  }

  #refreshPreview(paths) {
    const { entry } = this.preview;
    if (!entry || !concerns(paths, entry.path)) return;
    const now = this.#browser.rows.entry(entry.path);
    if (!now && this.#browser.isListed(entry.path)) this.close();
    else if (now?.etag !== entry.etag) void this.preview.show(now ?? entry);
  }

  async #openDiff(entry, change) {
    const { moment } = this.#browser.history;
    const args = { moment: moment.id, path: change.path, ...(change.source && { source: change.source }) };
    const { value } = await this.#link.call("difference", args);
    const label = momentName(moment);
    const before = `${label[0].toUpperCase()}${label.slice(1)}, ${versionText(value.old)}`;
    const restore = () => this.#browser.attempt(() => this.#browser.past.restoreFile(moment, entry));
    this.#show(this.diff.element, "history");
    const labels = { before, after: `Now, ${versionText(value.new)}`, title: entry.name, hover: entry.path };
    this.diff.show(value, labels, restore);
  }

  async #compareMine(path, mine, version) {
    const { value } = await this.#link.call("compare", { path }, new TextEncoder().encode(mine).buffer);
    this.#show(this.diff.element, "edit");
    const labels = { before: `Saved, v${version}`, after: "Yours, not saved", title: this.editor.entry.name, hover: path };
    this.diff.show(value, labels, null);
    this.diff.scroll.focus();
  }

  /** Back to the text that was compared, if one is open. */
  #closeDiff() {
    if (this.editor.entry) {
      this.#show(this.editor.element, "edit");
      this.editor.field.focus();
    } else {
      this.close();
    }
  }

  #show(pane, mode) {
    if (this.#on !== pane) this.#on?.remove();
    this.#on = pane;
    if (pane && !pane.isConnected) this.element.append(pane);
    this.split.hidden = pane === null;
    setAttribute(this.element, "data-split", pane !== null);
    this.#browser.modeChanged(mode);
  }

  #onKey(event) {
    if (event.key !== "Escape" || !this.#on?.contains(event.target) || this.showing === "editor") return;
    if (this.showing === "diff") this.#closeDiff();
    else this.close();
  }
}

function concerns(paths, path) {
  return paths === null || paths.some((each) => isWithin(path, each));
}

function versionText({ version }) {
  return version === null ? "not there" : `v${version}`;
}
