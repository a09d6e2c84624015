/** Markdown and notebooks as elements. Nothing of a file becomes markup: all of it enters as text. */

import { element } from "./elements.js";
import { highlighted } from "./highlight.js";
import { markdownBlocks } from "./markdown.js";

const LANGUAGE_NAMES = new Map(
  Object.entries({
    Python: "py python ipython",
    JavaScript: "js javascript",
    TypeScript: "ts typescript",
    Shell: "sh bash shell console",
    SQL: "sql",
    JSON: "json",
    YAML: "yaml yml",
    TOML: "toml",
    CSS: "css",
    HTML: "html",
    XML: "xml",
  }).flatMap(([language, names]) => names.split(" ").map((name) => [name, language])),
);
const SPAN_TAGS = { code: "code", strong: "strong", emphasis: "em", strike: "del" };

/** @type {Record<string, (block: import("./markdown.js").Block) => HTMLElement>} */
const BLOCK_VIEWS = {
  heading: ({ level, spans }) => element("p", { class: "sfs-h", role: "heading", "aria-level": level }, ...spanNodes(spans)),
  paragraph: ({ spans }) => element("p", {}, ...spanNodes(spans)),
  rule: () => element("hr"),
  code: ({ text, language }) => codeBlock(text, languageName(language)),
  quote: ({ blocks }) => element("blockquote", {}, ...blocks.map(blockNode)),
  list: ({ ordered, start, items }) =>
    element(
      ordered ? "ol" : "ul",
      ordered && start !== 1 ? { start } : {},
      ...items.map((blocks) => element("li", {}, ...blocks.map(blockNode))),
    ),
  table: ({ head, rows }) =>
    element(
      "table",
      {},
      element("thead", {}, element("tr", {}, ...head.map((cell) => element("th", {}, ...spanNodes(cell))))),
      element(
        "tbody",
        {},
        ...rows.map((row) => element("tr", {}, ...row.map((cell) => element("td", {}, ...spanNodes(cell))))),
      ),
    ),
};

/** @param {string} text @returns {HTMLElement} */
export function markdownView(text) {
  return element("div", { class: "sfs-prose" }, ...markdownBlocks(text).map(blockNode));
}

/** @param {string} text @param {string} language @returns {HTMLElement} */
export function codeBlock(text, language) {
  return element("pre", { class: "sfs-code-block" }, ...codeNodes(text, language));
}

/** @param {string} text @param {string} language @returns {(Node|string)[]} */
export function codeNodes(text, language) {
  return highlighted(text, language).map(({ text: part, kind }) =>
    kind ? element("span", { class: `sfs-c-${kind}` }, part) : part,
  );
}

/**
 * @param {{cells: NotebookCell[], total: number, language: string}} value
 * @typedef {{kind: string, source: string, count: number|null, outputs: {kind: string, text?: string, mime?: string, data?: string}[]}} NotebookCell
 * @returns {HTMLElement}
 */
export function notebookView(value) {
  const language = languageName(value.language);
  const more = value.total - value.cells.length;
  return element(
    "div",
    { class: "sfs-notebook" },
    ...value.cells.map((cell) => cellNode(cell, language)),
    more > 0 && element("p", { class: "sfs-quiet" }, `${more.toLocaleString("en")} more cells`),
  );
}

/** @param {NotebookCell} cell @param {string} language @returns {HTMLElement} */
function cellNode(cell, language) {
  const source = cell.kind === "markdown" ? markdownView(cell.source) : codeBlock(cell.source, language);
  const prompt = cell.kind === "code" ? `[${cell.count ?? " "}]:` : "";
  return element(
    "div",
    { class: "sfs-nb-cell" },
    element("span", { class: "sfs-nb-prompt" }, prompt),
    element("div", { class: "sfs-nb-body" }, source, ...cell.outputs.map(outputNode)),
  );
}

function outputNode({ kind, text, mime, data }) {
  if (kind !== "image") return element("pre", { class: "sfs-nb-output", "data-kind": kind }, text);
  return element("img", { class: "sfs-nb-image", alt: "picture in the output", src: `data:${mime};base64,${data}` });
}

/** @param {import("./markdown.js").Block} block @returns {HTMLElement} */
function blockNode(block) {
  return BLOCK_VIEWS[block.kind](block);
}

/** @param {import("./markdown.js").Span[]} spans @returns {(Node|string)[]} */
function spanNodes(spans) {
  return spans.map(({ kind, text, href }) => {
    if (kind === "text") return text;
    if (kind === "picture") return element("span", { class: "sfs-quiet" }, `[picture: ${text}]`);
    if (kind === "link")
      return element("a", { href, target: "_blank", rel: "noopener noreferrer nofollow", referrerpolicy: "no-referrer" }, text);
    return element(SPAN_TAGS[kind], {}, text);
  });
}

/** The name under which highlighting knows what a fence or a kernel calls a language. */
function languageName(said) {
  return LANGUAGE_NAMES.get(String(said).toLowerCase()) ?? "Text";
}
