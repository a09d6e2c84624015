/** Colours of code: cuts a text into pieces with a kind. Rough on purpose: a reader, not a compiler. Pure functions. */

const HIGHLIGHT_MAX = 200_000; // characters; a longer text stays plain

const WORDS = {
  Python:
    "False None True and as assert async await break class continue def del elif else except finally for from global " +
    "if import in is lambda match nonlocal not or pass raise return try while with yield self",
  JavaScript:
    "async await break case catch class const continue default delete do else export extends false finally for from " +
    "function if import in instanceof let new null of return static super switch this throw true try typeof " +
    "undefined var void while yield interface type implements private public readonly",
  Shell:
    "if then else elif fi for while until do done case esac in function return export local set echo cd exit source",
  SQL:
    "select from where group by order having limit join left right inner outer full on as and or not null is in like " +
    "insert into values update set delete create table view drop alter index with union all distinct case when then " +
    "else end",
  JSON: "true false null",
  TOML: "true false",
  YAML: "true false null yes no",
};
const WORD_LISTS = { ...WORDS, TypeScript: WORDS.JavaScript, "JSON lines": WORDS.JSON };

const END = "(?![\\s\\S])";
const HASH = "#[^\\n]*";
const SLASHES = `//[^\\n]*|/\\*[\\s\\S]*?(?:\\*/|${END})`;
const QUOTED = `"(?:\\\\.|[^"\\\\\\n])*"?|'(?:\\\\.|[^'\\\\\\n])*'?`;
const TRIPLE = `"""[\\s\\S]*?(?:"""|${END})|'''[\\s\\S]*?(?:'''|${END})`;

/** Language to what is a comment and what a string there. @type {Record<string, {comment?: string, string?: string}>} */
const SHAPES = {
  Python: { comment: HASH, string: `${TRIPLE}|${QUOTED}` },
  JavaScript: { comment: SLASHES, string: `${QUOTED}|\`(?:\\\\.|[^\`\\\\])*\`?` },
  TypeScript: { comment: SLASHES, string: `${QUOTED}|\`(?:\\\\.|[^\`\\\\])*\`?` },
  CSS: { comment: `/\\*[\\s\\S]*?(?:\\*/|${END})`, string: QUOTED },
  Shell: { comment: HASH, string: QUOTED },
  SQL: { comment: `--[^\\n]*|/\\*[\\s\\S]*?(?:\\*/|${END})`, string: "'(?:''|[^'])*'?" },
  TOML: { comment: HASH, string: `${TRIPLE}|${QUOTED}` },
  YAML: { comment: "(?<=^|\\s)#[^\\n]*", string: QUOTED },
  JSON: { string: '"(?:\\\\.|[^"\\\\\\n])*"?' },
  "JSON lines": { string: '"(?:\\\\.|[^"\\\\\\n])*"?' },
  HTML: { comment: `<!--[\\s\\S]*?(?:-->|${END})`, string: QUOTED },
  XML: { comment: `<!--[\\s\\S]*?(?:-->|${END})`, string: QUOTED },
};
const MARKDOWN_LINES = /(?<heading>^#{1,6} [^\n]*)|(?<item>^\s*(?:[-*+]|\d+[.)])(?= ))|(?<string>`[^`\n]+`)/gmu;

/**
 * @typedef {{text: string, kind: ""|"comment"|"string"|"number"|"keyword"|"heading"|"item"}} Piece
 */

/** @param {string} text @param {string} language as the kernel names it @returns {Piece[]} together they are the text */
export function highlighted(text, language) {
  const pattern = patternFor(language);
  if (!pattern || text.length > HIGHLIGHT_MAX) return [{ text, kind: "" }];
  const words = new Set((WORD_LISTS[language] ?? "").split(" "));
  /** @type {Piece[]} */
  const pieces = [];
  let at = 0;
  for (const match of text.matchAll(pattern)) {
    const kind = pieceKind(match, words, language === "SQL");
    if (!kind) continue;
    if (match.index > at) pieces.push({ text: text.slice(at, match.index), kind: "" });
    pieces.push({ text: match[0], kind });
    at = match.index + match[0].length;
  }
  if (at < text.length) pieces.push({ text: text.slice(at), kind: "" });
  return pieces;
}

/** @param {RegExpMatchArray} match @param {Set<string>} words @param {boolean} anyCase @returns {any} */
function pieceKind({ groups = {} }, words, anyCase) {
  const { word } = groups;
  if (word !== undefined) return words.has(anyCase ? word.toLowerCase() : word) ? "keyword" : "";
  return Object.keys(groups).find((kind) => groups[kind] !== undefined) ?? "";
}

function patternFor(language) {
  if (language === "Markdown") return MARKDOWN_LINES;
  const shape = SHAPES[language];
  if (!shape) return null;
  const parts = [
    shape.comment && `(?<comment>${shape.comment})`,
    shape.string && `(?<string>${shape.string})`,
    "(?<word>[A-Za-z_$][\\w$]*)",
    "(?<number>\\b\\d[\\d_]*(?:\\.\\d+)?(?:[eE][+-]?\\d+)?\\b)",
  ];
  return new RegExp(parts.filter(Boolean).join("|"), "gm");
}
