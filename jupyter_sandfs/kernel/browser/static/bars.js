/** Head and status bar. */

import { countText, usageText } from "./format.js";
import { icon } from "./icons.js";
import { element, keyCap, meter, setAttribute, spread, toolButton } from "./elements.js";

const FILTER_MS = 150;

/** What the status bar reminds of, by what is on show. @type {Record<string, [string, string][]>} */
const HINTS = {
  browse: [
    ["↑ ↓", "move"],
    ["→", "open"],
    ["F2", "rename"],
    ["?", "all keys"],
  ],
  edit: [
    ["Ctrl S", "save"],
    ["Esc", "back to the tree"],
  ],
  history: [
    ["[ ]", "step"],
    ["Alt ↓", "next change"],
    ["Esc", "leave history"],
  ],
  store: [
    ["Alt U", "upload"],
    ["Alt P", "publish the file"],
    ["Esc", "close"],
  ],
  lens: [
    ["Alt V", "switch view"],
    ["Alt W", "why hidden"],
    ["?", "all keys"],
  ],
};

/**
 * @typedef {object} HeadActions
 * @property {(folder: string) => void} go
 * @property {(text: string) => void} filter
 * @property {() => void} leaveFilter
 * @property {() => void} newFile
 * @property {() => void} newFolder
 * @property {() => void} upload
 * @property {() => void} history
 * @property {() => void} store
 * @property {() => void} lens
 * @property {(anchor: HTMLElement) => void} more
 * @property {(anchor: HTMLElement) => void} switchSandbox
 */

export class HeadBar {
  #name;
  #landmark;
  #owner;
  #actions;
  #filterTimer = 0;

  /** @param {string} name of the sandbox @param {string} landmark @param {boolean} owner @param {HeadActions} actions */
  constructor(name, landmark, owner, actions) {
    this.#name = name;
    this.#landmark = landmark;
    this.#owner = owner;
    this.#actions = actions;
    this.crumbs = element("nav", { class: "sfs-crumbs", "aria-label": `Path in ${landmark}` });
    this.filter = this.#filterField();
    this.changing = [
      toolButton("new-file", "New file (Alt+N)", actions.newFile),
      toolButton("new-folder", "New folder (Alt+Shift+N)", actions.newFolder),
      toolButton("upload", "Upload (Alt+U)", actions.upload),
    ];
    this.toggles = {
      history: toolButton("history", "History (Alt+H)", actions.history),
      store: toolButton("store", "Staging store (Alt+S)", actions.store),
      lens: toolButton("eye", "View as (Alt+V)", actions.lens),
    };
    this.press("");
    this.element = this.#bar();
  }

  /** @param {string} folder */
  show(folder) {
    const segments = folder.split("/").filter(Boolean);
    const crumbs = segments.flatMap((segment, depth) => this.#crumb(segment, segments, depth));
    const root = element(
      "button",
      { type: "button", class: "sfs-crumb sfs-root", "aria-current": segments.length === 0 ? "true" : null },
      icon("store"),
      this.#name,
    );
    root.addEventListener("click", () => this.#actions.go("/"));
    const others = toolButton("down", "Switch sandbox", () => this.#actions.switchSandbox(others));
    others.classList.add("sfs-caret");
    others.setAttribute("aria-haspopup", "menu");
    this.crumbs.replaceChildren(root, ...(this.#owner ? [others] : []), ...crumbs);
  }

  /** @param {boolean} readOnly nothing can be made in the folder on show */
  setReadOnly(readOnly) {
    for (const tool of this.changing) /** @type {HTMLButtonElement} */ (tool).disabled = readOnly;
  }

  /** @param {string} on which tool's part is on show: history, store, lens or none */
  press(on) {
    for (const [name, tool] of Object.entries(this.toggles)) tool.setAttribute("aria-pressed", String(name === on));
  }

  close() {
    clearTimeout(this.#filterTimer);
  }

  #bar() {
    const more = toolButton("more", "More actions", () => this.#actions.more(more));
    more.setAttribute("aria-haspopup", "menu");
    const [newFile, newFolder, upload] = this.changing;
    const field = element("label", { class: "sfs-field sfs-filter" }, icon("search"), this.filter, element("span", { class: "sfs-wide" }, keyCap("/")));
    const owners = this.#owner ? [this.toggles.store, this.toggles.lens] : [];
    return element(
      "div",
      { class: "sfs-bar sfs-head", role: "toolbar", "aria-label": this.#landmark },
      this.crumbs,
      spread(),
      field,
      element("span", { class: "sfs-tools sfs-wide" }, newFile, newFolder),
      upload,
      element("span", { class: "sfs-rule" }),
      this.toggles.history,
      ...owners,
      more,
    );
  }

  #filterField() {
    const label = { placeholder: "Filter files", "aria-label": "Filter files" };
    const field = /** @type {HTMLInputElement} */ (element("input", { type: "search", ...label, spellcheck: "false" }));
    field.addEventListener("input", () => {
      clearTimeout(this.#filterTimer);
      this.#filterTimer = setTimeout(() => this.#actions.filter(field.value.trim()), FILTER_MS);
    });
    field.addEventListener("keydown", (event) => this.#onFilterKey(event));
    return field;
  }

  #crumb(segment, segments, depth) {
    const last = depth === segments.length - 1;
    const attributes = {
      type: "button",
      class: "sfs-crumb sfs-wide",
      title: segment,
      "aria-current": last ? "true" : null,
    };
    const button = element("button", attributes, segment);
    button.addEventListener("click", () => this.#actions.go(`/${segments.slice(0, depth + 1).join("/")}`));
    return [element("span", { class: "sfs-quiet sfs-wide", "aria-hidden": "true" }, "/"), button];
  }

  #onFilterKey(event) {
    if (event.key === "Escape") {
      this.filter.value = "";
      clearTimeout(this.#filterTimer);
      this.#actions.filter("");
    }
    if (["Escape", "Enter", "ArrowDown"].includes(event.key)) {
      event.preventDefault();
      this.#actions.leaveFilter();
    }
  }
}

export class StatusBar {
  #slow = false;
  #off = false;

  constructor() {
    this.dot = element("i", { class: "sfs-dot", "aria-hidden": "true" });
    this.state = element("span", {}, "Live");
    this.files = element("span", {});
    this.chosen = element("span", { role: "status" });
    this.usage = element("span", {});
    this.hints = element("span", { class: "sfs-hints sfs-wide" });
    const live = element("span", { role: "status" }, this.dot, this.state);
    this.element = element("div", { class: "sfs-bar sfs-status" }, live, this.files, this.chosen, this.usage, spread(), this.hints);
    this.setMode("browse");
  }

  /** @param {string} mode of HINTS */
  setMode(mode) {
    const nodes = HINTS[mode].map(([keys, label]) => element("span", {}, ...keys.split(" ").map(keyCap), label));
    this.hints.replaceChildren(...nodes);
  }

  /** @param {boolean} slow the kernel has not answered for a while */
  setSlow(slow) {
    this.#slow = slow;
    this.#paint();
  }

  /** The kernel is gone, and what is shown is from before. */
  setGone() {
    this.#off = true;
    this.#paint();
  }

  /** @param {number} count rows that are chosen; one is no news */
  setChosen(count) {
    const text = count > 1 ? `${count.toLocaleString("en")} selected` : "";
    if (text !== this.chosen.textContent) this.chosen.textContent = text; // said aloud when it changes only
  }

  /** @param {{fileCount: number, totalSize: number, limit: number}} stats @param {number} hidden files, told by the lens */
  show({ fileCount, totalSize, limit }, hidden = 0) {
    const files = fileCount === 0 ? "No files" : countText(fileCount, "file");
    this.files.textContent = hidden > 0 ? `${files}, ${hidden.toLocaleString("en")} hidden` : files;
    this.usage.replaceChildren(meter(totalSize / Math.max(1, limit)), usageText(totalSize, limit));
  }

  #paint() {
    setAttribute(this.dot, "data-off", this.#slow || this.#off);
    const text = this.#slow ? "Waiting for the kernel" : "Live";
    this.state.textContent = this.#off ? "Saved listing" : text;
  }
}
