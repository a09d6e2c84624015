import assert from 'node:assert/strict';
import { test } from 'node:test';

import { percent, size, timeLeft } from '../src/figures';

test('sizes have the unit that people would choose', () => {
  const sizes = [0, 1, 999, 1000, 1500, 12_345_678, 2 * 10 ** 9, 5 * 10 ** 15].map(size);

  assert.deepEqual(sizes, ['0 B', '1 B', '999 B', '1.0 kB', '1.5 kB', '12 MB', '2.0 GB', '5000 TB']);
});

test('nothing of nothing is all of it, and all but a byte is not', () => {
  assert.deepEqual([percent(0, 0), percent(0, 10), percent(999, 1000), percent(10, 10)], [100, 0, 99, 100]);
});

test('time left is told in the unit that matters, and is soon within the hour', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  const left = (until: string | null): [string, boolean] => {
    const told = timeLeft(until, now);
    return [told.text, told.soon];
  };

  assert.deepEqual(left(null), ['kept', false]);
  assert.deepEqual(left('2025-12-31T23:59:59Z'), ['expired', true]);
  assert.deepEqual(left('2026-01-01T00:00:01Z'), ['1 min left', true]);
  assert.deepEqual(left('2026-01-01T00:59:00Z'), ['59 min left', true]);
  assert.deepEqual(left('2026-01-02T12:00:00Z'), ['36 h left', false]);
  assert.deepEqual(left('2026-01-08T00:00:00Z'), ['7 days left', false]);
});
