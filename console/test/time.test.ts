import assert from 'node:assert/strict';
import test from 'node:test';

import { alignedWindow, autoPeriod, axisLabels, formatTime, fromField, toField } from '../src/lib/time.ts';

const NOW = Date.UTC(2026, 10, 23, 16, 5, 17) / 1000;
const DAY = 86400;

test('a window is whole periods of the clock, the running one included', () => {
  const { start, end } = alignedWindow({ kind: 'relative', seconds: 3600 }, NOW, 300);
  assert.equal(formatTime(start, 'UTC'), '2026-11-23 15:05');
  assert.equal(formatTime(end, 'UTC'), '2026-11-23 16:10');
});

test('the automatic period keeps graphs readable and asks for nothing finer than is kept', () => {
  assert.equal(autoPeriod({ kind: 'relative', seconds: 3 * 3600 }, NOW), 60);
  assert.equal(autoPeriod({ kind: 'relative', seconds: DAY }, NOW), 300);
  const old = { kind: 'absolute', start: NOW - 20 * DAY, end: NOW - 20 * DAY + 3600 } as const;
  assert.equal(autoPeriod(old, NOW), 300);
  const older = { kind: 'absolute', start: NOW - 70 * DAY, end: NOW - 70 * DAY + 3600 } as const;
  assert.equal(autoPeriod(older, NOW), 3600);
});

test('a time goes into a field and comes back, in either zone', () => {
  const minute = Math.floor(NOW / 60) * 60;
  assert.equal(toField(NOW, 'UTC'), '2026-11-23T16:05');
  assert.equal(fromField(toField(NOW, 'UTC'), 'UTC'), minute);
  assert.equal(fromField(toField(NOW, 'local'), 'local'), minute);
  assert.equal(fromField('yesterday', 'UTC'), null);
});

test('a time axis says the date where a day begins', () => {
  const midnight = Date.UTC(2026, 10, 24) / 1000;
  assert.deepEqual(axisLabels([midnight - 3600, midnight, midnight + 3600], 3600, 'UTC'), ['23:00', '00:00\n11-24', '01:00']);
});
