/** The time that is left to answer. Pure functions. */

/**
 * The kernel's clock and the page's may differ; where they plainly do, the time runs from when the card was first shown.
 * @param {{seconds: number, endsAt: number}} question endsAt in seconds since 1970, by the kernel's clock
 * @param {number} shownAt @param {number} now both milliseconds since 1970, by the page's clock
 * @returns {number} milliseconds, never below 0
 */
export function millisecondsLeft({ seconds, endsAt }, shownAt, now) {
  const whole = seconds * 1000;
  const told = endsAt * 1000 - shownAt;
  const atFirst = told > 0 && told <= whole ? told : whole;
  return Math.max(0, atFirst - (now - shownAt));
}

/** @param {number} milliseconds @returns {string} such as "1:24", rounded up */
export function clockText(milliseconds) {
  const seconds = Math.ceil(milliseconds / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** @param {number} milliseconds @returns {string} such as "1 minute 24 seconds", for who hears it */
export function spokenTime(milliseconds) {
  const seconds = Math.ceil(milliseconds / 1000);
  const parts = [amount(Math.floor(seconds / 60), "minute"), amount(seconds % 60, "second")];
  return parts.filter(Boolean).join(" ") || "0 seconds";
}

/** @param {number} count @param {string} noun @returns {string} nothing for none */
function amount(count, noun) {
  return count === 0 ? "" : `${count} ${noun}${count === 1 ? "" : "s"}`;
}
