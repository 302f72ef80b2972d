import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findBriefEntities, MIN_ENTITY_ROWS } from '../../../lib/features/brief-entities.ts';

const STEP = 60_000;

/** @param lives rows of each entity */
function brief(
  lives: Readonly<Record<string, number>>,
  isUsed: (row: number) => boolean = () => true,
): number[] {
  const rows = Object.values(lives).flatMap((life, entity) =>
    Array.from({ length: life }, (_, row) => ({ entity, time: row * STEP })),
  );
  const given = {
    entities: Object.keys(lives),
    entityOf: Uint32Array.from(rows, ({ entity }) => entity),
    times: Float64Array.from(rows, ({ time }) => time),
  };
  return [...findBriefEntities(given, isUsed)];
}

const WEB = ['b', 'c', 'd'].map((last) => `shop/web-6d4cf56db6-x2x4${last}`) as [string, string, string];

test('a pod that began some hours ago is not known beside an older one of its workload', () => {
  assert.deepEqual(brief({ [WEB[0]]: 1440, [WEB[1]]: 90, [WEB[2]]: 241 }), [0, 1, 0]);
});

test('where no pod of its workload is older, an hour has to do', () => {
  assert.deepEqual(
    brief({ [WEB[0]]: 90, [WEB[1]]: MIN_ENTITY_ROWS - 1, 'shop/cart-6d4cf56db6-x2x4b': 1440 }),
    [0, 1, 0],
  );
  assert.deepEqual(brief({ 'db-0': 90, 'db-1': 1440 }), [0, 0]);
});

test('rows that are not learned from do not count', () => {
  assert.deepEqual(
    brief({ [WEB[0]]: 1440, [WEB[1]]: 1440 }, (row) => row < 1440 + 100),
    [0, 1],
  );
  assert.deepEqual(
    brief({ [WEB[0]]: 1440 }, () => false),
    [1],
  );
});
