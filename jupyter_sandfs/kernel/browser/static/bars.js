/** Head and status bar. */

import { countText, usageText } from "./format.js";
import { icon } from "./icons.js";
import { element, keyCap, meter, setAttribute, spread, toolButton } from "./elements.js";

const HINTS = [
  ["↑ ↓", "move"],
  ["→", "open"],
  ["F2", "rename"],
  ["Del", "delete"],
  ["U", "upload"],
];

/**
 * @typedef {object} HeadActions
 * @property {(folder: string) => void} go
 * @property {(text: string) => void} filter
 * @property {() => void} leaveFilter
 * @property {() => void} newFile
 * @property {() => void} newFolder
 * @property {() => void} upload
 */

export class HeadBar {
  #name;
  #actions;

  /** @param {string} name of the sandbox @param {HeadActions} actions */
  constructor(name, actions) {
    this.#name = name;
    this.#actions = actions;
    this.crumbs = element("nav", { class: "sfs-crumbs", "aria-label": "Path" });
    this.filter = element("input", {
      type: "search",
      placeholder: "Filter files",
      "aria-label": "Filter files",
      spellcheck: "false",
    });
    this.filter.addEventListener("input", () => actions.filter(this.filter.value));
    this.filter.addEventListener("keydown", (event) => this.#onFilterKey(event));
    const field = element(
      "label",
      { class: "sfs-field sfs-filter" },
      icon("search"),
      this.filter,
      element("span", { class: "sfs-wide" }, keyCap("/")),
    );
    const news = [
      toolButton("new-file", "New file (N)", actions.newFile),
      toolButton("new-folder", "New folder (Shift N)", actions.newFolder),
    ];
    const tools = [
      element("span", { class: "sfs-tools sfs-wide" }, ...news),
      toolButton("upload", "Upload (U)", actions.upload),
    ];
    const attributes = { class: "sfs-bar", role: "toolbar", "aria-label": `Sandbox ${name}` };
    this.element = element("div", attributes, this.crumbs, spread(), field, ...tools);
  }

  /** @param {string} folder */
  show(folder) {
    const segments = folder.split("/").filter(Boolean);
    const crumbs = segments.flatMap((segment, depth) => this.#crumb(segment, segments, depth));
    const root = element(
      "button",
      { type: "button", class: "sfs-crumb sfs-root", "aria-current": segments.length === 0 },
      icon("store"),
      this.#name,
    );
    root.addEventListener("click", () => this.#actions.go("/"));
    this.crumbs.replaceChildren(root, ...crumbs);
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
    return [element("span", { class: "sfs-quiet sfs-wide" }, "/"), button];
  }

  #onFilterKey(event) {
    if (event.key === "Escape") {
      this.filter.value = "";
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

  constructor() {
    this.dot = element("i", { class: "sfs-dot", "aria-hidden": "true" });
    this.state = element("span", {}, "Live");
    this.files = element("span", {});
    this.usage = element("span", {});
    const hints = HINTS.map(([keys, label]) =>
      element("span", { class: "sfs-wide" }, ...keys.split(" ").map(keyCap), label),
    );
    const live = element("span", { role: "status" }, this.dot, this.state);
    this.element = element("div", { class: "sfs-bar sfs-status" }, live, this.files, this.usage, spread(), ...hints);
  }

  /** @param {boolean} slow the kernel has not answered for a while */
  setSlow(slow) {
    if (slow === this.#slow) return;
    this.#slow = slow;
    setAttribute(this.dot, "data-off", slow);
    this.state.textContent = slow ? "Waiting for the kernel" : "Live";
  }

  /** @param {{fileCount: number, totalSize: number, limit: number}} stats */
  show({ fileCount, totalSize, limit }) {
    this.files.textContent = fileCount === 0 ? "No files" : countText(fileCount, "file");
    this.usage.replaceChildren(meter(totalSize / Math.max(1, limit)), usageText(totalSize, limit));
  }
}
