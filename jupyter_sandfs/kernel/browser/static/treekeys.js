/** The keys of the tree, and what the modifiers of keys and clicks mean: the pattern of ARIA for a tree of many choices. */

import { isCommand } from "./keynames.js";

/** @typedef {import("./tree.js").TreeView} TreeView */
/** @typedef {import("./selection.js").Choice} Choice */

/** Keys that go to another row: by how many rows. @type {Record<string, (tree: TreeView) => number>} */
export const STEPS = {
  ArrowDown: () => 1,
  ArrowUp: () => -1,
  PageDown: (tree) => tree.rowsInView(),
  PageUp: (tree) => -tree.rowsInView(),
  Home: () => -Infinity,
  End: () => Infinity,
};

/** Other keys of the tree; each says whether it had something to do. @type {Record<string, (tree: TreeView) => boolean>} */
export const TREE_KEYS = {
  ArrowRight: (tree) => tree.unfold(),
  ArrowLeft: (tree) => tree.fold(),
  Enter: (tree) => tree.activate(),
  " ": (tree) => tree.toggle(),
  "Control+ ": (tree) => tree.toggle(),
  "Control+a": (tree) => tree.chooseAll(),
  Escape: (tree) => tree.chooseOne(),
};

/** @param {any} event of pointer or key @returns {Choice} */
export function choiceOf(event) {
  if (event.shiftKey) return "extend";
  return isCommand(event) ? "toggle" : "only";
}

/** With Ctrl the arrows go past rows without choosing them. @param {KeyboardEvent} event @returns {Choice} */
export function stepChoice(event) {
  const how = choiceOf(event);
  return how === "toggle" ? "focus" : how;
}
