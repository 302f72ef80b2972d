/** A disk that fills over hours: no hour of it is more unusual than the one before, and people hear how full it is. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AnomalyChange } from '../../../lib/incident/contract.ts';
import { findNews } from '../../../lib/incident/worsening.ts';
import { createChange, endOf, MINUTE, NINE } from '../../helpers/anomalies.ts';
import { createIncidentWorld } from './incident-world.ts';

const HOUR = 60 * MINUTE;
const DISKS = ['db-0', 'db-1'].map((entity) =>
  createChange({ entity, workload: 'db', siblings: 2, level: 20, reach: 4 }),
);

test('a metric that is twice as far as people know, half an hour later, is told, and once of all', () => {
  const world = createIncidentWorld();
  world.at(NINE, ...DISKS);
  world.tick(NINE, NINE + MINUTE);
  const reach = (at: number, disk: number, sequence: number, far: number): void => {
    world.at(at, {
      ...DISKS[disk]!,
      state: 'updated',
      sequence,
      reach: far,
      lastAnomalous: at - MINUTE,
    });
    world.tick(at, at + 6 * MINUTE);
  };
  reach(NINE + 10 * MINUTE, 0, 2, 9);
  assert.equal(world.sent.length, 1, 'too soon: how unusual it is tells of that');
  reach(NINE + 2 * HOUR, 0, 3, 9);
  reach(NINE + 2 * HOUR + 10 * MINUTE, 1, 2, 10);
  reach(NINE + 4 * HOUR, 1, 3, 19);
  assert.deepEqual(
    world.sent.map(({ state, news, at }) => [state, news, (at - NINE) / HOUR]),
    [
      ['opened', undefined, 1 / 60],
      ['updated', ['farther'], 2],
      ['updated', ['farther'], 4],
    ],
  );
  world.at(
    NINE + 5 * HOUR,
    ...DISKS.map((disk) => endOf({ ...disk, sequence: 9, lastAnomalous: NINE + 5 * HOUR })),
  );
  world.tick(NINE + 5 * HOUR, NINE + 6 * HOUR);
  assert.equal(world.sent.at(-1)?.state, 'resolved');
});

test('what people were told before it was kept is no measure', () => {
  const members = [{ ...DISKS[0]!, state: 'updated', reach: 99 }] as const;
  const told = { level: 20, isWide: true, workloads: 1, entities: 1 };
  const at = { toldAt: NINE + HOUR, firstSeen: NINE, members };
  assert.deepEqual(findNews({ ...at, told }, NINE + 2 * HOUR), []);
  assert.deepEqual(findNews({ ...at, told: { ...told, reach: 40 } }, NINE + 2 * HOUR), ['farther']);
  assert.deepEqual(findNews({ ...at, told: { ...told, reach: 50 } }, NINE + 2 * HOUR), []);
});

test('it is news from half an hour on, of what goes on and neither begins nor is over', () => {
  const told = { level: 20, reach: 40, isWide: true, workloads: 1, entities: 1 };
  const newsOf = (state: AnomalyChange['state'], after: number): readonly string[] => {
    const members = [{ ...DISKS[0]!, state, reach: 99 }];
    return findNews({ told, toldAt: NINE + HOUR, firstSeen: NINE, members }, NINE + HOUR + after);
  };
  assert.deepEqual(newsOf('updated', 30 * MINUTE - 1), []);
  assert.deepEqual(newsOf('updated', 30 * MINUTE), ['farther']);
  assert.deepEqual(newsOf('opened', HOUR), []);
  assert.deepEqual(newsOf('resolved', HOUR), []);
});
