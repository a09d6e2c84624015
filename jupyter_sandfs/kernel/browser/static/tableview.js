/** The first rows of a table, with types and distributions in the head. */

import { countText } from "./format.js";
import { drawing } from "./icons.js";
import { element } from "./elements.js";

const NUMBER_TYPES = new Set(["int", "float"]);
const SPARK_WIDTH = 30;
const SPARK_HEIGHT = 10;

/** @param {any} value of the kernel's preview @returns {string} */
export function tableFacts(value) {
  const rows =
    value.totalRows === null ? `first ${countText(value.rows.length, "row")}` : countText(value.totalRows, "row");
  return `${rows}, ${countText(value.totalColumns, "column")}`;
}

/** @param {any} value of the kernel's preview @returns {HTMLElement} */
export function tableView(value) {
  const numeric = value.columns.map((column) => NUMBER_TYPES.has(column.type));
  const side = (index) => ({ class: numeric[index] ? null : "sfs-left" });
  const heads = value.columns.map((column, index) =>
    element("th", { scope: "col", ...side(index) }, column.name, columnFacts(column)),
  );
  const cells = (row) =>
    row.map((cell, index) => element("td", side(index), numeric[index] ? cell.replace(/^-/, "−") : cell));
  const rows = value.rows.map((row, index) =>
    element("tr", {}, element("th", { scope: "row" }, String(index + 1)), ...cells(row)),
  );
  const head = element("tr", {}, element("th", { scope: "col", title: "row" }, "#"), ...heads);
  return element("table", { class: "sfs-table" }, element("thead", {}, head), element("tbody", {}, ...rows));
}

function columnFacts({ summary, histogram }) {
  return element("small", {}, summary, histogram.length > 0 && sparkline(histogram));
}

/** @param {number[]} counts @returns {SVGElement} a bar each; what occurs at all is at least one pixel high */
function sparkline(counts) {
  const svg = drawing("svg", {
    class: "sfs-spark",
    viewBox: `0 0 ${SPARK_WIDTH} ${SPARK_HEIGHT}`,
    "aria-hidden": "true",
  });
  const step = SPARK_WIDTH / counts.length;
  const highest = Math.max(...counts, 1);
  counts.forEach((count, index) => {
    const height = count && Math.max(1, (count / highest) * SPARK_HEIGHT);
    svg.append(drawing("rect", { x: index * step, y: SPARK_HEIGHT - height, width: step - 1, height }));
  });
  return svg;
}
