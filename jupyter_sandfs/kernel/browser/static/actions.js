/** What the reader can do, by key and by menu: one table for both, so that they never differ. */

import { openKeyHelp } from "./keyhelp.js";
import { keyName } from "./keynames.js";
import { entryToCome, isFolder } from "./rows.js";

/**
 * @typedef {import("./rows.js").FsEntry} FsEntry
 * @typedef {object} Deed
 * @property {string} label
 * @property {string} iconName
 * @property {string} keys shown beside it
 * @property {string} on name of the key, as `keyName` gives it: letters alone are for going to a name
 * @property {(browser: any, entry: FsEntry|null) => void} run
 * @property {(browser: any, entry: FsEntry|null) => boolean} [when] there is something to do
 */

const onFile = (_browser, entry) => entry !== null && !isFolder(entry) && !entry.gone;
const onEntry = (_browser, entry) => entry !== null && !entry.gone;
const asOwner = (browser) => browser.owner;

/** @type {Record<string, Deed>} */
const DEEDS = {
  preview: { label: "Preview", iconName: "text", keys: "Enter", on: "", run: (b, e) => b.openSide(e), when: onFile },
  edit: { label: "Edit", iconName: "pencil", keys: "Alt E", on: "Alt+e", run: (b, e) => b.attempt(() => b.sides.edit(e)), when: onFile },
  newFile: { label: "New file…", iconName: "new-file", keys: "Alt N", on: "Alt+n", run: (b) => b.readOnly || b.commands.newFile(b.path) },
  newFolder: { label: "New folder…", iconName: "new-folder", keys: "Alt ⇧ N", on: "Alt+Shift+n", run: (b) => b.readOnly || b.commands.newFolder(b.path) },
  upload: { label: "Upload…", iconName: "upload", keys: "Alt U", on: "Alt+u", run: (b) => b.readOnly || b.arrivals.pick() },
  download: { label: "Download", iconName: "download", keys: "Alt D", on: "Alt+d", run: (b) => b.chosen().forEach((each) => b.transfers.download(each)), when: onEntry },
  zip: { label: "Download all as zip", iconName: "download", keys: "", on: "", run: (b) => b.transfers.download({ ...entryToCome("/"), entryType: "directory" }) },
  rename: { label: "Rename…", iconName: "pencil", keys: "F2", on: "F2", run: (b, e) => b.commands.rename(e), when: onEntry },
  cut: { label: "Cut", iconName: "cut", keys: "Ctrl X", on: "Control+x", run: (b) => b.clipboard.cut(b.chosen()), when: onEntry },
  paste: { label: "Paste here", iconName: "paste", keys: "Ctrl V", on: "Control+v", run: (b) => b.clipboard.paste(), when: (b) => b.tree.marks.cut.size > 0 },
  copyPath: { label: "Copy path", iconName: "copy", keys: "Ctrl C", on: "Control+c", run: (b) => b.clipboard.copy(b.chosen().map((each) => each.path)), when: onEntry },
  remove: { label: "Delete", iconName: "trash", keys: "Del", on: "Delete", run: (b) => b.commands.remove(b.chosen()), when: onEntry },
  undo: { label: "Undo", iconName: "undo", keys: "Ctrl Z", on: "Control+z", run: (b) => b.commands.undo() },
  filter: { label: "Filter files", iconName: "search", keys: "/", on: "/", run: (b) => b.head.filter.focus() },
  history: { label: "History", iconName: "history", keys: "Alt H", on: "Alt+h", run: (b) => b.attempt(() => b.past.toggle()) },
  earlier: { label: "Earlier", iconName: "left", keys: "[", on: "[", run: (b) => b.history.step(-1), when: (b) => b.history.open },
  later: { label: "Later", iconName: "chevron", keys: "]", on: "]", run: (b) => b.history.step(1), when: (b) => b.history.open },
  nextChange: { label: "Next change", iconName: "down", keys: "Alt ↓", on: "Alt+ArrowDown", run: (b) => b.attempt(() => b.past.step(1)), when: (b) => b.history.open },
  lastChange: { label: "Change before", iconName: "down", keys: "Alt ↑", on: "Alt+ArrowUp", run: (b) => b.attempt(() => b.past.step(-1)), when: (b) => b.history.open },
  store: { label: "Staging store", iconName: "store", keys: "Alt S", on: "Alt+s", run: (b) => b.attempt(() => b.shelf.toggle()), when: asOwner },
  publish: { label: "Publish to the store…", iconName: "stage", keys: "Alt P", on: "Alt+p", run: (b, e) => b.attempt(() => b.shelf.publish(e)), when: (b, e) => b.owner && onFile(b, e) },
  lens: { label: "View as…", iconName: "eye", keys: "Alt V", on: "Alt+v", run: (b) => b.attempt(() => b.eyes.next()), when: asOwner },
  why: { label: "What the view may do", iconName: "lock", keys: "Alt W", on: "Alt+w", run: (b, e) => b.attempt(() => b.sides.openRules(e)), when: (b, e) => b.lens.view !== "" && e !== null },
  reload: { label: "List again", iconName: "reload", keys: "", on: "", run: (b) => b.reloadAll() },
  keys: { label: "All keys", iconName: "keys", keys: "?", on: "?", run: (b) => openKeyHelp(b) },
  leave: { label: "Close", iconName: "close", keys: "Esc", on: "Escape", run: (b) => b.leave() },
};

const BY_KEY = new Map(Object.values(DEEDS).map((deed) => [deed.on, deed]));
BY_KEY.delete("");
const ROW_MENU = "preview edit | rename cut paste copyPath | download publish | newFile newFolder upload | why remove";
const MORE_MENU = "newFile newFolder upload | paste undo | zip reload | history store lens | keys";
const FOR_ONE = new Set(["preview", "edit", "rename", "publish", "why"]);
const CHANGING = new Set(["newFile", "newFolder", "upload", "paste"]);

/**
 * Do what a key stands for.
 * @param {any} browser @param {KeyboardEvent} event @param {FsEntry|null} entry the selected one
 * @returns {boolean} whether it stands for something
 */
export function doByKey(browser, event, entry) {
  const deed = BY_KEY.get(keyName(event));
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
  const several = entry !== null && browser.chosen().length > 1;
  if (!isPossible(deed, browser, entry) || (several && FOR_ONE.has(name))) return [];
  const { label, iconName, keys } = deed;
  const disabled = CHANGING.has(name) && browser.readOnly;
  return [{ label, iconName, keys, disabled, run: () => deed.run(browser, entry) }];
}

function isPossible(deed, browser, entry) {
  return deed.when ? deed.when(browser, entry) : true;
}
