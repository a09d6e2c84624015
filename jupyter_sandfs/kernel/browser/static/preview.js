/** The pane beside the tree that shows one file: as table, text, image or bytes. */

import { countText, sizeText } from "./format.js";
import { drawing, icon, kindOf } from "./icons.js";
import { element, spread, textButton, toolButton } from "./elements.js";

const NUMBER_TYPES = new Set(["int", "float"]);
const SPARK_WIDTH = 30;
const SPARK_HEIGHT = 10;

/**
 * Kind of a preview to what stands after the name, and to the content.
 * @type {Record<string, {facts: Function, view: Function}>}
 */
const PREVIEWS = {
  table: { facts: tableFacts, view: tableView },
  text: { facts: textFacts, view: textView },
  image: { facts: (_value, entry) => sizeText(entry.size), view: imageView },
  binary: { facts: (value) => sizeText(value.size), view: binaryView },
};

export class PreviewPane {
  /** The entry on show. @type {import("./rows.js").FsEntry|null} */
  entry = null;
  #link;
  #asked = 0;
  #imageUrl = "";

  /**
   * @param {import("./link.js").Link} link
   * @param {{close: () => void, download: (entry: import("./rows.js").FsEntry) => void}} actions
   */
  constructor(link, actions) {
    this.#link = link;
    this.mark = element("span", {});
    this.title = element("span", { class: "sfs-title sfs-clip" });
    this.facts = element("span", { class: "sfs-quiet sfs-clip" });
    this.scroll = element("div", { class: "sfs-scroll", tabindex: 0, role: "region", "aria-label": "Content" });
    const tools = [
      toolButton("download", "Download (D)", () => actions.download(this.entry)),
      toolButton("close", "Close (Esc)", actions.close),
    ];
    const head = element("div", { class: "sfs-bar" }, this.mark, this.title, this.facts, spread(), ...tools);
    this.element = element("section", { class: "sfs-pane", "aria-label": "Preview", hidden: true }, head, this.scroll);
  }

  /**
   * @param {import("./rows.js").FsEntry} entry
   * @returns {Promise<void>} when it is shown, or another one was asked for
   */
  async show(entry) {
    const again = this.entry?.path === entry.path;
    this.entry = entry;
    this.#asked += 1;
    const asked = this.#asked;
    if (!again) this.#setHead(entry, "");
    try {
      const { value, body } = await this.#link.call("preview", { path: entry.path });
      if (asked === this.#asked) this.#fill(entry, value, body, again);
    } catch (error) {
      if (asked === this.#asked) this.#fail(entry, error);
    }
  }

  /** Show nothing. */
  clear() {
    this.entry = null;
    this.#asked += 1;
    this.#setContent();
  }

  #setHead(entry, facts) {
    const kind = icon(kindOf(entry), "sfs-kind");
    this.mark.replaceWith(kind);
    this.mark = kind;
    this.title.textContent = entry.name;
    this.title.title = entry.path;
    this.facts.textContent = facts;
    this.element.setAttribute("aria-label", `Preview of ${entry.name}`);
  }

  #fill(entry, value, body, again) {
    const { facts, view } = PREVIEWS[value.kind] ?? PREVIEWS.binary;
    const { scrollTop, scrollLeft } = this.scroll;
    if (value.kind === "image") value.url = URL.createObjectURL(new Blob([body], { type: value.mime }));
    this.#setHead(entry, facts(value, entry));
    this.#setContent(view(value, entry));
    this.#imageUrl = value.url ?? "";
    this.scroll.scrollTo(again ? scrollLeft : 0, again ? scrollTop : 0);
  }

  #fail(entry, error) {
    this.#setHead(entry, "");
    const retry = textButton("Retry", () => this.show(entry));
    this.#setContent(element("div", { class: "sfs-block", role: "alert" }, error.message, retry));
  }

  #setContent(...content) {
    if (this.#imageUrl) URL.revokeObjectURL(this.#imageUrl);
    this.#imageUrl = "";
    this.scroll.replaceChildren(...content);
  }
}

function tableFacts(value) {
  const rows =
    value.totalRows === null ? `first ${countText(value.rows.length, "row")}` : countText(value.totalRows, "row");
  return `${rows}, ${countText(value.totalColumns, "column")}`;
}

function tableView(value) {
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
  const head = element("tr", {}, element("th", { scope: "col", "aria-label": "row" }), ...heads);
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

function textFacts(value, entry) {
  const part = value.truncated ? `first 64 KB of ${sizeText(entry.size)}` : countText(lineCount(value.text), "line");
  return `${value.language}, ${part}`;
}

function textView(value) {
  const numbers = Array.from({ length: lineCount(value.text) }, (_, index) => index + 1).join("\n");
  const gutter = element("div", { class: "sfs-gutter", "aria-hidden": "true" }, numbers);
  return element("div", { class: "sfs-text" }, gutter, element("pre", {}, value.text));
}

function lineCount(text) {
  const breaks = text.split(/\r\n|\r|\n/).length;
  return Math.max(1, /[\r\n]$/.test(text) ? breaks - 1 : breaks);
}

function imageView(value, entry) {
  const image = element("img", { alt: entry.name, src: value.url });
  return element("div", { class: "sfs-image" }, image);
}

function binaryView(value) {
  const remark = element("div", { class: "sfs-block" }, `No preview for this type: ${sizeText(value.size)}, binary.`);
  return element("div", {}, remark, element("pre", { class: "sfs-hex" }, value.hex));
}
