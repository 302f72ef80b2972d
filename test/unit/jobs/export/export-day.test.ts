/** Days of a backfill, each by itself. The clock is 2026-11-22 10:20:30; the schedule exports from 09:15 on. */
import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { inInvocation } from '../../../../lib/base/correlation.ts';
import { SourceError } from '../../../../lib/base/errors.ts';
import { defaultDetector } from '../../../../lib/config/defaults.ts';
import { listBackfillDays, MOST_DAYS } from '../../../../lib/jobs/export/backfill-days.ts';
import { readLeftOutOfExport } from '../../../../lib/jobs/shared/left-out-notes.ts';
import { recordFileRanges } from '../../../../lib/store/file-ranges.ts';
import { stateKey, windowKey } from '../../../../lib/store/keys.ts';
import {
  at,
  createWorld,
  DAY,
  HOUR,
  MINUTE,
  NOW,
  queriesOf,
  rangesIn,
  run,
  runDay,
  type World,
} from './export-world.ts';

const MIDNIGHT = at('00:00:00');
let world: World;
beforeEach(() => {
  world = createWorld();
});

test('a day is one window, and the cursor of the schedule stays where it is', async () => {
  const { exported, kept } = await runDay(world, '2026-11-20');
  assert.deepEqual([exported.length, kept], [1, 0]);
  assert.deepEqual(rangesIn(world.store), [{ start: MIDNIGHT - 2 * DAY, end: MIDNIGHT - DAY }]);
  assert.equal(world.store.text(stateKey('shop')), undefined);
});

test('again, and beside another run, it writes nothing twice', async () => {
  const results = await Promise.all([runDay(world, '2026-11-20'), runDay(world, '2026-11-20')]);
  assert.equal(results.flatMap(({ exported }) => exported).length, 1);
  const asked = world.queries.length;
  assert.deepEqual(await runDay(world, '2026-11-20'), { exported: [], kept: 1 });
  assert.equal(world.queries.length, asked);
});

test('what has windows already is left out: no row stands in two of them', async () => {
  // The schedule's own first hours, and a file from noon to one.
  const day = MIDNIGHT - DAY;
  await world.store.put(windowKey('shop', { start: day + 20 * HOUR, end: day + DAY }), new Uint8Array(1));
  await world.store.put(windowKey('shop', { start: day - HOUR, end: day + HOUR }), new Uint8Array(1));
  const { kept } = await runDay(world, '2026-11-21');
  assert.equal(kept, 2);
  const ranges = rangesIn(world.store);
  for (const [i, { end }] of ranges.entries())
    if (i + 1 < ranges.length) assert.equal(ranges[i + 1]!.start, end);
  assert.equal(ranges.at(0)!.start, day - HOUR);
});

test('rows of a dropped file are not exported again', async () => {
  const day = MIDNIGHT - DAY;
  const range = { start: day + 12 * HOUR, end: day + 13 * HOUR };
  const file = { key: 'windows/detector=shop/noon.csv', etag: 'e', lastModified: NOW, step: MINUTE, range };
  const known = { files: new Map(), etag: undefined, rest: {} };
  await recordFileRanges(world.store, 'shop', { learned: [file], isGone: () => false, known });
  const { kept } = await runDay(world, '2026-11-21');
  assert.equal(kept, 1);
  const ranges = rangesIn(world.store);
  assert.deepEqual(
    ranges.filter(({ start, end }) => start < range.end && end > range.start),
    [],
  );
  assert.deepEqual([ranges[0]!.start, ranges.at(-1)!.end], [day, day + DAY]);
  for (const edge of [range.start, range.end])
    assert.ok(ranges.some(({ start, end }) => start === edge || end === edge));
});

test('a day without a value leaves none, and one that begins at noon begins there', async () => {
  const noon = MIDNIGHT - 2 * DAY + 12 * HOUR;
  world.valueAt = (time) => (time < noon ? undefined : 1);
  assert.deepEqual(await runDay(world, '2026-11-19'), { exported: [], kept: 0 });
  await runDay(world, '2026-11-20');
  assert.deepEqual(rangesIn(world.store), [{ start: noon, end: MIDNIGHT - DAY }]);
});

test('a fleet too large for a day in one answer has windows of the usual length, and all of the day', async () => {
  const detector = { step: 1_000, detectionWindow: HOUR };
  await runDay(world, '2026-11-20', { detector });
  const ranges = rangesIn(world.store);
  assert.equal(ranges.length, 24);
  assert.deepEqual([ranges[0]!.start, ranges.at(-1)!.end], [MIDNIGHT - 2 * DAY, MIDNIGHT - DAY]);
});

test('windows that do not divide a day end with it all the same', async () => {
  await runDay(world, '2026-11-20', { detector: { step: 7 * MINUTE, detectionWindow: 21 * MINUTE } });
  await runDay(world, '2026-11-21', { detector: { step: 7 * MINUTE, detectionWindow: 21 * MINUTE } });
  const ranges = rangesIn(world.store);
  for (const [i, { end }] of ranges.slice(0, -1).entries()) assert.equal(ranges[i + 1]!.start, end);
});

test('a run whose time is up says so, and the next one goes on', async () => {
  const detector = { step: 1_000, detectionWindow: HOUR };
  let left = 5;
  world.remaining = () => (left-- > 0 ? 60_000 : 0);
  await assert.rejects(
    runDay(world, '2026-11-20', { detector }),
    /the backfill of shop stopped at .*10000 are needed/,
  );
  const before = rangesIn(world.store).length;
  assert.ok(before > 0 && before < 24, String(before));
  world.remaining = () => Number.POSITIVE_INFINITY;
  const { exported, kept } = await runDay(world, '2026-11-20', { detector });
  assert.deepEqual([exported.length, kept], [24 - before, before]);
});

test('what was left out is told of by a run whose time is up, too: the next one does not hear of it', async () => {
  const all = queriesOf(world);
  let left = 5;
  world.remaining = () => (left-- > 0 ? 60_000 : 0);
  const run = runDay(world, '2026-11-20', {
    detector: { step: 1_000, detectionWindow: HOUR },
    async queryRange(query) {
      const series = await all(query);
      return [...series, { ...series[0]!, labels: { node: 'n' } }];
    },
  });
  await assert.rejects(run, /stopped at/);
  const noted = await readLeftOutOfExport({ ...world, now: () => world.now }, 'shop', HOUR);
  // Of each metric once, however many answers had it.
  assert.deepEqual(
    noted?.leftOut.map(({ code, message }) => [code, message.slice(0, message.indexOf(':'))]),
    [
      ['missing-entity-label', 'metric cpu'],
      ['missing-entity-label', 'metric memory'],
    ],
  );
});

test('each window is logged as what it is about, as one that the schedule exports', async () => {
  await inInvocation('request', () => runDay(world, '2026-11-20'));
  const line = world.telemetry.lines.find(({ message }) => message === 'window exported');
  assert.equal(line?.fields['correlationId'], 'shop@20261120T000000Z');
});

test('an answer that is too large is asked for in halves', async () => {
  const whole = queriesOf(world);
  await runDay(world, '2026-11-20', {
    async queryRange(query) {
      if (query.end - query.start > 6 * HOUR) throw new SourceError('body-too-large', 'too much');
      return whole(query);
    },
  });
  const ranges = rangesIn(world.store);
  assert.deepEqual([ranges[0]!.start, ranges.at(-1)!.end], [MIDNIGHT - 2 * DAY, MIDNIGHT - DAY]);
});

test('what the schedule has yet to export is not a backfill’s; what it has passed is', async () => {
  await assert.rejects(
    runDay(world, '2026-11-22'),
    /exports from 2026-11-22T09:15:00.000Z on, and a backfill ends before/,
  );
  await assert.rejects(runDay(world, '22.11.2026'), /day is "22.11.2026", not a day such as/);
  await run(world);
  world.now = NOW + DAY;
  await assert.rejects(runDay(world, '2026-11-22'), /exports from 2026-11-22T10:15:00.000Z on/);
});

describe('the days of a backfill', () => {
  const detector = { ...defaultDetector('shop'), detectionWindow: 15 * MINUTE, backfill: HOUR };
  const list = (from: unknown, to?: unknown, exportedUntil?: number) =>
    listBackfillDays({ from, to }, detector, { exportedUntil }, NOW);

  test('are the whole ones up to what the schedule exports, or up to the one that is named', () => {
    assert.deepEqual(list('2026-11-20'), ['2026-11-20', '2026-11-21']);
    assert.deepEqual(list('2026-11-18', '2026-11-19'), ['2026-11-18', '2026-11-19']);
    assert.deepEqual(list('2026-11-18', undefined, at('00:00:00') - DAY), [
      '2026-11-18',
      '2026-11-19',
      '2026-11-20',
    ]);
    assert.equal(list('2024-02-28', '2024-03-01').length, 3);
  });

  test('are refused where there are none, too many, or such as are not over', () => {
    assert.throws(
      () => list('2026-11-20', '2026-11-19'),
      /end on 2026-11-19, before they begin on 2026-11-20/,
    );
    assert.throws(() => list('2010-01-01'), new RegExp(`a backfill has ${MOST_DAYS} at most`));
    assert.throws(() => list('2026-11-20', '2026-11-22'), /2026-11-22 does not/);
    for (const day of [undefined, 7, '2026-02-30', '2026-1-1', '2026-11-20T00:00:00Z'])
      assert.throws(() => list(day), /not a day such as 2025-11-21/);
  });
});
