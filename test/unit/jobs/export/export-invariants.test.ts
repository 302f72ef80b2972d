import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readState } from '../../../../lib/store/detector-states.ts';
import { createMortalStore, KilledError } from '../../../helpers/memory-object-store.ts';
import { createWorld, HOUR, MINUTE, NOW, rangesIn, run, type World, windowAt } from './export-world.ts';

test('whatever holes, deaths, limits and changes of the manifest: each value is in one window, each hole a gap', async () => {
  const runs = fc.array(
    fc.record({
      wait: fc.integer({ min: 0, max: 3 * 60 }),
      windowMinutes: fc.constantFrom(5, 15, 60, 7),
      maxWindows: fc.integer({ min: 1, max: 20 }),
      atWrite: fc.option(fc.nat({ max: 6 }), { nil: undefined }),
      stage: fc.constantFrom('before', 'after'),
    }),
    { minLength: 1, maxLength: 6 },
  );
  const holes = fc.array(fc.tuple(fc.nat({ max: 60 * 50 }), fc.nat({ max: 600 })), { maxLength: 3 });
  const backfills = fc.integer({ min: 0, max: 50 });
  await fc.assert(
    fc.asyncProperty(runs, holes, backfills, async (plan, gone, backfillHours) => {
      const first = NOW - backfillHours * HOUR;
      const isGone = (time: number): boolean =>
        gone.some(
          ([from, length]) => time >= first + from * MINUTE && time < first + (from + length) * MINUTE,
        );
      const world = createWorld((time) => (isGone(time) ? undefined : time / MINUTE));
      for (const { wait, windowMinutes, maxWindows, atWrite, stage } of plan) {
        world.now += wait * MINUTE;
        const detector = { backfill: backfillHours * HOUR, detectionWindow: windowMinutes * MINUTE };
        const store = createMortalStore(world.store, atWrite === undefined ? {} : { atWrite, stage });
        await run(world, { detector, maxWindows, store }).catch((error) => {
          if (!(error instanceof KilledError) && error.code !== 'no-data') throw error;
        });
      }
      await assertEachValueOnce(world, isGone);
    }),
    { numRuns: 60 },
  );
});

async function assertEachValueOnce(world: World, isGone: (time: number) => boolean): Promise<void> {
  const { exportedUntil, exporting } = (await readState(world.store, 'shop')).state;
  const ranges = rangesIn(world.store);
  let cursor = exporting?.dataSince ?? ranges[0]?.start ?? 0;
  const pieces = [...ranges, ...(exporting?.gaps ?? [])].sort((a, b) => a.start - b.start);
  for (const { start, end } of pieces) {
    assert.equal(start, cursor, 'pieces meet');
    cursor = end;
  }
  // At most the window of a run that died before it moved the cursor lies after it.
  if (exporting?.dataSince !== undefined)
    assert.ok(cursor === exportedUntil || ranges.at(-1)?.start === exportedUntil);
  for (const { start, end } of exporting?.gaps ?? [])
    for (let time = start; time < end; time += MINUTE) assert.ok(isGone(time), 'a gap holds no data');
  for (const key of world.store.keys().filter((name) => name.startsWith('windows/'))) {
    const { times, columns, range } = await windowAt(world.store, key);
    assert.equal(times.length, (2 * (range.end - range.start)) / MINUTE);
    for (const [row, time] of times.entries())
      assert.ok(Object.is(columns[0]![row], isGone(time) ? Number.NaN : time / MINUTE));
  }
}
