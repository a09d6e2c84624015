/** The tree: rows in view and one screen around them are in the page, whatever the number of files. */

import { folderOf, foldersAbove } from "./format.js";
import { icon } from "./icons.js";
import { element, setAttribute } from "./elements.js";
import { isFolder } from "./rows.js";
import { rowElement, rowStamp } from "./treerow.js";
import { RowDrag } from "./drag.js";

const ROW_PX = 24; // --sfs-row
const TYPING_MS = 600;
const FADE_MS = 1600;
const AGE_MS = 30_000;
const FRESH_MAX = 500;
const COLUMNS = [
  ["name", "Name"],
  ["size", "Size"],
  ["modified", "Modified"],
  ["version", "Version"],
];

/** Keys of the tree; each says whether it had something to do. @type {Record<string, (tree: TreeView) => boolean>} */
const TREE_KEYS = {
  ArrowDown: (tree) => tree.step(1),
  ArrowUp: (tree) => tree.step(-1),
  PageDown: (tree) => tree.step(tree.rowsInView()),
  PageUp: (tree) => tree.step(-tree.rowsInView()),
  Home: (tree) => tree.step(-Infinity),
  End: (tree) => tree.step(Infinity),
  ArrowRight: (tree) => tree.unfold(),
  ArrowLeft: (tree) => tree.fold(),
  Enter: (tree) => tree.activate(),
};

/**
 * @typedef {object} TreeActions
 * @property {(entry: import("./rows.js").FsEntry, byKey: boolean) => void} select
 * @property {(folder: string, open: boolean) => void} fold
 * @property {(entry: import("./rows.js").FsEntry) => void} activate
 * @property {(folder: string) => void} more list the next page of a folder
 * @property {(column: string, descending: boolean) => void} sort
 * @property {(folder: string, data: DataTransfer) => void} drop
 * @property {(path: string, folder: string) => void} move
 * @property {(entry: import("./rows.js").FsEntry) => void} edit
 * @property {(entry: import("./rows.js").FsEntry|null, where: {x: number, y: number}) => void} menu
 * @property {(event: KeyboardEvent) => boolean} key a key that is none of the tree's
 */

export class TreeView {
  /** Path of the selected node, or empty. */
  selected = "";
  /** Path to the part of it that was uploaded. @type {Map<string, number>} */
  uploads = new Map();
  /** What else rows show: the history's marks, what the lens hides, what was cut. */
  marks = { markOf: (_path, _folder) => "", hidden: new Map(), cut: "" };
  #rows;
  #actions;
  #fresh = new Set();
  #painted = new Map();
  #rowOf = new WeakMap();
  #typed = { text: "", at: -Infinity };
  #dropFolder = null;
  #frame = 0;
  #timers = new Set();
  #name = `sfs-${Math.random().toString(36).slice(2)}`;

  /** @param {import("./rows.js").Rows} rows @param {string} label @param {TreeActions} actions */
  constructor(rows, label, actions) {
    this.#rows = rows;
    this.#actions = actions;
    this.columns = element("div", { class: "sfs-columns" }, ...COLUMNS.map((column) => this.#columnButton(...column)));
    this.canvas = element("div", { class: "sfs-canvas", role: "none" });
    this.tree = element("div", { class: "sfs-tree", role: "tree", tabindex: 0, "aria-label": label }, this.canvas);
    this.element = element("div", { class: "sfs-pane sfs-tree-pane" }, this.columns, this.tree);
    this.#listen();
    this.#markOrder();
  }

  /** Take up what changed in the rows; the row at the top of the view stays where it is. */
  update() {
    const top = this.#rows.visible[Math.floor(this.tree.scrollTop / ROW_PX)];
    const rest = this.tree.scrollTop % ROW_PX;
    const before = this.#rows.indexOf(this.selected);
    this.#rows.flatten();
    if (before >= 0 && this.#rows.indexOf(this.selected) < 0 && !this.#rows.searching) this.#succeed(before);
    setAttribute(this.canvas, "--rows", this.#rows.visible.length);
    const place = top === undefined || this.tree.scrollTop === 0 ? -1 : this.#rows.indexOf(top.key);
    if (place >= 0) this.tree.scrollTop = place * ROW_PX + rest;
    this.paint();
  }

  /** Bring the page in line with the rows in view. Elements of rows that look the same are kept. */
  paint() {
    const now = Date.now();
    const active = this.#rows.indexOf(this.selected);
    const wanted = this.#indexesToPaint(active).map((index) => this.#paintRow(index, now));
    const nodes = new Set(wanted);
    for (const [key, { node }] of this.#painted) if (!nodes.has(node)) this.#drop(key, node);
    placeInOrder(this.canvas, wanted);
    setAttribute(this.tree, "aria-activedescendant", active >= 0 && this.#rowId(active));
    this.#fetchMore();
  }

  /**
   * @param {string} path selects it; a path that is not on view waits until it is
   * @param {{scroll?: boolean}} options
   */
  select(path, { scroll = true } = {}) {
    this.selected = path;
    if (scroll) this.scrollTo(path);
    this.paint();
  }

  /** @param {string} path @returns {void} */
  scrollTo(path) {
    const index = this.#rows.indexOf(path);
    if (index < 0) return;
    const { scrollTop, clientHeight } = this.tree;
    const lowest = (index + 1) * ROW_PX + 8 - clientHeight;
    if (index * ROW_PX < scrollTop) this.tree.scrollTop = index * ROW_PX;
    else if (lowest > scrollTop) this.tree.scrollTop = lowest;
  }

  /** Tint rows for a moment. @param {string[]} paths */
  tint(paths) {
    const some = paths.slice(0, FRESH_MAX);
    for (const path of some) this.#fresh.add(path);
    this.paint();
    this.#later(FADE_MS, () => {
      for (const path of some) this.#fresh.delete(path);
      this.paint();
    });
  }

  focus() {
    this.tree.focus({ preventScroll: true });
  }

  /** Stop timers; the element may be thrown away. */
  close() {
    for (const timer of this.#timers) clearTimeout(timer);
    clearInterval(this.aging);
    cancelAnimationFrame(this.#frame);
    this.resizing.disconnect();
  }

  /** @returns {import("./rows.js").TreeRow|undefined} */
  current() {
    return this.#rows.visible[this.#rows.indexOf(this.selected)];
  }

  /** @returns {number} */
  rowsInView() {
    return Math.max(1, Math.floor(this.tree.clientHeight / ROW_PX) - 1);
  }

  /** Select the entry so many rows further down; remarks are passed over. @param {number} count */
  step(count) {
    const { visible } = this.#rows;
    const from = this.#rows.indexOf(this.selected);
    const aim = Math.max(0, Math.min(visible.length - 1, from < 0 && count > 0 ? count - 1 : from + count));
    const back = count > 0 ? -1 : 1;
    const place = nearestEntry(visible, aim, Math.sign(count)) ?? nearestEntry(visible, aim, back);
    if (place !== null) this.#choose(visible[place].entry, true);
    return true;
  }

  /** Open the folder, or go to the first node in it. */
  unfold() {
    const row = this.current();
    if (!row || !isFolder(row.entry)) return true;
    if (row.open) return this.step(1);
    this.#actions.fold(row.entry.path, true);
    return true;
  }

  /** Close the folder, or go to the one above. */
  fold() {
    const row = this.current();
    if (!row) return true;
    const above = this.#rows.entry(folderOf(row.entry.path));
    if (row.open) this.#actions.fold(row.entry.path, false);
    else if (above) this.#choose(above, true);
    return true;
  }

  activate() {
    const row = this.current();
    if (row && isFolder(row.entry)) this.#actions.fold(row.entry.path, !row.open);
    else if (row) this.#actions.activate(row.entry);
    return true;
  }

  /** Move the selection from a row that went: to the folder that was closed over it, or to what took its place. */
  #succeed(index) {
    const { visible } = this.#rows;
    const folder = foldersAbove(this.selected).findLast((path) => this.#rows.indexOf(path) >= 0);
    const above = visible[this.#rows.indexOf(folder)];
    const next = nearestEntry(visible, Math.min(index, visible.length - 1), -1);
    const row = above && !above.open ? above : visible[next ?? -1];
    this.selected = row?.entry.path ?? "";
    if (row) this.#actions.select(row.entry, false);
  }

  #choose(entry, byKey) {
    this.select(entry.path);
    this.#actions.select(entry, byKey);
  }

  #listen() {
    this.tree.addEventListener("scroll", () => this.#paintSoon());
    this.tree.addEventListener("keydown", (event) => this.#onKey(event));
    this.canvas.addEventListener("click", (event) => this.#onClick(event));
    this.canvas.addEventListener("dblclick", (event) => this.#onDoubleClick(event));
    this.tree.addEventListener("contextmenu", (event) => this.#onContextMenu(event));
    this.drag = new RowDrag(this.tree, {
      rowAt: (event) => this.#rowAt(event),
      aim: (folder) => this.#aimDrop(folder),
      drop: (folder, data) => this.#actions.drop(folder, data),
      move: (path, folder) => this.#actions.move(path, folder),
      open: (folder) => this.#actions.fold(folder, true),
    });
    this.resizing = new ResizeObserver(() => this.#paintSoon());
    this.resizing.observe(this.tree);
    this.aging = setInterval(() => this.paint(), AGE_MS); // "2 min ago" becomes 3
  }

  #paintSoon() {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.paint());
  }

  #later(milliseconds, action) {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      action();
    }, milliseconds);
    this.#timers.add(timer);
  }

  /** Rows in view, one screen above and below, and the selected one: a screen reader looks it up by its id. */
  #indexesToPaint(active) {
    const screen = Math.ceil(this.tree.clientHeight / ROW_PX) + 1;
    const first = Math.max(0, Math.floor(this.tree.scrollTop / ROW_PX) - screen);
    const last = Math.min(this.#rows.visible.length, first + 3 * screen);
    const indexes = Array.from({ length: Math.max(0, last - first) }, (_, offset) => first + offset);
    if (active >= 0 && active < first) indexes.unshift(active);
    if (active >= last) indexes.push(active);
    return indexes;
  }

  #paintRow(index, now) {
    const row = this.#rows.visible[index];
    const state = this.#stateOf(row, now);
    const stamp = rowStamp(row, state);
    const known = this.#painted.get(row.key);
    const node = known?.stamp === stamp ? known.node : rowElement(row, state);
    if (node !== known?.node) known?.node.remove();
    this.#painted.set(row.key, { node, stamp });
    this.#rowOf.set(node, row);
    node.id = this.#rowId(index);
    setAttribute(node, "--at", index);
    setAttribute(node, "data-drop", row.key === this.#dropFolder); // in place: a drag must not lose its target
    return node;
  }

  #stateOf(row, now) {
    return {
      selected: row.key === this.selected,
      fresh: this.#fresh.has(row.key),
      uploaded: this.uploads.get(row.key),
      mark: row.entry ? this.marks.markOf(row.key, isFolder(row.entry)) : "",
      hidden: this.marks.hidden.get(row.key) ?? 0,
      cut: row.key === this.marks.cut,
      now,
    };
  }

  #rowId(index) {
    return `${this.#name}-${index}`;
  }

  #drop(key, node) {
    node.remove();
    this.#painted.delete(key);
  }

  /** A long folder goes on when its end comes into view. */
  #fetchMore() {
    const top = this.tree.scrollTop - this.tree.clientHeight;
    const bottom = this.tree.scrollTop + 2 * this.tree.clientHeight;
    for (const key of this.#painted.keys()) {
      const row = this.#rows.visible[this.#rows.indexOf(key)];
      const place = this.#rows.indexOf(key) * ROW_PX;
      if (row?.kind === "more" && place >= top && place <= bottom) this.#actions.more(row.folder);
    }
  }

  #rowAt(event) {
    const node = event.target instanceof Element ? event.target.closest(".sfs-row") : null;
    return node ? this.#rowOf.get(node) : undefined;
  }

  #onClick(event) {
    const row = this.#rowAt(event);
    this.focus();
    if (row?.kind !== "entry") return;
    this.#choose(row.entry, false);
    if (isFolder(row.entry)) this.#actions.fold(row.entry.path, !row.open);
    else this.#actions.activate(row.entry);
  }

  #onKey(event) {
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
    const act = plain && TREE_KEYS[event.key];
    const typing = event.timeStamp - this.#typed.at < TYPING_MS;
    const used = act ? act(this) : (!typing && this.#actions.key(event)) || (plain && this.#typeAhead(event));
    if (used) event.preventDefault();
  }

  /** Jump to the next name that starts with what was typed without a pause. */
  #typeAhead(event) {
    if ([...event.key].length !== 1 || event.key === " ") return false;
    const typing = event.timeStamp - this.#typed.at < TYPING_MS;
    this.#typed = { text: (typing ? this.#typed.text : "") + event.key.toLowerCase(), at: event.timeStamp };
    const { visible } = this.#rows;
    const from = Math.max(0, this.#rows.indexOf(this.selected)) + (typing ? 0 : 1);
    const round = [...visible.slice(from), ...visible.slice(0, from)];
    const found = round.find((row) => row.entry?.name.toLowerCase().startsWith(this.#typed.text));
    if (found) this.#choose(found.entry, true);
    return true;
  }

  #aimDrop(folder) {
    if (folder === this.#dropFolder) return;
    this.#dropFolder = folder;
    setAttribute(this.tree, "data-drop", folder === "/");
    this.paint();
  }

  #onDoubleClick(event) {
    event.preventDefault();
    const row = this.#rowAt(event);
    if (row?.kind === "entry" && !isFolder(row.entry)) this.#actions.edit(row.entry);
  }

  #onContextMenu(event) {
    event.preventDefault();
    event.stopPropagation();
    const row = this.#rowAt(event);
    if (row?.entry && row.key !== this.selected) this.#choose(row.entry, false);
    this.#actions.menu(row?.entry ?? null, { x: event.clientX, y: event.clientY });
  }

  /** Where a menu for the selected row belongs. @returns {HTMLElement} */
  menuAnchor() {
    return this.#painted.get(this.selected)?.node.querySelector(".sfs-label") ?? this.tree;
  }

  #columnButton(column, label) {
    const node = element("button", { type: "button", "data-column": column }, label);
    node.addEventListener("click", () => {
      const { order } = this.#rows;
      this.#actions.sort(column, order.column === column && !order.descending);
      this.#markOrder();
    });
    return node;
  }

  #markOrder() {
    const { column, descending } = this.#rows.order;
    for (const node of /** @type {HTMLElement[]} */ ([...this.columns.children])) {
      const chosen = node.dataset.column === column;
      setAttribute(node, "aria-pressed", String(chosen));
      setAttribute(node, "data-descending", chosen && descending);
      node.querySelector("svg")?.remove();
      if (chosen) node.append(icon("down"));
    }
  }
}

/** @returns {number|null} index of the first entry from `start` in a direction */
function nearestEntry(rows, start, direction) {
  for (let index = start; index >= 0 && index < rows.length; index += direction) {
    if (rows[index].kind === "entry") return index;
  }
  return null;
}

/** Make nodes the children of a parent in this order; those in place are not touched, so that nothing starts anew. */
function placeInOrder(parent, nodes) {
  let next = parent.firstChild;
  for (const node of nodes) {
    if (node === next) next = next.nextSibling;
    else parent.insertBefore(node, next);
  }
}
