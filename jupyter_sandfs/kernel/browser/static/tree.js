/** The tree: rows in view and one screen around them are in the page, whatever the number of files. */

import { folderOf, foldersAbove } from "./format.js";
import { element, setAttribute } from "./elements.js";
import { isCommand, keyName } from "./keynames.js";
import { isFolder } from "./rows.js";
import { RowCanvas } from "./canvas.js";
import { columnHeads } from "./columns.js";
import { RowDrag } from "./drag.js";
import { Selection } from "./selection.js";
import { choiceOf, stepChoice, STEPS, TREE_KEYS } from "./treekeys.js";
import { TypeAhead } from "./typeahead.js";

const ROW_PX = 24; // --sfs-row
const FADE_MS = 1600;
const AGE_MS = 30_000;
const FRESH_MAX = 500;

/** @typedef {import("./selection.js").Choice} Choice */

/**
 * @typedef {object} TreeActions
 * @property {(entry: import("./rows.js").FsEntry, byKey: boolean) => void} select
 * @property {(folder: string, open: boolean) => void} fold
 * @property {(entry: import("./rows.js").FsEntry) => void} activate
 * @property {(folder: string, place: number) => Promise<boolean>} more list the page of a folder that holds a place
 * @property {(folder: string, text: string, after: number) => Promise<number|null>} seek where a name is that begins so
 * @property {(column: string, descending: boolean) => void} sort
 * @property {(folder: string, data: DataTransfer) => void} drop
 * @property {(paths: string[], folder: string) => void} move
 * @property {(entry: import("./rows.js").FsEntry) => void} edit
 * @property {(entry: import("./rows.js").FsEntry|null, where: {x: number, y: number}) => void} menu
 * @property {(count: number) => void} chosen how many rows are now
 * @property {(count: number) => void} tooMany were meant to be: so many are
 * @property {(event: KeyboardEvent) => boolean} key a key that is none of the tree's
 */

export class TreeView {
  /** Path to the part of it that was uploaded. @type {Map<string, number>} */
  uploads = new Map();
  /** What else rows show: the history's marks, what the lens hides, what was cut. */
  marks = { markOf: (_path, _folder) => "", hidden: new Map(), cut: new Set() };
  #rows;
  #actions;
  #fresh = new Set();
  #typed = new TypeAhead();
  #fetching = new Set();
  #aim = -1;
  #dropFolder = null;
  #frame = 0;
  #timers = new Set();

  /** @param {import("./rows.js").Rows} rows @param {string} label @param {TreeActions} actions */
  constructor(rows, label, actions) {
    this.#rows = rows;
    this.#actions = actions;
    this.selection = new Selection(rows);
    this.columns = columnHeads(rows, (column, descending) => actions.sort(column, descending));
    this.canvas = new RowCanvas(rows);
    const facts = { role: "tree", "aria-label": label, "aria-multiselectable": "true" };
    this.tree = element("div", { class: "sfs-tree", tabindex: 0, ...facts }, this.canvas.element);
    this.element = element("div", { class: "sfs-pane sfs-tree-pane" }, this.columns, this.tree);
    this.#listen();
  }

  /** @returns {string} path of the row that has the keyboard, or empty */
  get selected() {
    return this.selection.focused;
  }

  /** Take up what changed in the rows; the row at the top of the view stays where it is. */
  update() {
    const top = this.#rows.at(Math.floor(this.tree.scrollTop / ROW_PX));
    const rest = this.tree.scrollTop % ROW_PX;
    const before = this.#rows.indexOf(this.selected);
    this.#rows.flatten();
    if (before >= 0 && this.#rows.indexOf(this.selected) < 0 && !this.#rows.searching) this.#succeed(before);
    if (!this.#rows.searching) this.selection.prune();
    this.canvas.fit();
    const place = top === undefined || this.tree.scrollTop === 0 ? -1 : this.#rows.indexOf(top.key);
    if (place >= 0) this.tree.scrollTop = place * ROW_PX + rest;
    this.paint();
  }

  /** Bring the page in line with the rows in view. */
  paint() {
    const now = Date.now();
    const active = this.#rows.indexOf(this.selected);
    this.canvas.paint(this.#indexesToPaint(active), (row) => this.#stateOf(row, now), this.#dropFolder);
    setAttribute(this.tree, "aria-activedescendant", active >= 0 && this.canvas.idOf(active));
    this.#fetchMore();
    this.#actions.chosen(this.selection.chosen.size);
  }

  /**
   * @param {string} path selects it; a path that is not on view waits until it is
   * @param {{scroll?: boolean}} options
   */
  select(path, { scroll = true } = {}) {
    this.selection.only(path);
    if (scroll) this.scrollTo(path);
    this.paint();
  }

  /** @param {string} path @returns {void} */
  scrollTo(path) {
    this.#scrollToRow(this.#rows.indexOf(path));
  }

  #scrollToRow(index) {
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
    return this.#rows.at(this.#rows.indexOf(this.selected));
  }

  /** @returns {number} */
  rowsInView() {
    return Math.max(1, Math.floor(this.tree.clientHeight / ROW_PX) - 1);
  }

  /** @param {string} folder @returns {number[]} the places of its entries that are in the page */
  placesOnView(folder) {
    const inFolder = (row) => row.folder === folder && row.kind !== "note";
    return this.canvas.painted().filter(inFolder).map((row) => row.position - 1);
  }

  /** Go to the entry so many rows further down; remarks are passed over. @param {number} count @param {Choice} how */
  step(count, how = "only") {
    const from = this.#rows.indexOf(this.selected);
    const aim = Math.max(0, Math.min(this.#rows.length - 1, from < 0 && count > 0 ? count - 1 : from + count));
    this.#goTo(aim, Math.sign(count), how);
    return true;
  }

  /** Choose the row with the keyboard too, or let go of it. */
  toggle() {
    const entry = this.current()?.entry;
    if (entry) this.#choose(entry, true, "toggle");
    return true;
  }

  chooseAll() {
    this.#showChosen(this.selection.all());
    return true;
  }

  chooseOne() {
    const were = this.selection.reduce();
    if (were) this.#showChosen(true);
    return were;
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
    if (this.#rows.at(index)?.kind === "wait") return; // it may still be there
    const folder = foldersAbove(this.selected).findLast((path) => this.#rows.indexOf(path) >= 0);
    const above = this.#rows.at(this.#rows.indexOf(folder ?? ""));
    const next = nearestEntry(this.#rows, Math.min(index, this.#rows.length - 1), -1);
    const row = above && !above.open ? above : this.#rows.at(next ?? -1);
    this.selection.only(row?.entry?.path ?? "");
    if (row?.entry) this.#actions.select(row.entry, false);
  }

  /** Go to a row; one that is not listed yet is waited for, unless the reader goes elsewhere meanwhile. */
  #goTo(index, direction, how) {
    this.#aim = index;
    const row = this.#rows.at(index);
    if (row?.kind === "wait") {
      this.#scrollToRow(index);
      void this.#actions.more(row.folder, row.position - 1).then((came) => {
        if (came && this.#aim === index) this.#goTo(index, direction, how);
      });
      return;
    }
    const place = nearestEntry(this.#rows, index, direction) ?? nearestEntry(this.#rows, index, -direction);
    const entry = place === null ? undefined : this.#rows.at(place).entry;
    if (entry) this.#choose(entry, true, how);
  }

  /** @param {Choice} how */
  #choose(entry, byKey, how = "only") {
    const all = this.selection.take(entry.path, how);
    this.scrollTo(entry.path);
    this.#showChosen(all);
    this.#actions.select(entry, byKey && how === "only");
  }

  #showChosen(all) {
    this.paint();
    if (!all) this.#actions.tooMany(this.selection.chosen.size);
  }

  #listen() {
    this.tree.addEventListener("scroll", () => this.#paintSoon());
    this.tree.addEventListener("keydown", (event) => this.#onKey(event));
    this.canvas.element.addEventListener("click", (event) => this.#onClick(event));
    this.canvas.element.addEventListener("dblclick", (event) => this.#onDoubleClick(event));
    this.tree.addEventListener("contextmenu", (event) => this.#onContextMenu(event));
    this.drag = new RowDrag(this.tree, {
      rowAt: (event) => this.canvas.rowAt(event),
      aim: (folder) => this.#aimDrop(folder),
      drop: (folder, data) => this.#actions.drop(folder, data),
      chosen: (path) => this.pathsWith(path),
      move: (paths, folder) => this.#actions.move(paths, folder),
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
    const last = Math.min(this.#rows.length, first + 3 * screen);
    const indexes = Array.from({ length: Math.max(0, last - first) }, (_, offset) => first + offset);
    if (active >= 0 && active < first) indexes.unshift(active);
    if (active >= last) indexes.push(active);
    return indexes;
  }

  #stateOf(row, now) {
    return {
      selected: this.selection.has(row.key),
      focused: row.key === this.selected,
      fresh: this.#fresh.has(row.key),
      uploaded: this.uploads.get(row.key),
      mark: row.entry ? this.marks.markOf(row.key, isFolder(row.entry)) : "",
      hidden: this.marks.hidden.get(row.key) ?? 0,
      cut: this.marks.cut.has(row.key),
      now,
    };
  }

  /** What is in view and not listed yet is asked for, one page of a folder at a time. */
  #fetchMore() {
    for (const row of this.canvas.painted()) {
      if (row.kind !== "wait" || this.#fetching.has(row.folder)) continue;
      this.#fetching.add(row.folder);
      void this.#actions.more(row.folder, row.position - 1).then((came) => {
        this.#fetching.delete(row.folder);
        if (came) this.#paintSoon();
      });
    }
  }

  #onClick(event) {
    const row = this.canvas.rowAt(event);
    this.focus();
    if (row?.kind !== "entry") return;
    const how = choiceOf(event);
    this.#choose(row.entry, false, how);
    if (how !== "only") return;
    if (isFolder(row.entry)) this.#actions.fold(row.entry.path, !row.open);
    else this.#actions.activate(row.entry);
  }

  #onKey(event) {
    const typing = this.#typed.goesOn(event) && !isCommand(event);
    const step = event.altKey ? undefined : STEPS[event.key];
    const act = typing && event.key === " " ? undefined : TREE_KEYS[keyName(event)];
    const moved = step ? this.step(step(this), stepChoice(event)) : act?.(this);
    if (moved) this.#typed.end();
    if (moved || this.#onOtherKey(event, typing)) event.preventDefault();
  }

  #onOtherKey(event, typing) {
    const plain = !isCommand(event) && !event.altKey;
    return (!typing && this.#actions.key(event)) || (plain && this.#typeAhead(event));
  }

  /** Jump to the next name that starts with what was typed; in a long folder the kernel looks for it too. */
  #typeAhead(event) {
    const goesOn = this.#typed.goesOn(event);
    if (!this.#typed.take(event)) return false;
    const { text } = this.#typed;
    const from = Math.max(0, this.#rows.indexOf(this.selected)) + (goesOn ? 0 : 1);
    const found = this.#rows.find(from, (entry) => entry.name.toLowerCase().startsWith(text));
    if (found >= 0) this.#goTo(found, 1, "only");
    else void this.#seek(text);
    return true;
  }

  async #seek(text) {
    const row = this.current();
    const folder = row?.folder ?? "/";
    if (this.#rows.searching || this.#rows.folder(folder)?.whole !== false) return;
    const place = await this.#actions.seek(folder, text, row?.position ?? 0);
    if (place !== null && this.#typed.text === text) this.#goTo(this.#rows.indexOf(`${folder}\0${place}`), 1, "only");
  }

  #aimDrop(folder) {
    if (folder === this.#dropFolder) return;
    this.#dropFolder = folder;
    setAttribute(this.tree, "data-drop", folder === "/");
    this.paint();
  }

  #onDoubleClick(event) {
    event.preventDefault();
    const row = this.canvas.rowAt(event);
    if (row?.kind === "entry" && !isFolder(row.entry)) this.#actions.edit(row.entry);
  }

  #onContextMenu(event) {
    event.preventDefault();
    event.stopPropagation();
    const row = this.canvas.rowAt(event);
    if (row?.entry && !this.selection.has(row.key)) this.#choose(row.entry, false);
    this.#actions.menu(row?.entry ?? null, { x: event.clientX, y: event.clientY });
  }

  /** @param {string} path of a row that is dragged @returns {string[]} what goes with it: what is chosen, if it is */
  pathsWith(path) {
    return this.selection.has(path) ? [...this.selection.chosen] : [path];
  }

  /** Where a menu for the selected row belongs. @returns {HTMLElement} */
  menuAnchor() {
    return this.canvas.nodeOf(this.selected)?.querySelector(".sfs-label") ?? this.tree;
  }
}

/** @returns {number|null} index of the first row from `start` in a direction that is no remark, if it is listed */
function nearestEntry(rows, start, direction) {
  let index = start;
  while (rows.at(index)?.kind === "note") index += direction || 1;
  return rows.at(index)?.kind === "entry" ? index : null;
}
