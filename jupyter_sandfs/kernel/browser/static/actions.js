/** What the reader can do, by key and by menu: one table for both, so that they never differ. */

import { openKeyHelp } from "./keyhelp.js";
import { entryToCome, isFolder } from "./rows.js";

/**
 * @typedef {import("./rows.js").FsEntry} FsEntry
 * @typedef {object} Deed
 * @property {string} label
 * @property {string} iconName
 * @property {string} keys shown beside it
 * @property {string} on key of the keyboard event; `Control+` stands for Ctrl and Cmd
 * @property {(browser: any, entry: FsEntry|null) => void} run
 * @property {(browser: any, entry: FsEntry|null) => boolean} [when] there is something to do
 */

const onFile = (_browser, entry) => entry !== null && !isFolder(entry) && !entry.gone;
const onEntry = (_browser, entry) => entry !== null && !entry.gone;
const asOwner = (browser) => browser.owner;

/** @type {Record<string, Deed>} */
const DEEDS = {
  preview: { label: "Preview", iconName: "text", keys: "Enter", on: "", run: (b, e) => b.openSide(e), when: onFile },
  edit: { label: "Edit", iconName: "pencil", keys: "E", on: "e", run: (b, e) => b.attempt(() => b.sides.edit(e)), when: onFile },
  newFile: { label: "New file…", iconName: "new-file", keys: "N", on: "n", run: (b) => b.readOnly || b.commands.newFile(b.path) },
  newFolder: { label: "New folder…", iconName: "new-folder", keys: "⇧ N", on: "N", run: (b) => b.readOnly || b.commands.newFolder(b.path) },
  upload: { label: "Upload…", iconName: "upload", keys: "U", on: "u", run: (b) => b.readOnly || b.arrivals.pick() },
  download: { label: "Download", iconName: "download", keys: "D", on: "d", run: (b, e) => b.transfers.download(e), when: onEntry },
  zip: { label: "Download all as zip", iconName: "download", keys: "", on: "", run: (b) => b.transfers.download({ ...entryToCome("/"), entryType: "directory" }) },
  rename: { label: "Rename…", iconName: "pencil", keys: "F2", on: "F2", run: (b, e) => b.commands.rename(e), when: onEntry },
  cut: { label: "Cut", iconName: "cut", keys: "Ctrl X", on: "Control+x", run: (b, e) => b.cut(e), when: onEntry },
  paste: { label: "Paste here", iconName: "paste", keys: "Ctrl V", on: "Control+v", run: (b) => b.paste(), when: (b) => b.cutPath !== "" },
  copyPath: { label: "Copy path", iconName: "copy", keys: "Ctrl C", on: "Control+c", run: (b, e) => b.copy(e.path), when: onEntry },
  remove: { label: "Delete", iconName: "trash", keys: "Del", on: "Delete", run: (b, e) => b.commands.remove(e), when: onEntry },
  undo: { label: "Undo", iconName: "undo", keys: "Ctrl Z", on: "Control+z", run: (b) => b.commands.undo() },
  filter: { label: "Filter files", iconName: "search", keys: "/", on: "/", run: (b) => b.head.filter.focus() },
  history: { label: "History", iconName: "history", keys: "H", on: "h", run: (b) => b.attempt(() => b.past.toggle()) },
  earlier: { label: "Earlier", iconName: "left", keys: "[", on: "[", run: (b) => b.history.step(-1), when: (b) => b.history.open },
  later: { label: "Later", iconName: "chevron", keys: "]", on: "]", run: (b) => b.history.step(1), when: (b) => b.history.open },
  store: { label: "Staging store", iconName: "store", keys: "S", on: "s", run: (b) => b.attempt(() => b.shelf.toggle()), when: asOwner },
  publish: { label: "Publish to the store…", iconName: "stage", keys: "P", on: "p", run: (b, e) => b.attempt(() => b.shelf.publish(e)), when: (b, e) => b.owner && onFile(b, e) },
  lens: { label: "View as…", iconName: "eye", keys: "V", on: "v", run: (b) => b.attempt(() => b.eyes.next()), when: asOwner },
  why: { label: "What the view may do", iconName: "lock", keys: "W", on: "w", run: (b, e) => b.attempt(() => b.sides.openRules(e)), when: (b, e) => b.lens.view !== "" && e !== null },
  reload: { label: "List again", iconName: "reload", keys: "", on: "", run: (b) => b.reloadAll() },
  keys: { label: "All keys", iconName: "keys", keys: "?", on: "?", run: (b) => openKeyHelp(b) },
  leave: { label: "Close", iconName: "close", keys: "Esc", on: "Escape", run: (b) => b.leave() },
};

/** Keys that mean something else while the history is open. @type {Record<string, (browser: any) => void>} */
const HISTORY_KEYS = { n: (browser) => browser.attempt(() => browser.past.step(1)), p: (browser) => browser.attempt(() => browser.past.step(-1)) };

const BY_KEY = new Map(Object.values(DEEDS).map((deed) => [deed.on, deed]));
BY_KEY.delete("");
const ROW_MENU = "preview edit | rename cut paste copyPath | download publish | newFile newFolder upload | why remove";
const MORE_MENU = "newFile newFolder upload | paste undo | zip reload | history store lens | keys";
const CHANGING = new Set(["newFile", "newFolder", "upload", "paste"]);

/**
 * Do what a key stands for.
 * @param {any} browser @param {KeyboardEvent} event @param {FsEntry|null} entry the selected one
 * @returns {boolean} whether it stands for something
 */
export function doByKey(browser, event, entry) {
  const command = event.ctrlKey || event.metaKey;
  if (event.altKey) return false;
  const inHistory = !command && browser.history.open && HISTORY_KEYS[event.key];
  if (inHistory) {
    inHistory(browser);
    return true;
  }
  const deed = BY_KEY.get(command ? `Control+${event.key.toLowerCase()}` : event.key);
  if (!deed || !isPossible(deed, browser, entry)) return false;
  deed.run(browser, entry);
  return true;
}

/** @param {any} browser @param {FsEntry|null} entry @returns {(import("./menu.js").MenuItem|null)[]} */
export function rowMenu(browser, entry) {
  return menuOf(ROW_MENU, browser, entry);
}

/** @param {any} browser @returns {(import("./menu.js").MenuItem|null)[]} */
export function moreMenu(browser) {
  return menuOf(MORE_MENU, browser, null);
}

function menuOf(names, browser, entry) {
  const groups = names.split(" | ").map((group) => group.split(" ").flatMap((name) => itemOf(name, browser, entry)));
  return groups.filter((group) => group.length > 0).flatMap((group, index) => (index === 0 ? group : [null, ...group]));
}

function itemOf(name, browser, entry) {
  const deed = DEEDS[name];
  if (!isPossible(deed, browser, entry)) return [];
  const { label, iconName, keys } = deed;
  const disabled = CHANGING.has(name) && browser.readOnly;
  return [{ label, iconName, keys, disabled, run: () => deed.run(browser, entry) }];
}

function isPossible(deed, browser, entry) {
  return deed.when ? deed.when(browser, entry) : true;
}
