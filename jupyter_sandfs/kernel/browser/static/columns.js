/** The heads of the tree's columns, that sort it. */

import { icon } from "./icons.js";
import { element, setAttribute } from "./elements.js";

const COLUMNS = [
  ["name", "Name"],
  ["size", "Size"],
  ["modified", "Modified"],
  ["version", "Version"],
];

/**
 * @param {import("./rows.js").Rows} rows whose order they show
 * @param {(column: string, descending: boolean) => void} sort
 * @returns {HTMLElement}
 */
export function columnHeads(rows, sort) {
  const choose = (column) => {
    sort(column, rows.order.column === column && !rows.order.descending);
    markOrder(heads, rows.order);
  };
  const buttons = COLUMNS.map(([column, label]) => {
    const node = element("button", { type: "button", "data-column": column }, label);
    node.addEventListener("click", () => choose(column));
    return node;
  });
  const heads = element("div", { class: "sfs-columns" }, ...buttons);
  markOrder(heads, rows.order);
  return heads;
}

function markOrder(heads, { column, descending }) {
  for (const node of /** @type {HTMLElement[]} */ ([...heads.children])) {
    const chosen = node.dataset.column === column;
    setAttribute(node, "aria-pressed", String(chosen));
    setAttribute(node, "data-descending", chosen && descending);
    node.querySelector("svg")?.remove();
    if (chosen) node.append(icon("down"));
  }
}
