/** The list of all keys, over the widget until Esc. */

import { element, keyCap, toolButton } from "./elements.js";

/** @type {[string, [string, string][]][]} */
const KEY_GROUPS = [
  [
    "Move",
    [
      ["↑ ↓", "to the next row"],
      ["→ ←", "open and close a folder"],
      ["Home End", "to the first and last row"],
      ["a…z", "to a name that begins so"],
      ["Shift ↓", "select as you go; also Shift click"],
      ["Ctrl Space", "select or leave out; also Ctrl click"],
      ["Ctrl A", "select all"],
      ["/", "filter all files"],
      ["Tab", "from part to part"],
    ],
  ],
  [
    "Files",
    [
      ["Enter", "preview, or fold a folder"],
      ["Alt E", "edit a text"],
      ["Alt N", "new file"],
      ["Alt ⇧ N", "new folder"],
      ["F2", "rename"],
      ["Del", "delete"],
      ["Ctrl X", "cut, then Ctrl V in a folder"],
      ["Ctrl C", "copy the path"],
      ["Ctrl Z", "undo what was done here"],
      ["Alt U", "upload"],
      ["Alt D", "download"],
      ["Menu", "all actions; also Shift F10"],
    ],
  ],
  [
    "Look",
    [
      ["Alt H", "history"],
      ["[ ]", "to earlier and later moments"],
      ["Alt ↓", "in the history: next change; Alt ↑ before"],
      ["Alt S", "staging store"],
      ["Alt P", "publish to the store"],
      ["Alt V", "view as somebody else"],
      ["Alt W", "why something is hidden"],
      ["Esc", "back to the tree"],
    ],
  ],
];

/** Show the keys over the widget. @param {any} browser */
export function openKeyHelp(browser) {
  const close = () => {
    help.remove();
    browser.tree.focus();
  };
  const help = keyHelp(browser, close);
  browser.element.append(help);
  /** @type {HTMLElement} */ (help.querySelector("button")).focus();
}

/**
 * @param {{owner: boolean}} reader
 * @param {() => void} onClose
 * @returns {HTMLElement} a dialog
 */
function keyHelp({ owner }, onClose) {
  const close = toolButton("close", "Close (Esc)", onClose);
  const owners = new Set(["Alt S", "Alt P", "Alt V", "Alt W"]);
  const groups = KEY_GROUPS.map(([title, rows]) =>
    element(
      "section",
      {},
      element("h4", {}, title),
      element(
        "dl",
        {},
        ...rows
          .filter(([keys]) => owner || !owners.has(keys))
          .map(([keys, does]) =>
            element("div", {}, element("dt", {}, ...keys.split(" ").map(keyCap)), element("dd", {}, does)),
          ),
      ),
    ),
  );
  const head = element("div", { class: "sfs-bar" }, element("b", {}, "All keys"), element("span", { class: "sfs-spread" }), close);
  const body = element("div", { class: "sfs-keys-body", tabindex: 0, role: "group", "aria-label": "Keys" }, ...groups);
  const dialog = element("div", { class: "sfs-keys", role: "dialog", "aria-label": "All keys" }, head, body);
  dialog.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Escape") onClose();
  });
  return dialog;
}
