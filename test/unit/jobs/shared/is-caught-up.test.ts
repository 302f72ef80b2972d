import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultDetector } from '../../../../lib/config/defaults.ts';
import { isCaughtUp } from '../../../../lib/jobs/shared/is-caught-up.ts';
import { initialState } from '../../../../lib/store/detector-states.ts';

const NOW = Date.UTC(2026, 10, 22, 12);
const MINUTE = 60_000;
const DROPPED = defaultDetector('shop');
const EXPORTED = { ...DROPPED, metrics: [{ name: 'cpu', query: 'cpu' }] };
const STATE = initialState('shop');

test('a backfill that is under way is not caught up, and one that reached now is', () => {
  const until = (minutesAgo: number) => ({ ...STATE, exportedUntil: NOW - minutesAgo * MINUTE });
  assert.equal(isCaughtUp(EXPORTED, until(3 * 24 * 60), NOW), false);
  assert.equal(isCaughtUp(EXPORTED, until(32), NOW), false);
  assert.equal(isCaughtUp(EXPORTED, until(31), NOW), true);
  assert.equal(isCaughtUp(EXPORTED, until(1), NOW), true);
  const late = { ...EXPORTED, ingestDelay: 120 * MINUTE };
  assert.equal(isCaughtUp(late, until(125), NOW), true);
});

test('an export that began and wrote nothing yet is not caught up', () => {
  const exporting = { daysUntil: NOW, dataSince: undefined, gaps: [] };
  assert.equal(isCaughtUp(EXPORTED, { ...STATE, exporting }, NOW), false);
});

test('what is fed by dropped files needs no export', () => {
  assert.equal(isCaughtUp(DROPPED, STATE, NOW), true);
  assert.equal(isCaughtUp(EXPORTED, STATE, NOW), true);
});
