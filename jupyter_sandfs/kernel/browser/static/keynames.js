/** Keys by name, as the tables of keys write them. */

/** @param {KeyboardEvent} event @returns {boolean} Ctrl, or Cmd on a Mac */
export function isCommand(event) {
  return event.ctrlKey || event.metaKey;
}

/** @param {KeyboardEvent} event @returns {string} such as "F2", "Control+z", "Alt+n", "Alt+Shift+n" */
export function keyName(event) {
  if (isCommand(event)) return `Control+${event.key.toLowerCase()}`;
  return event.altKey ? `Alt+${event.shiftKey ? "Shift+" : ""}${letterOf(event)}` : event.key;
}

/** With Alt a Mac types other characters: then the place of the key counts. */
function letterOf({ key, code }) {
  if (/^[a-z]$/i.test(key)) return key.toLowerCase();
  return /^Key[A-Z]$/.test(code) ? code.slice(3).toLowerCase() : key;
}
