/** Figures and times as short texts. Pure functions. */

const SIZE_UNITS = ["B", "KB", "MB", "GB", "TB"];
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/**
 * @param {number} bytes
 * @returns {[string, string]} a figure of at most four characters, and its unit (1 KB is 1024 B)
 */
function sizeParts(bytes) {
  let value = bytes;
  let unit = 0;
  while (value >= 1023.95 && unit < SIZE_UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 || Number.isInteger(value) ? 0 : 1;
  return [value.toFixed(digits), SIZE_UNITS[unit]];
}

/** @param {number} bytes @returns {string} such as "47.3 KB" */
export function sizeText(bytes) {
  return sizeParts(bytes).join(" ");
}

/**
 * @param {number} used
 * @param {number} limit both in bytes
 * @returns {string} such as "18.4 of 256 MB" or "1.1 KB of 4 GB"
 */
export function usageText(used, limit) {
  const [value, unit] = sizeParts(used);
  const [, limitUnit] = sizeParts(limit);
  return `${value}${unit === limitUnit || used === 0 ? "" : ` ${unit}`} of ${sizeText(limit)}`;
}

/**
 * @param {string} modified RFC 3339
 * @param {number} now milliseconds
 * @returns {string} such as "2 min ago", "Nov 21", "Sep 2023"
 */
export function whenText(modified, now) {
  const date = new Date(modified);
  const seconds = (now - date.getTime()) / 1000;
  if (Number.isNaN(seconds)) return "";
  if (seconds < MINUTE) return "just now";
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} min ago`;
  if (seconds < DAY) return `${Math.floor(seconds / HOUR)} h ago`;
  if (seconds < 30 * DAY) return `${Math.floor(seconds / DAY)} d ago`;
  const thisYear = seconds < 365 * DAY;
  return date.toLocaleDateString(
    "en-US",
    thisYear ? { day: "numeric", month: "short" } : { month: "short", year: "numeric" },
  );
}

/** @param {number} left milliseconds @returns {string} such as "12 min left", rounded down */
export function leftText(left) {
  const seconds = left / 1000;
  if (seconds <= 0) return "expired";
  if (seconds < MINUTE) return "under 1 min left";
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} min left`;
  if (seconds < 2 * DAY) return `${Math.floor(seconds / HOUR)} h left`;
  return `${Math.floor(seconds / DAY)} d left`;
}

/** @param {string} modified RFC 3339 @returns {string} in the reader's own zone and language */
export function momentText(modified) {
  const date = new Date(modified);
  return Number.isNaN(date.getTime()) ? "" : date.toLocaleString();
}

/** @param {number} count @param {string} noun @param {string} plural @returns {string} such as "1,461 rows" */
export function countText(count, noun, plural = `${noun}s`) {
  return `${count.toLocaleString("en")} ${count === 1 ? noun : plural}`;
}

/** @param {string} path @returns {string} the folder above; of the root, the root */
export function folderOf(path) {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}

/** @param {string} folder @param {string} name @returns {string} */
export function joinPath(folder, name) {
  return folder === "/" ? `/${name}` : `${folder}/${name}`;
}

/** @param {string} path @returns {string} the last segment */
export function nameOf(path) {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** @param {string} path @returns {string[]} the folders above it from the top, without the root */
export function foldersAbove(path) {
  const segments = path.split("/").slice(1, -1);
  return segments.map((_, depth) => `/${segments.slice(0, depth + 1).join("/")}`);
}

/** @param {string} path @param {string} folder @returns {boolean} whether path is folder or below it */
export function isWithin(path, folder) {
  return folder === "/" || path === folder || path.startsWith(`${folder}/`);
}
