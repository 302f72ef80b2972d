import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { SourceError } from '../../../../lib/base/errors.ts';
import { type Batch, openBatchSizes } from '../../../../lib/jobs/export/export-batch.ts';
import { foreseeWindows, openBatchReader } from '../../../../lib/jobs/export/read-ahead.ts';
import type { QueryRange } from '../../../../lib/source/query-source.ts';
import { updateState } from '../../../../lib/store/detector-states.ts';
import type { ObjectStore } from '../../../../lib/store/object-store.ts';
import { createWorld, DAY, HOUR, MINUTE, queriesOf, rangesIn, run, type World } from './export-world.ts';

const GRID = { step: MINUTE, detectionWindow: 15 * MINUTE };
const NO_DAYS = { until: 0, allowed: false };
/** Windows of 15 minutes: batches of 1, 8 and 11. */
const FIVE_HOURS = { backfill: 5 * HOUR };

function batchOf(minutes: number, seriesCount: number): Batch {
  const range = { start: 0, end: minutes * MINUTE };
  return { range, seriesCount, matrices: [], leftOut: [], podOwners: undefined };
}

/** Starts of what was asked for, in minutes since the first, and "put" for each window. */
function watch(
  world: World,
  { failAt = Infinity }: { readonly failAt?: number } = {},
): {
  readonly events: string[];
  readonly store: ObjectStore;
  readonly queryRange: QueryRange;
  readonly signals: (AbortSignal | undefined)[];
} {
  const events: string[] = [];
  const signals: (AbortSignal | undefined)[] = [];
  let first: number | undefined;
  let puts = 0;
  return {
    events,
    signals,
    store: {
      ...world.store,
      async put(key, body, options) {
        if (key.startsWith('windows/')) {
          events.push('put');
          if (puts++ === failAt) throw new Error('the bucket is away');
        }
        return world.store.put(key, body, options);
      },
    },
    queryRange: (query) => {
      first ??= query.start;
      if (query.query === 'cpu_query') {
        signals.push(query.signal);
        events.push(`${(query.start - first) / MINUTE}-${(query.end - first) / MINUTE}`);
      }
      return queriesOf(world)(query);
    },
  };
}

test('each batch but the first is asked for before the windows of the one before are written', async () => {
  const world = createWorld();
  const { events, ...options } = watch(world);
  await run(world, { ...options, detector: FIVE_HOURS });
  const put = (count: number): string[] => Array.from({ length: count }, () => 'put');
  assert.deepEqual(events, ['0-15', '15-135', ...put(1), '135-300', ...put(8), ...put(11)]);
});

test('nothing is asked for that the run does not write', async () => {
  for (const [maxWindows, asked] of [
    [1, ['0-15']],
    [9, ['0-15', '15-135']],
    [10, ['0-15', '15-135', '135-150']],
  ] as const) {
    const world = createWorld();
    const { events, ...options } = watch(world);
    await run(world, { ...options, maxWindows, detector: FIVE_HOURS });
    assert.deepEqual(
      events.filter((event) => event !== 'put'),
      asked,
    );
  }
});

test('a run that cannot write gives up what it has asked for', async () => {
  const world = createWorld();
  const { signals, ...options } = watch(world, { failAt: 2 });
  const whole = options.queryRange;
  let open = 0;
  const slow: QueryRange = async (query) => {
    const answer = await whole(query);
    if (signals.length < 3) return answer;
    open++;
    await new Promise<void>((resolve) => query.signal!.addEventListener('abort', () => resolve()));
    open--;
    throw new SourceError('aborted', 'called off');
  };
  await assert.rejects(run(world, { ...options, queryRange: slow, detector: FIVE_HOURS }), {
    message: 'the bucket is away',
  });
  assert.ok(signals.at(-1)!.aborted);
  assert.equal(open, 0);
  assert.equal(rangesIn(world.store).length, 2);
});

test('what goes wrong ahead is told after the windows before it are written', async () => {
  const world = createWorld();
  const { queryRange, ...options } = watch(world);
  const failing: QueryRange = (query) =>
    query.start >= world.now - 3 * HOUR
      ? Promise.reject(new SourceError('timeout', 'too slow'))
      : queryRange(query);
  await assert.rejects(run(world, { ...options, queryRange: failing, detector: FIVE_HOURS }), {
    code: 'timeout',
  });
  assert.equal(rangesIn(world.store).length, 9);
});

test('where another run was faster, what comes after it is asked for', async () => {
  const world = createWorld();
  const { events, ...options } = watch(world);
  let moved = false;
  const store: ObjectStore = {
    ...options.store,
    async put(key, body, given) {
      const done = await options.store.put(key, body, given);
      if (key.startsWith('windows/') && rangesIn(world.store).length === 9 && !moved) {
        moved = true;
        await updateState(world.store, 'shop', (state) => ({
          ...state,
          exportedUntil: state.exportedUntil! + 30 * MINUTE,
        }));
      }
      return done;
    },
  };
  const { exportedUntil } = await run(world, { ...options, store, detector: FIVE_HOURS });
  assert.equal(exportedUntil, Math.floor((world.now - MINUTE) / (15 * MINUTE)) * 15 * MINUTE);
  assert.deepEqual(
    events.filter((event) => event !== 'put'),
    ['0-15', '15-135', '135-300', '150-300'],
  );
});

test('what is asked for ahead and not read is given up before another range is asked for', async () => {
  const log: string[] = [];
  const reader = openBatchReader('shop', async ({ end }, signal) => {
    log.push(`asked ${end}`);
    await nextTurn();
    log.push(`${signal.aborted ? 'gave up' : 'read'} ${end}`);
    signal.throwIfAborted();
    return batchOf(end / MINUTE, 1);
  });
  reader.readAhead({ start: 0, end: MINUTE });
  const { range } = await reader.read({ start: 0, end: 2 * MINUTE });
  assert.equal(range.end, 2 * MINUTE);
  assert.deepEqual(
    log.map((line) => line.replace(/\d+/, (end) => String(Number(end) / MINUTE))),
    ['asked 1', 'gave up 1', 'asked 2', 'read 2'],
  );
});

test('two batches at a time take the memory of one, and a day that takes more than half of it goes alone', () => {
  const sizes = openBatchSizes(GRID);
  const many = batchOf(15, 1000);
  for (let i = 0; i < 5; i++) sizes.learnFrom(batchOf(2000, many.seriesCount));
  assert.deepEqual(sizes.next, { points: 2000, wholeDays: true });
  const hours = (count: number): { start: number; end: number } => ({ start: 0, end: count * HOUR });
  assert.ok(sizes.fitsBeside(batchOf(2000, 1000), { start: 0, end: 2000 * MINUTE }));
  assert.ok(!sizes.fitsBeside(batchOf(2001, 1000), { start: 0, end: 2000 * MINUTE }));
  sizes.learnFrom(batchOf(15, 2000));
  assert.ok(sizes.next.wholeDays);
  assert.ok(!sizes.fitsBeside(batchOf(DAY / MINUTE, 2000), hours(24)));
});

test('windows are foreseen as they are written: from the first value on, and only those that lie in the batch', () => {
  const times = Float64Array.from({ length: 50 }, (_, i) => (40 + i) * MINUTE);
  const series = { labels: {}, times, values: times };
  const batch = {
    range: { start: 0, end: 120 * MINUTE },
    matrices: [{ name: 'cpu', byEntity: new Map([['a', [series]]]) }],
  };
  const foresee = (days: typeof NO_DAYS): ReturnType<typeof foreseeWindows> =>
    foreseeWindows(batch, 0, { grid: GRID, days });
  assert.deepEqual(foresee(NO_DAYS), { windows: 4, until: 120 * MINUTE });
  assert.deepEqual(foresee({ until: DAY, allowed: true }), { windows: 0, until: 30 * MINUTE });
});

test('windows have the same bytes whether they are read ahead or one by one', async () => {
  const holes: World['valueAt'] = (time, query, pod) =>
    (time / MINUTE) % 7 === 3 && pod === 'a' ? undefined : Math.sin(time) + query.length;
  const bytesOf = async (world: World): Promise<readonly (readonly [string, string])[]> =>
    Promise.all(
      world.store.keys().map(async (key) => {
        const { body } = await world.store.get(key);
        return [key, Buffer.from(body).toString('base64')] as const;
      }),
    );
  const [ahead, single] = [createWorld(holes), createWorld(holes)];
  await run(ahead, { detector: FIVE_HOURS });
  for (let i = 0; i < 20; i++) await run(single, { detector: FIVE_HOURS, maxWindows: 1 });
  const bytes = await bytesOf(ahead);
  assert.equal(bytes.filter(([key]) => key.startsWith('windows/')).length, 20);
  assert.deepEqual(bytes, await bytesOf(single));
});
