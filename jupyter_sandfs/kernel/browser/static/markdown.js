/**
 * Markdown as a tree of plain data: headings, paragraphs, lists, quotes, code, tables, rules; in lines strong, emphasis,
 * code, links, pictures. Raw HTML stays text. Pure functions.
 */

const BLOCKS_MAX = 2000;
const LINE_MAX = 4000; // characters of a line in which marks are looked for: that takes quadratic time
const DEPTH_MAX = 4;

/**
 * @typedef {{kind: "text"|"code"|"strong"|"emphasis"|"strike"|"link"|"picture", text: string, href?: string}} Span
 * @typedef {object} Block
 * @property {"heading"|"paragraph"|"list"|"quote"|"code"|"table"|"rule"} kind
 * @property {number} [level]
 * @property {boolean} [ordered]
 * @property {number} [start]
 * @property {Span[]} [spans]
 * @property {string} [text]
 * @property {string} [language]
 * @property {Block[]} [blocks]
 * @property {Block[][]} [items]
 * @property {Span[][]} [head]
 * @property {Span[][][]} [rows]
 */

const FENCE = /^\s{0,3}(`{3,}|~{3,})\s*([\w+-]*)[^`]*$/;
const HEADING = /^\s{0,3}(#{1,6})\s+(.*?)\s*#*\s*$/;
const RULE = /^\s{0,3}(?:(?:-\s*){3,}|(?:\*\s*){3,}|(?:_\s*){3,})$/;
const QUOTE = /^\s{0,3}> ?/;
const ITEM = /^(\s{0,3})([-*+]|(\d{1,9})[.)])\s+(.*)$/;
const TABLE_LINE = /^\s*\|?(?:\s*:?-+:?\s*\|)+\s*:?-*:?\s*\|?\s*$/;
const SPANS =
  /(`{1,3})(?<code>.+?)\1(?!`)|!\[(?<alt>[^\]]*)\]\((?<src>[^)\s]*)[^)]*\)|\[(?<label>[^\]]+)\]\((?<href>[^)\s]+)[^)]*\)|\*\*(?<strong>[^*]+)\*\*|__(?<bold>[^_]+)__|\*(?<emphasis>[^*\s][^*]*)\*|(?<![\w])_(?<italic>[^_\s][^_]*)_(?![\w])|~~(?<strike>[^~]+)~~/g;

/** @param {string} text @param {number} depth of lists and quotes around it @returns {Block[]} */
export function markdownBlocks(text, depth = 0) {
  const lines = text.split(/\r\n|\r|\n/);
  /** @type {Block[]} */
  const blocks = [];
  let at = 0;
  while (at < lines.length && blocks.length < BLOCKS_MAX) {
    const [block, next] = blockAt(lines, at, depth);
    if (block) blocks.push(block);
    at = next;
  }
  return blocks;
}

/** @param {string} line @returns {Span[]} */
export function markdownSpans(line) {
  const text = line.slice(0, LINE_MAX);
  /** @type {Span[]} */
  const spans = [];
  let at = 0;
  for (const match of text.matchAll(SPANS)) {
    if (match.index > at) spans.push({ kind: "text", text: text.slice(at, match.index) });
    spans.push(spanOf(match.groups));
    at = match.index + match[0].length;
  }
  if (at < line.length) spans.push({ kind: "text", text: line.slice(at) });
  return spans;
}

/** @param {Record<string, string|undefined>} found @returns {Span} */
function spanOf(found) {
  if (found.code !== undefined) return { kind: "code", text: found.code.trim() };
  if (found.src !== undefined) return { kind: "picture", text: found.alt || found.src };
  if (found.href !== undefined) return linkSpan(found.label, found.href);
  if (found.strike !== undefined) return { kind: "strike", text: found.strike };
  const strong = found.strong ?? found.bold;
  if (strong !== undefined) return { kind: "strong", text: strong };
  return { kind: "emphasis", text: found.emphasis ?? found.italic };
}

/** Only addresses of the web are links: others, such as scripts, are their text. @returns {Span} */
function linkSpan(label, href) {
  return /^https?:\/\/[^\s]+$/i.test(href) ? { kind: "link", text: label, href } : { kind: "text", text: label };
}

/** @returns {[Block|null, number]} the block that begins at a line, and the line after it */
function blockAt(lines, at, depth) {
  const line = lines[at];
  if (line.trim() === "") return [null, at + 1];
  const heading = HEADING.exec(line);
  if (heading) return [{ kind: "heading", level: heading[1].length, spans: markdownSpans(heading[2]) }, at + 1];
  if (FENCE.test(line)) return fencedAt(lines, at);
  if (RULE.test(line)) return [{ kind: "rule" }, at + 1];
  if (QUOTE.test(line) && depth < DEPTH_MAX) return quoteAt(lines, at, depth);
  if (ITEM.test(line) && depth < DEPTH_MAX) return listAt(lines, at, depth);
  if (line.includes("|") && TABLE_LINE.test(lines[at + 1] ?? "")) return tableAt(lines, at);
  return paragraphAt(lines, at);
}

/** @returns {[Block, number]} */
function fencedAt(lines, at) {
  const [, mark, language] = FENCE.exec(lines[at]);
  let end = at + 1;
  while (end < lines.length && !lines[end].trimStart().startsWith(mark)) end += 1;
  return [{ kind: "code", language, text: lines.slice(at + 1, end).join("\n") }, end + 1];
}

/** @returns {[Block, number]} */
function quoteAt(lines, at, depth) {
  let end = at;
  while (end < lines.length && QUOTE.test(lines[end])) end += 1;
  const inner = lines.slice(at, end).map((line) => line.replace(QUOTE, ""));
  return [{ kind: "quote", blocks: markdownBlocks(inner.join("\n"), depth + 1) }, end];
}

/** @returns {[Block, number]} */
function listAt(lines, at, depth) {
  const [, , , first] = ITEM.exec(lines[at]);
  const ordered = first !== undefined;
  const items = [];
  let end = at;
  while (end < lines.length) {
    const item = ITEM.exec(lines[end]);
    if (!item || (item[3] !== undefined) !== ordered) break;
    const inner = [item[4]];
    end += 1;
    while (end < lines.length && (/^\s{2,}\S/.test(lines[end]) || (lines[end].trim() === "" && /^\s{2,}\S/.test(lines[end + 1] ?? "")))) {
      inner.push(lines[end].replace(/^\s{2,4}/, ""));
      end += 1;
    }
    items.push(markdownBlocks(inner.join("\n"), depth + 1));
  }
  return [{ kind: "list", ordered, start: ordered ? Number(first) : 1, items }, end];
}

/** @returns {[Block, number]} */
function tableAt(lines, at) {
  let end = at + 2;
  while (end < lines.length && lines[end].includes("|")) end += 1;
  const cells = (line) =>
    line
      .trim()
      .replace(/^\||\|$/g, "")
      .split("|")
      .map((cell) => markdownSpans(cell.trim()));
  return [{ kind: "table", head: cells(lines[at]), rows: lines.slice(at + 2, end).map(cells) }, end];
}

/** @returns {[Block, number]} */
function paragraphAt(lines, at) {
  let end = at + 1;
  const ends = (line) => [FENCE, HEADING, RULE, QUOTE, ITEM].some((start) => start.test(line)) || line.trim() === "";
  while (end < lines.length && !ends(lines[end])) end += 1;
  return [{ kind: "paragraph", spans: markdownSpans(lines.slice(at, end).join(" ")) }, end];
}
