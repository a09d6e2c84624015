/** Icons drawn for this widget: 16 px grid, 1.25 px stroke. */

const SVG = "http://www.w3.org/2000/svg";

const PAGE_SHAPE = "M3.5 3a.5.5 0 0 1 .5-.5h5L12.5 6v7a.5.5 0 0 1-.5.5H4a.5.5 0 0 1-.5-.5zM9 2.5V6h3.5";

/**
 * Name to the data of its lines; `circles` holds centre and radius, `dots` centres.
 * @type {Record<string, {lines: string[], circles?: number[][], dots?: number[][]}>}
 */
const ICONS = {
  chevron: { lines: ["M6.5 4.5 10 8l-3.5 3.5"] },
  down: { lines: ["M4.5 6.5 8 10l3.5-3.5"] },
  folder: { lines: ["M2 4.5a1 1 0 0 1 1-1h3.2L7.8 5.3H13a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1H3a1 1 0 0 1-1-1z"] },
  "folder-open": {
    lines: [
      "M2 12.8V4.5a1 1 0 0 1 1-1h3.2L7.8 5.3h4.7a1 1 0 0 1 1 1v1.2",
      "m2 13.3 1.7-5a1.2 1.2 0 0 1 1.1-.8h9.9l-1.6 5a1.2 1.2 0 0 1-1.1.8z",
    ],
  },
  file: { lines: [PAGE_SHAPE] },
  text: { lines: [PAGE_SHAPE, "M5.7 8.5h4.6M5.7 11h3"] },
  table: { lines: ["M2.5 3.5h11v9h-11zM2.5 6.5h11M2.5 9.5h11M6.5 3.5v9"] },
  image: { lines: ["M2.5 3.5h11v9h-11zM2.5 11 6 7.5l3 3 1.7-1.7 2.8 2.7"], circles: [[10.5, 6, 1]] },
  braces: {
    lines: [
      "M6 3C4.3 3 4.6 4.3 4.6 5.6S4 8 3 8c1 0 1.6 1.1 1.6 2.4S4.3 13 6 13",
      "M10 3c1.7 0 1.4 1.3 1.4 2.6S12 8 13 8c-1 0-1.6 1.1-1.6 2.4S11.7 13 10 13",
    ],
  },
  code: { lines: ["M5.5 4.5 2 8l3.5 3.5M10.5 4.5 14 8l-3.5 3.5"] },
  notebook: { lines: ["M4 2.5h9v11H4zM6.5 2.5v11M2.5 5H5M2.5 8H5M2.5 11H5"] },
  live: { lines: ["M1.5 8H4.5l2-4 3 8 2-4h3"] },
  lock: { lines: ["M4 7.5h8v6H4zM5.5 7.5v-2a2.5 2.5 0 0 1 5 0v2"] },
  append: { lines: ["M3 4.5h10M3 8h5M3 11.5h3M11.5 9v5M9 11.5h5"] },
  link: { lines: ["M9.5 3.5h3v3M12.5 3.5 7.5 8.5M11 9.5v3H3.5V5h3"] },
  upload: { lines: ["M8 10.5v-7.5M5 6l3-3 3 3M3 10.5V13h10v-2.5"] },
  download: { lines: ["M8 2.5V10M5 7l3 3 3-3M3 10.5V13h10v-2.5"] },
  "new-file": { lines: ["M7 13.5H4a.5.5 0 0 1-.5-.5V3a.5.5 0 0 1 .5-.5h5L12.5 6v1.5M9 2.5V6h3.5M11.5 9.5v5M9 12h5"] },
  "new-folder": {
    lines: ["M8 13.3H3a1 1 0 0 1-1-1V4.5a1 1 0 0 1 1-1h3.2L7.8 5.3H13a1 1 0 0 1 1 1V8M12 9.5v5M9.5 12h5"],
  },
  search: { lines: ["m10 10 3.5 3.5"], circles: [[7, 7, 4]] },
  close: { lines: ["m4.5 4.5 7 7M11.5 4.5l-7 7"] },
  store: { lines: ["M2.5 5.3 8 2.5l5.5 2.8v5.4L8 13.5l-5.5-2.8zM2.5 5.3 8 8.2l5.5-2.9M8 8.2v5.3"] },
  warn: { lines: ["M8 2.8 14 13H2zM8 6.8v3M8 11.2v.01"] },
  columns: { lines: ["M2.5 3.5h3v9h-3zM6.5 3.5h3v9h-3zM10.5 3.5h3v9h-3z"] },
  eye: { lines: ["M1.5 8S4 3.8 8 3.8 14.5 8 14.5 8 12 12.2 8 12.2 1.5 8 1.5 8z"], circles: [[8, 8, 1.8]] },
  hidden: { lines: ["M1.5 8S4 3.8 8 3.8 14.5 8 14.5 8 12 12.2 8 12.2 1.5 8 1.5 8zM3 13.5l10-11"] },
  history: { lines: ["M2.7 6A5.6 5.6 0 1 1 2.4 8.8M2.5 3v3.2h3.2M8 5v3.2l2.2 1.3"] },
  check: { lines: ["m3.5 8.5 3 3 6-6.5"] },
  more: { lines: [], dots: [[3.5, 8], [8, 8], [12.5, 8]] },
  copy: { lines: ["M5.5 5.5h7.5v8H5.5zM3 10.5v-8h7.5"] },
  stage: { lines: ["M2.5 8H9.5M7 5.5 9.5 8 7 10.5M9 3h4.5v10H9"] },
  reload: { lines: ["M13.2 6.5A5.5 5.5 0 1 0 13.5 8.8M13.5 3v3.5H10"] },
  pause: { lines: ["M5.5 4v8M10.5 4v8"] },
  play: { lines: ["M5.5 4 11.5 8l-6 4z"] },
  left: { lines: ["M9.5 4.5 6 8l3.5 3.5"] },
  trash: { lines: ["M3 4.5h10M6.5 4.5V3h3v1.5M4.5 4.5l.6 9h5.8l.6-9M7 7v4M9 7v4"] },
  cut: { lines: ["M5.3 10.2 12 3M10.7 10.2 4 3"], circles: [[4.2, 11.8, 1.8], [11.8, 11.8, 1.8]] },
  paste: { lines: ["M4 3.5h8v10H4zM6 2.5h4v2H6z"] },
  undo: { lines: ["M3 6.5h6.5a3.5 3.5 0 0 1 0 7H6M5.5 4 3 6.5 5.5 9"] },
  keys: { lines: ["M2 4.5h12v7H2zM4.5 7h.01M7 7h.01M9.5 7h.01M12 7h.01M5 9.5h6"] },
  hex: { lines: ["M8 2 13 5v6l-5 3-5-3V5zM6.5 6.5v3M9.5 6.5v3M6.5 8h3"] },
  unplugged: { lines: ["M1.5 8H4M4 4.5h2a3.5 3.5 0 0 1 0 7H4zM9 6.5h1.5M9 9.5h1.5M12.5 4.5v7M12.5 8h2"] },
  pencil: { lines: ["m3 13 .6-3L10.5 3 13 5.5l-7 6.9z"] },
};

const KIND_BY_SUFFIX = new Map(
  Object.entries({
    table: "csv tsv tab psv xls xlsx",
    columns: "parquet feather arrow orc",
    image: "png jpg jpeg gif webp svg bmp tif tiff",
    braces: "json jsonl ndjson geojson toml yaml yml xml",
    code: "py js ts css html sh r jl c h cpp rs go java sql",
    notebook: "ipynb",
    text: "txt md rst log cfg ini",
  }).flatMap(([kind, suffixes]) => suffixes.split(" ").map((suffix) => [suffix, kind])),
);

/** @param {string} tag @param {Record<string, string|number>} attributes @returns {SVGElement} */
export function drawing(tag, attributes) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  return node;
}

/** @param {string} name one of ICONS; an empty one keeps its place @param {string} extra class @returns {SVGElement} */
export function icon(name, extra = "") {
  const node = drawing("svg", { class: `sfs-icon ${extra}`.trim(), viewBox: "0 0 16 16", "aria-hidden": "true" });
  const { lines, circles = [], dots = [] } = ICONS[name] ?? { lines: [] };
  for (const [cx, cy] of dots) node.append(drawing("circle", { cx, cy, r: 0.6, fill: "currentcolor" }));
  for (const line of lines) node.append(drawing("path", { d: line }));
  for (const [cx, cy, r] of circles) node.append(drawing("circle", { cx, cy, r }));
  return node;
}

/** @param {{entryType: string, name: string}} entry @param {boolean} open @returns {string} name of its icon */
export function kindOf(entry, open = false) {
  if (entry.entryType === "directory") return open ? "folder-open" : "folder";
  const dot = entry.name.lastIndexOf(".");
  return KIND_BY_SUFFIX.get(entry.name.slice(dot + 1).toLowerCase()) ?? "file";
}
