/** The names of the browsers on a page: each is a landmark of its own, so that a screen reader tells them apart. */

const TAKEN = Symbol.for("sandfs.browsers"); // every widget brings its own copy of this module

/** @returns {Set<string>} */
function takenNames() {
  const page = /** @type {any} */ (globalThis);
  page[TAKEN] ??= new Set();
  return page[TAKEN];
}

/** @param {string} name @returns {string} the name, with a number if another browser has it */
export function takeLandmark(name) {
  const taken = takenNames();
  let free = name;
  for (let number = 2; taken.has(free); number += 1) free = `${name} (${number})`;
  taken.add(free);
  return free;
}

/** @param {string} name another browser may have it now */
export function releaseLandmark(name) {
  takenNames().delete(name);
}
