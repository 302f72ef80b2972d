import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { currentCorrelation, inInvocation } from '../../../../lib/base/correlation.ts';
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

function floorTo(time: number, unit: number): number {
  return Math.floor(time / unit) * unit;
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

test('nothing is asked for ahead where no time is left to write it', async () => {
  const world = createWorld();
  const { events, ...options } = watch(world);
  world.remaining = () => (events.length > 0 ? 9_000 : 60_000);
  await assert.rejects(run(world, { ...options, detector: FIVE_HOURS }), { code: 'deadline' });
  assert.deepEqual(events, ['0-15']);
});

test('a run without time left within an empty stretch goes on another time, and does not miss data', async () => {
  const begin = floorTo(createWorld().now - 5 * HOUR - MINUTE, 15 * MINUTE);
  const world = createWorld((time) => (time < begin + 15 * MINUTE ? 1 : undefined));
  world.remaining = () => (world.queries.some(({ start }) => start > begin + 15 * MINUTE) ? 9_000 : 60_000);
  const { stopped, exported, exportedUntil } = await run(world, { detector: FIVE_HOURS });
  assert.deepEqual([stopped, exported.length, exportedUntil], ['deadline', 1, begin + 15 * MINUTE]);
});

test('days that do not fit beside each other are asked for one by one, in the memory that several exports share', async () => {
  const world = createWorld();
  const { events, ...options } = watch(world);
  // 4,000,000 samples of 4 series: 2,000 minutes for each of 500 exports.
  await run(world, { ...options, atOnce: 500, detector: { backfill: 4 * DAY } });
  assert.deepEqual(events.slice(0, 8), [
    '0-15',
    '0-825',
    'put',
    '825-2265',
    'put',
    '2265-3705',
    'put',
    '3705-4695',
  ]);
});

test('what is asked for ahead is logged as of its own window, and what is written meanwhile as of its own', async () => {
  const world = createWorld();
  const { queryRange, ...options } = watch(world);
  const asked: [string | undefined, number][] = [];
  await inInvocation('a run', () =>
    run(world, {
      ...options,
      queryRange(query) {
        asked.push([currentCorrelation(), query.start]);
        return queryRange(query);
      },
      detector: FIVE_HOURS,
    }),
  );
  assert.ok(asked.length > 4);
  for (const [id, start] of asked)
    assert.equal(id, `shop@${new Date(start).toISOString().replace(/[-:]|\.000/g, '')}`);
});

test('owners of pods that are called off are no owners that could not be read', async () => {
  const world = createWorld();
  const { queryRange, ...options } = watch(world, { failAt: 2 });
  const signals: AbortSignal[] = [];
  const slow: QueryRange = async (query) => {
    const answer = await queryRange(query);
    const labelled = answer.map((each) => ({ ...each, labels: { ...each.labels, namespace: 'shop' } }));
    if (!query.query.includes('kube_pod_owner') || options.signals.length < 3) return labelled;
    const signal = query.signal!;
    signals.push(signal);
    if (!signal.aborted)
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    throw new SourceError('aborted', 'called off');
  };
  const detector = { ...FIVE_HOURS, entityLabels: ['namespace', 'pod'] };
  await assert.rejects(run(world, { ...options, queryRange: slow, detector }), {
    message: 'the bucket is away',
  });
  assert.deepEqual(
    signals.map(({ aborted }) => aborted),
    [true],
  );
  assert.doesNotMatch(JSON.stringify(world.telemetry.lines), /owners of pods/);
});

test('a fault of our own in asking for owners is no answer of the source', async () => {
  const world = createWorld();
  const broken: QueryRange = (query) => {
    if (query.query.includes('kube_pod_owner')) throw new TypeError('no such property');
    return queriesOf(world)(query);
  };
  await assert.rejects(run(world, { queryRange: broken, detector: { entityLabels: ['namespace', 'pod'] } }), {
    name: 'TypeError',
  });
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

test('what was read, or given up, is not held: the same range is asked for anew', async () => {
  let asked = 0;
  const reader = openBatchReader('shop', async (_, signal) => {
    const count = ++asked;
    await nextTurn();
    signal.throwIfAborted();
    return batchOf(1, count);
  });
  const range = { start: 0, end: MINUTE };
  reader.readAhead(range);
  assert.equal((await reader.read(range)).seriesCount, 1);
  assert.equal((await reader.read(range)).seriesCount, 2);
  reader.readAhead(range);
  await reader.close();
  assert.equal((await reader.read(range)).seriesCount, 4);
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
  assert.deepEqual(foreseeWindows(batch, 50 * MINUTE, { grid: GRID, days: { until: DAY, allowed: true } }), {
    windows: 0,
    until: 50 * MINUTE,
  });
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
