/** Sizes and times as people read them. */

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A number of bytes: `0 B`, `1.5 kB`, `12 MB`. */
export function size(bytes: number): string {
  const exponent = Math.min(bytes < 1 ? 0 : Math.floor(Math.log10(bytes) / 3), UNITS.length - 1);
  const figure = bytes / 1000 ** exponent;
  const digits = exponent > 0 && figure < 10 ? 1 : 0;
  return `${figure.toFixed(digits)} ${UNITS[exponent]}`;
}

/** How far something is, in whole per cent; nothing of nothing is all of it. */
export function percent(done: number, total: number): number {
  return total > 0 ? Math.floor((100 * done) / total) : 100;
}

export interface TimeLeft {
  text: string;
  /** Within the hour. */
  soon: boolean;
}

/**
 * How long a file stays.
 *
 * @param until - RFC 3339; null for ever
 * @param now - milliseconds, as of `Date.now()`
 */
export function timeLeft(until: string | null, now: number): TimeLeft {
  if (until === null) {
    return { text: 'kept', soon: false };
  }
  const seconds = (Date.parse(until) - now) / 1000;
  return { text: seconds > 0 ? `${duration(seconds)} left` : 'expired', soon: seconds < HOUR };
}

function duration(seconds: number): string {
  if (seconds < HOUR) {
    return `${Math.ceil(seconds / MINUTE)} min`;
  }
  return seconds < 2 * DAY ? `${Math.round(seconds / HOUR)} h` : `${Math.round(seconds / DAY)} days`;
}
