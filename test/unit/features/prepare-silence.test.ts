import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultDetector } from '../../../lib/config/defaults.ts';
import { prepareRows } from '../../../lib/features/prepare-rows.ts';
import { makeWindow, STEP } from '../../helpers/synthetic-window.ts';

const SILENT = { from: 10, to: 20 };

/** Rows of `entities` in [10, 20) hold nothing. */
function silence(entities: readonly string[], of: readonly string[] = entities) {
  const window = makeWindow({ from: 0, rows: 30, entities: of });
  const isSilent = (row: number): boolean =>
    row % 30 >= SILENT.from && row % 30 < SILENT.to && entities.includes(of[window.entityOf[row]!]!);
  const columns = window.columns.map((column) => column.map((value, row) => (isSilent(row) ? NaN : value)));
  return prepareRows({ ...window, columns }, defaultDetector('shop'), STEP);
}

test('where the source was silent, no entity has a gap', () => {
  const { window, availability } = silence(['cart', 'payment']);
  assert.equal(window.times.length, 40);
  assert.ok(availability.every((share) => share === 1));
});

test('where one of several entities was silent, it has a gap', () => {
  const { window, availability } = silence(['payment'], ['cart', 'payment']);
  assert.equal(window.times.length, 60);
  assert.equal(availability.filter((share) => share === 0).length, 10);
});

test('a single entity that was silent has a gap', () => {
  const { availability } = silence(['cart']);
  assert.equal(availability.filter((share) => share === 0).length, 10);
});
