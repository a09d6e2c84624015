/** Dragging over the tree: files of the machine are uploaded where they are dropped, rows are moved there. */

import { folderOf, isWithin } from "./format.js";
import { isFolder } from "./rows.js";

const ROW_TYPE = "application/x-sandfs-path";
const OPEN_MS = 700; // over a folder, before it opens

/**
 * @typedef {object} DragActions
 * @property {(event: Event) => import("./rows.js").TreeRow|undefined} rowAt
 * @property {(folder: string|null) => void} aim shows where a drop would go
 * @property {(folder: string, data: DataTransfer) => void} drop
 * @property {(path: string) => string[]} chosen what is dragged with a row
 * @property {(paths: string[], folder: string) => void} move
 * @property {(folder: string) => void} open
 */

export class RowDrag {
  #tree;
  #actions;
  /** @type {string[]} */
  #paths = [];
  #waiting = { folder: "", timer: 0 };

  /** @param {HTMLElement} tree @param {DragActions} actions */
  constructor(tree, actions) {
    this.#tree = tree;
    this.#actions = actions;
    tree.addEventListener("dragstart", (event) => this.#onStart(event));
    tree.addEventListener("dragend", () => this.#end());
    tree.addEventListener("dragover", (event) => this.#onOver(event));
    tree.addEventListener("dragleave", (event) => this.#onLeave(event));
    tree.addEventListener("drop", (event) => this.#onDrop(event));
  }

  close() {
    clearTimeout(this.#waiting.timer);
  }

  #onStart(event) {
    const row = this.#actions.rowAt(event);
    event.stopPropagation();
    if (!row?.entry) return;
    this.#paths = this.#actions.chosen(row.entry.path);
    event.dataTransfer.setData(ROW_TYPE, this.#paths.join("\n"));
    event.dataTransfer.effectAllowed = "move";
  }

  #onOver(event) {
    const folder = dropFolder(this.#actions.rowAt(event));
    if (!this.#accepts(event, folder)) return;
    event.preventDefault();
    event.stopPropagation();
    event.dataTransfer.dropEffect = this.#paths.length > 0 ? "move" : "copy";
    this.#actions.aim(folder);
    this.#openSoon(folder);
  }

  #accepts(event, folder) {
    if (event.dataTransfer?.types.includes("Files")) return true;
    const into = this.#paths.some((path) => isWithin(folder, path));
    const moves = !into && this.#paths.some((path) => folderOf(path) !== folder);
    if (this.#paths.length > 0 && !moves) this.#actions.aim(null);
    return moves;
  }

  #onLeave(event) {
    if (!this.#tree.contains(event.relatedTarget)) this.#actions.aim(null);
  }

  #onDrop(event) {
    const folder = dropFolder(this.#actions.rowAt(event));
    if (!this.#accepts(event, folder)) return;
    event.preventDefault();
    event.stopPropagation();
    const paths = this.#paths;
    this.#end();
    if (paths.length > 0) this.#actions.move(paths, folder);
    else this.#actions.drop(folder, event.dataTransfer);
  }

  #end() {
    this.#paths = [];
    clearTimeout(this.#waiting.timer);
    this.#waiting.folder = "";
    this.#actions.aim(null);
  }

  #openSoon(folder) {
    if (folder === this.#waiting.folder) return;
    clearTimeout(this.#waiting.timer);
    const timer = folder === "/" ? 0 : setTimeout(() => this.#actions.open(folder), OPEN_MS);
    this.#waiting = { folder, timer };
  }
}

/** @param {import("./rows.js").TreeRow|undefined} row @returns {string} the folder that files dropped on it go to */
function dropFolder(row) {
  if (!row) return "/";
  if (row.kind !== "entry") return row.folder;
  return isFolder(row.entry) ? row.entry.path : folderOf(row.entry.path);
}
