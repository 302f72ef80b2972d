import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MetricSource } from '../../../../lib/source/metric-source.ts';
import { createWorld, HOUR, run } from './export-world.ts';

test('a source without history is refused before anything is asked or written', async () => {
  const world = createWorld();
  let asked = 0;
  const source: MetricSource = {
    name: 'the cluster',
    forDetector: () => ({
      history: false,
      readNow: async () => {
        asked++;
        return [];
      },
    }),
  };
  for (const backfill of [HOUR, 0])
    await assert.rejects(run(world, { source, detector: { backfill } }), {
      name: 'SourceError',
      code: 'no-history',
      message:
        'detector shop wants windows that end at 2026-11-22T10:15:00.000Z or before, and the cluster only tells what holds now: it has no history to export',
    });
  assert.equal(asked, 0);
  assert.deepEqual(world.store.keys(), []);
});
