import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultDetector } from '../../../../lib/config/defaults.ts';
import { isHistoryExported } from '../../../../lib/jobs/shared/is-history-exported.ts';
import { initialState } from '../../../../lib/store/detector-states.ts';

const NOW = Date.UTC(2026, 10, 22, 12);
const MINUTE = 60_000;
const DROPPED = defaultDetector('shop');
const EXPORTED = { ...DROPPED, metrics: [{ name: 'cpu', query: 'cpu' }] };
const STATE = initialState('shop');

test('a backfill that is under way is not caught up, and one that reached now is', () => {
  const until = (minutesAgo: number) => ({ ...STATE, exportedUntil: NOW - minutesAgo * MINUTE });
  assert.equal(isHistoryExported(EXPORTED, until(3 * 24 * 60), NOW), false);
  assert.equal(isHistoryExported(EXPORTED, until(32), NOW), false);
  assert.equal(isHistoryExported(EXPORTED, until(31), NOW), true);
  assert.equal(isHistoryExported(EXPORTED, until(1), NOW), true);
  const late = { ...EXPORTED, ingestDelay: 120 * MINUTE };
  assert.equal(isHistoryExported(late, until(125), NOW), true);
});

test('an export that began and wrote nothing yet is not caught up', () => {
  const exporting = { daysUntil: NOW, dataSince: undefined, gaps: [] };
  assert.equal(isHistoryExported(EXPORTED, { ...STATE, exporting }, NOW), false);
});

test('what is fed by dropped files needs no export', () => {
  assert.equal(isHistoryExported(DROPPED, STATE, NOW), true);
  assert.equal(isHistoryExported(EXPORTED, STATE, NOW), true);
});
