/** The rows that are in the page: those in view and around it, at their places on a canvas as high as all of them. */

import { element, setAttribute } from "./elements.js";
import { rowElement, rowStamp } from "./treerow.js";

export class RowCanvas {
  #rows;
  #painted = new Map();
  #rowOf = new WeakMap();
  #name = `sfs-${Math.random().toString(36).slice(2)}`;

  /** @param {import("./rows.js").Rows} rows */
  constructor(rows) {
    this.#rows = rows;
    this.element = element("div", { class: "sfs-canvas", role: "none" });
  }

  /** Be as high as all rows. */
  fit() {
    setAttribute(this.element, "--rows", this.#rows.length);
  }

  /**
   * Have these rows in the page and no others. Elements of rows that look the same are kept.
   * @param {number[]} indexes @param {(row: import("./rows.js").TreeRow) => import("./treerow.js").RowState} stateOf
   * @param {string|null} dropFolder the row that shows where a drop would go
   */
  paint(indexes, stateOf, dropFolder) {
    const wanted = indexes.map((index) => this.#paintRow(index, stateOf, dropFolder));
    const nodes = new Set(wanted);
    for (const [key, { node }] of this.#painted) if (!nodes.has(node)) this.#drop(key, node);
    placeInOrder(this.element, wanted);
  }

  /** @param {Event} event @returns {import("./rows.js").TreeRow|undefined} */
  rowAt(event) {
    const node = event.target instanceof Element ? event.target.closest(".sfs-row") : null;
    return node ? this.#rowOf.get(node) : undefined;
  }

  /** @returns {import("./rows.js").TreeRow[]} those in the page */
  painted() {
    return [...this.#painted.keys()].flatMap((key) => this.#rows.at(this.#rows.indexOf(key)) ?? []);
  }

  /** @param {string} key @returns {HTMLElement|undefined} */
  nodeOf(key) {
    return this.#painted.get(key)?.node;
  }

  /** @param {number} index @returns {string} */
  idOf(index) {
    return `${this.#name}-${index}`;
  }

  #paintRow(index, stateOf, dropFolder) {
    const row = this.#rows.at(index);
    const state = stateOf(row);
    const stamp = rowStamp(row, state);
    const known = this.#painted.get(row.key);
    const node = known?.stamp === stamp ? known.node : rowElement(row, state);
    if (node !== known?.node) known?.node.remove();
    this.#painted.set(row.key, { node, stamp });
    this.#rowOf.set(node, row);
    node.id = this.idOf(index);
    setAttribute(node, "--at", index);
    setAttribute(node, "data-drop", row.key === dropFolder); // in place: a drag must not lose its target
    return node;
  }

  #drop(key, node) {
    node.remove();
    this.#painted.delete(key);
  }
}

/** Make nodes the children of a parent in this order; those in place are not touched, so that nothing starts anew. */
function placeInOrder(parent, nodes) {
  let next = parent.firstChild;
  for (const node of nodes) {
    if (node === next) next = next.nextSibling;
    else parent.insertBefore(node, next);
  }
}
