/** The pane beside the tree that shows one file: as table, text, Markdown, notebook, image or bytes. */

import { countText, sizeText } from "./format.js";
import { kindOf } from "./icons.js";
import { element, textButton, toolButton } from "./elements.js";
import { PaneHead } from "./panehead.js";
import { codeNodes, markdownView, notebookView } from "./rendered.js";
import { tableFacts, tableView } from "./tableview.js";

const HEX_PAGE = 4096;

/**
 * Kind of a preview to what stands after the name, and to the content.
 * @type {Record<string, {facts: Function, view: Function}>}
 */
const PREVIEWS = {
  table: { facts: tableFacts, view: tableView },
  text: { facts: textFacts, view: textView },
  markdown: { facts: textFacts, view: (value) => markdownView(value.text) },
  notebook: { facts: (value) => countText(value.total, "cell"), view: notebookView },
  image: { facts: (_value, entry) => sizeText(entry.size), view: imageView },
  binary: { facts: (value) => sizeText(value.size), view: binaryView },
};
const EDITABLE = new Set(["text", "markdown", "table"]);

/**
 * @typedef {object} PreviewActions
 * @property {() => void} close
 * @property {(entry: import("./rows.js").FsEntry) => void} download
 * @property {(entry: import("./rows.js").FsEntry) => void} edit
 * @property {((entry: import("./rows.js").FsEntry) => void)|null} publish to the staging store; the owner's only
 */

export class PreviewPane {
  /** The entry on show. @type {import("./rows.js").FsEntry|null} */
  entry = null;
  #link;
  #asked = 0;
  #imageUrl = "";
  #plain = false;
  #value = null;

  /** @param {import("./link.js").Link} link @param {PreviewActions} actions */
  constructor(link, actions) {
    this.#link = link;
    this.source = toolButton("code", "Show as text", () => this.#toggleSource());
    this.editTool = toolButton("pencil", "Edit (Alt+E)", () => actions.edit(this.entry));
    const tools = [
      this.source,
      toolButton("hex", "Show as hex", () => this.showHex()),
      this.editTool,
      toolButton("download", "Download (Alt+D)", () => actions.download(this.entry)),
      actions.publish && toolButton("stage", "Publish to the store (Alt+P)", () => actions.publish(this.entry)),
      toolButton("close", "Close (Esc)", actions.close),
    ];
    this.head = new PaneHead(tools.filter(Boolean));
    this.scroll = element("div", { class: "sfs-scroll", tabindex: 0, role: "group", "aria-label": "Content" });
    this.element = element("section", { role: "group", class: "sfs-pane", "aria-label": "Preview" }, this.head.element, this.scroll);
  }

  /**
   * @param {import("./rows.js").FsEntry} entry
   * @returns {Promise<void>} when it is shown, or another one was asked for
   */
  async show(entry) {
    const again = this.entry?.path === entry.path;
    if (!again) this.#plain = false;
    await this.#ask(entry, "preview", {}, again);
  }

  /** Show the bytes, whatever they are. @param {number} offset @returns {Promise<void>} */
  async showHex(offset = 0) {
    if (this.entry) await this.#ask(this.entry, "hex", { offset }, false);
  }

  /** Show nothing. */
  clear() {
    this.entry = null;
    this.#asked += 1;
    this.#setContent();
  }

  async #ask(entry, op, extra, again) {
    this.entry = entry;
    this.#asked += 1;
    const asked = this.#asked;
    if (!again) this.#setHead(entry, "");
    try {
      const { value, body } = await this.#link.call(op, { path: entry.path, ...extra });
      if (asked === this.#asked) this.#fill(entry, value, body, again);
    } catch (error) {
      if (asked === this.#asked) this.#fail(entry, error);
    }
  }

  #setHead(entry, facts) {
    this.head.show(kindOf(entry), entry.name, facts, entry.path);
    this.element.setAttribute("aria-label", `Preview of ${entry.name}`);
  }

  #fill(entry, value, body, again) {
    const { facts, view } = this.#lookFor(value);
    const { scrollTop, scrollLeft } = this.scroll;
    if (value.kind === "image") value.url = URL.createObjectURL(new Blob([body], { type: value.mime }));
    this.#value = value;
    this.source.hidden = value.kind !== "markdown";
    this.editTool.hidden = !EDITABLE.has(value.kind) || entry.dynamic === true;
    this.source.setAttribute("aria-pressed", String(this.#plain));
    this.#setHead(entry, facts(value, entry));
    this.#setContent(view(value, entry, (offset) => this.showHex(offset)));
    this.#imageUrl = value.url ?? "";
    this.scroll.scrollTo(again ? scrollLeft : 0, again ? scrollTop : 0);
  }

  #lookFor(value) {
    if (value.kind === "markdown" && this.#plain) return PREVIEWS.text;
    return PREVIEWS[value.kind] ?? PREVIEWS.binary;
  }

  #toggleSource() {
    this.#plain = !this.#plain;
    if (this.entry && this.#value) this.#fill(this.entry, this.#value, null, false);
  }

  #fail(entry, error) {
    this.#setHead(entry, "");
    this.editTool.hidden = true;
    const retry = textButton("Retry", () => this.show(entry));
    this.#setContent(element("div", { class: "sfs-block", role: "alert" }, error.message, retry));
  }

  #setContent(...content) {
    if (this.#imageUrl) URL.revokeObjectURL(this.#imageUrl);
    this.#imageUrl = "";
    this.scroll.replaceChildren(...content);
  }
}

function textFacts(value, entry) {
  const part = value.truncated ? `first 64 KB of ${sizeText(entry.size)}` : countText(lineCount(value.text), "line");
  return `${value.language}, ${part}`;
}

function textView(value) {
  const gutter = element("div", { class: "sfs-gutter", "aria-hidden": "true" }, lineNumbers(lineCount(value.text)));
  return element("div", { class: "sfs-text" }, gutter, element("pre", {}, ...codeNodes(value.text, value.language)));
}

/** @param {number} count @returns {string} */
export function lineNumbers(count) {
  return Array.from({ length: count }, (_, index) => index + 1).join("\n");
}

/** @param {string} text @returns {number} what ends with a line break has no line after it */
export function lineCount(text) {
  const breaks = text.split(/\r\n|\r|\n/).length;
  return Math.max(1, /[\r\n]$/.test(text) ? breaks - 1 : breaks);
}

function imageView(value, entry) {
  const image = element("img", { alt: entry.name, src: value.url });
  return element("div", { class: "sfs-image" }, image);
}

function binaryView(value, _entry, go) {
  const shown = Math.min(value.size, value.offset + HEX_PAGE);
  const more = element("div", { class: "sfs-hex-pages" });
  if (value.offset > 0) more.append(textButton("Earlier bytes", () => go(value.offset - HEX_PAGE)));
  if (shown < value.size) more.append(textButton("More bytes", () => go(value.offset + HEX_PAGE)));
  const range = value.size > HEX_PAGE ? `, bytes ${value.offset.toLocaleString("en")} to ${shown.toLocaleString("en")}` : "";
  const remark = element("div", { class: "sfs-block" }, `${sizeText(value.size)}, shown as hex${range}.`);
  return element("div", {}, remark, element("pre", { class: "sfs-hex" }, value.hex), more);
}
