/** What moved with the culprit is found among what did not, and nothing is where nothing did. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findRelated, rangeOfRelated } from '../../../../lib/jobs/shared/find-related.ts';
import { gatherRows } from '../../../../lib/jobs/shared/gather-rows.ts';
import { seedRandom } from '../../../../lib/maths/random.ts';
import type { MetricWindow } from '../../../../lib/window/window.ts';

const MINUTE = 60_000;
const START = Date.parse('2026-11-22T08:00:00Z');
const RANGE = rangeOfRelated({ start: START, end: START + 30 * MINUTE, step: MINUTE });
const CULPRIT = { detector: 'shop', entity: 'payment', metric: 'cpu' };

/** Rows of an hour around the onset. @param valueAt of a minute since it */
function windowOf(
  entities: readonly string[],
  metrics: readonly string[],
  valueAt: (at: number, entity: string, metric: string) => number,
): MetricWindow {
  const rows = 60;
  const entityOf = Uint32Array.from({ length: rows * entities.length }, (_, row) => Math.floor(row / rows));
  const minute = (row: number): number => (row % rows) - 30;
  return {
    detector: 'shop',
    range: { start: START - 30 * MINUTE, end: START + 30 * MINUTE },
    step: MINUTE,
    metrics,
    entities,
    entityOf,
    times: Float64Array.from(entityOf, (_, row) => START + minute(row) * MINUTE),
    columns: metrics.map((metric) =>
      Float64Array.from(entityOf, (place, row) => valueAt(minute(row), entities[place]!, metric)),
    ),
    labels: undefined,
  };
}

function find(window: MetricWindow): readonly string[] {
  const rows = gatherRows({ range: RANGE, step: MINUTE });
  rows.add(window);
  const related = findRelated([{ detector: 'shop', rows, usual: undefined }], {
    culprit: CULPRIT,
    isMember: (_, entity) => entity === 'cart',
  });
  return related.map(
    ({ entity, metric, correlation, isMember }) =>
      `${entity} ${metric} ${correlation > 0 ? '+' : '-'}${isMember ? ' member' : ''}`,
  );
}

const OTHERS = Array.from({ length: 200 }, (_, i) => `pod-${i}`);

test('of a thousand metrics those are told that rose or fell with it', () => {
  const random = seedRandom(5).nextFloat;
  const noise = (): number => random() - 0.5;
  const moves: Readonly<Record<string, number>> = {
    'payment cpu': 20,
    'cart errors': 3,
    'db hits': -2,
    'payment errors': 9,
  };
  const found = find(
    windowOf(
      ['payment', 'cart', 'db', ...OTHERS],
      ['cpu', 'memory', 'errors', 'hits', 'threads'],
      (at, entity, metric) => {
        const factor = moves[`${entity} ${metric}`] ?? 0;
        return noise() + (at < 0 ? 0 : factor * (1 + at / 10));
      },
    ),
  );
  assert.deepEqual([...found].sort(), ['cart errors + member', 'db hits -']);
});

test('where nothing else moved, nothing is told, and of one entity at most two metrics', () => {
  const random = seedRandom(6).nextFloat;
  const step = (at: number): number => random() + (at < 0 ? 0 : 9 + at);
  assert.deepEqual(
    find(
      windowOf(['payment', ...OTHERS], ['cpu'], (at, entity) => (entity === 'payment' ? step(at) : random())),
    ),
    [],
  );
  const all = find(windowOf(['payment', ...OTHERS.slice(0, 20)], ['cpu', 'a', 'b'], (at) => step(at)));
  assert.equal(all.length, 8);
  for (const each of new Set(all.map((text) => text.split(' ')[0])))
    assert.ok(all.filter((text) => text.startsWith(`${each} `)).length <= 2);
});

test('a culprit without rows, or that is constant, goes with nothing', () => {
  assert.deepEqual(find(windowOf(['cart'], ['cpu'], (at) => at)), []);
  assert.deepEqual(
    find(windowOf(['payment', 'cart'], ['cpu'], (at, entity) => (entity === 'cart' ? at : 1))),
    [],
  );
});

test('what there is no room for is counted', () => {
  const rows = gatherRows({ range: { start: START, end: START + 500_000 * MINUTE }, step: MINUTE });
  rows.add(windowOf(['a', 'b', 'c', 'd', 'e', 'f'], ['cpu'], (at) => at));
  assert.deepEqual([rows.list().length, rows.leftOut()], [4, 2]);
});
