/** One row of the tree as an element. */

import { momentText, sizeText, whenText } from "./format.js";
import { icon, kindOf } from "./icons.js";
import { element, meter } from "./elements.js";
import { isFolder } from "./rows.js";

/**
 * @typedef {object} RowState what a row shows besides its entry
 * @property {boolean} selected
 * @property {boolean} focused it has the keyboard
 * @property {boolean} fresh just changed
 * @property {number|undefined} uploaded part of an upload that arrived, 0 to 1
 * @property {string} mark how it differs from the moment of the history: added, changed, removed, inside or nothing
 * @property {number} hidden names in it that the view hides, which the lens tells
 * @property {boolean} cut will be moved when it is pasted
 * @property {number} now milliseconds
 */

/** Flag of an entry to icon and label. */
const BADGES = {
  restricted: ["hidden", "hidden from some"],
  readOnly: ["lock", "read-only"],
  dynamic: ["live", "computed when read"],
  appendOnly: ["append", "append-only"],
  symlinkTarget: ["link", "link"],
};

/** Mark to sign and label. */
const MARK_SIGNS = {
  added: ["+", "added"],
  changed: ["~", "changed"],
  removed: ["−", "removed"],
  inside: ["•", "changes inside"],
};

/**
 * @param {import("./rows.js").TreeRow} row
 * @param {RowState} state
 * @returns {string} equal for rows that look the same
 */
export function rowStamp(row, state) {
  const { entry } = row;
  const facts = entry
    ? [entry.etag, entry.name, entry.size, entry.version, whenOf(entry, state.now), badgesOf(entry)]
    : row.text;
  const { selected, focused, fresh, uploaded, mark, hidden, cut } = state;
  const place = [row.level, row.position, row.siblings, row.open];
  return JSON.stringify([place, facts, selected, focused, fresh, uploaded, mark, hidden, cut]);
}

/** @param {import("./rows.js").TreeRow} row @param {RowState} state @returns {HTMLElement} */
export function rowElement(row, state) {
  return row.entry ? entryElement(row, row.entry, state) : remarkElement(row);
}

function entryElement(row, entry, state) {
  const uploading = state.uploaded !== undefined;
  const figures = uploading ? [`${Math.floor(state.uploaded * 100)} %`, "uploading", ""] : figuresOf(entry, state.now);
  return element(
    "div",
    {
      ...treeItem(row, entry, state),
      class: "sfs-row",
      "data-path": entry.path,
      "data-fresh": state.fresh,
      "data-mark": state.mark || null,
      "data-cut": state.cut,
      "data-focused": state.focused,
      draggable: uploading || entry.gone ? null : "true",
    },
    nameElement(row, entry, state),
    element("span", { class: "sfs-size" }, figures[0]),
    element("span", { class: "sfs-when", title: momentText(entry.modified) }, figures[1]),
    element("span", { class: "sfs-version" }, figures[2]),
    uploading && meter(state.uploaded),
  );
}

/** What the tree pattern of ARIA asks of a row. */
function treeItem(row, entry, state) {
  return {
    role: "treeitem",
    "aria-level": row.level,
    "aria-posinset": row.position,
    "aria-setsize": row.siblings,
    "aria-selected": String(state.selected),
    "aria-expanded": isFolder(entry) ? String(row.open) : null,
    "--level": row.level,
  };
}

/** A remark, or the place of what is not listed yet. */
function remarkElement(row) {
  const label = element("span", { class: "sfs-label sfs-clip sfs-quiet" }, row.text ?? "…");
  const name = element("span", { class: "sfs-name" }, icon("", "sfs-twist"), label);
  return element("div", { class: "sfs-row", role: "none", "--level": row.level }, name);
}

function nameElement(row, entry, state) {
  const kind = kindOf(entry, row.open);
  const mark = icon(kind, "sfs-kind");
  mark.dataset.kind = kind;
  return element(
    "span",
    { class: "sfs-name" },
    icon(isFolder(entry) ? "chevron" : "", "sfs-twist"),
    mark,
    element("span", { class: "sfs-label sfs-clip", title: titleOf(entry) }, entry.name),
    state.hidden > 0 && element("span", { class: "sfs-chip" }, `${state.hidden} hidden`),
    element("span", { class: "sfs-badges" }, ...badgeElements(entry), state.mark && markElement(state.mark)),
  );
}

function badgeElements(entry) {
  return badgesOf(entry).map((flag) => {
    const [name, label] = BADGES[flag];
    return element("span", { role: "img", "aria-label": label, title: label }, icon(name));
  });
}

function markElement(mark) {
  const [sign, label] = MARK_SIGNS[mark];
  return element("span", { class: "sfs-mark", "data-mark": mark, role: "img", "aria-label": label, title: label }, sign);
}

function badgesOf(entry) {
  return Object.keys(BADGES).filter((flag) => entry[flag] !== undefined);
}

function titleOf(entry) {
  return entry.symlinkTarget === undefined ? entry.path : `${entry.path} → ${entry.symlinkTarget}`;
}

function figuresOf(entry, now) {
  if (entry.gone) return [isFolder(entry) ? "" : sizeText(entry.size), "gone", ""];
  if (isFolder(entry)) return ["", whenOf(entry, now), ""];
  return [entry.dynamic && entry.size === 0 ? "" : sizeText(entry.size), whenOf(entry, now), `v${entry.version}`];
}

function whenOf(entry, now) {
  return entry.dynamic ? "live" : whenText(entry.modified, now);
}
