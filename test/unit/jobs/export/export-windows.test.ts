import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SourceError } from '../../../../lib/base/errors.ts';
import { readLeftOutOfExport } from '../../../../lib/jobs/shared/left-out-notes.ts';
import type { QueryRange } from '../../../../lib/source/query-source.ts';
import { countRequests, countStore, type Requests } from '../../../../lib/store/count-requests.ts';
import { readState, updateState } from '../../../../lib/store/detector-states.ts';
import { windowKey } from '../../../../lib/store/keys.ts';
import type { TimeRange } from '../../../../lib/window/time-range.ts';
import { createMortalStore, KilledError } from '../../../helpers/memory-object-store.ts';
import {
  at,
  createWorld,
  DAY,
  HOUR,
  MINUTE,
  queriesOf,
  type RunOptions,
  rangesIn,
  run,
  type World,
  windowAt,
} from './export-world.ts';

function linesOf({ telemetry }: World, level: string): string[] {
  return telemetry.lines.filter((line) => line.level === level).map(({ message }) => message);
}

function quarters(from: string, to: string): TimeRange[] {
  const ranges: TimeRange[] = [];
  for (let start = at(from); start < at(to); start += 15 * MINUTE)
    ranges.push({ start, end: start + 15 * MINUTE });
  return ranges;
}

test('the first run reaches back, oldest first, and asks far less often than it writes', async () => {
  const world = createWorld((time, query, pod) =>
    query === 'memory_query' && pod === 'a' ? undefined : time / MINUTE,
  );
  const result = await run(world);
  assert.deepEqual(result, {
    exported: quarters('09:15:00', '10:15:00').map((range) => windowKey('shop', range)),
    kept: [],
    gaps: [],
    leftOut: [],
    exportedUntil: at('10:15:00'),
    stopped: 'up-to-date',
  });
  assert.equal(world.queries.length, 4);
  assert.equal(world.telemetry.total('WindowsExported', 'shop'), 4);
  const window = await windowAt(world.store, result.exported[1]!);
  assert.deepEqual(window.range, { start: at('09:30:00'), end: at('09:45:00') });
  assert.deepEqual(window.entities, ['a', 'b']);
  assert.deepEqual(window.metrics, ['cpu', 'memory']);
  assert.equal(window.times.length, 30);
  assert.deepEqual(
    [...window.columns[0]!],
    [...window.times].map((time) => time / MINUTE),
  );
  assert.ok(window.columns[1]!.subarray(0, 15).every(Number.isNaN));
});

test('the next run goes on at the cursor, and one without a complete window does nothing', async () => {
  const world = createWorld();
  await run(world);
  world.queries.length = 0;
  assert.deepEqual((await run(world)).exported, []);
  assert.equal(world.queries.length, 0);
  world.now += 15 * MINUTE;
  const next = await run(world);
  assert.deepEqual(next.exported, [windowKey('shop', { start: at('10:15:00'), end: at('10:30:00') })]);
  assert.deepEqual(
    world.queries.map(({ query, start, end, step }) => [query, start, end, step]),
    ['cpu_query', 'memory_query'].map((query) => [query, at('10:15:00'), at('10:30:00'), MINUTE]),
  );
});

test('killed at any write, the next run leaves what an undisturbed one does', async () => {
  const undisturbed = createWorld();
  await run(undisturbed);
  undisturbed.now += 40 * MINUTE;
  await run(undisturbed);
  const expected = undisturbed.store.keys();
  // Before its first write a run has left nothing, and the next one is the first.
  for (const stage of ['before', 'after'] as const)
    for (let atWrite = stage === 'before' ? 1 : 0; atWrite < 9; atWrite++) {
      const world = createWorld();
      await assert.rejects(
        run(world, { store: createMortalStore(world.store, { atWrite, stage }) }),
        KilledError,
      );
      world.now += 40 * MINUTE;
      await run(world);
      assert.deepEqual(world.store.keys(), expected);
      for (const key of expected)
        if (key.startsWith('windows/'))
          assert.deepEqual(await windowAt(world.store, key), await windowAt(undisturbed.store, key));
    }
});

test('two runs at once write each window once', async () => {
  const world = createWorld();
  const results = await Promise.all([run(world), run(world), run(world)]);
  assert.deepEqual(rangesIn(world.store), quarters('09:15:00', '10:15:00'));
  assert.equal(results.flatMap(({ exported }) => exported).length, 4);
  for (const { exportedUntil } of results) assert.equal(exportedUntil, at('10:15:00'));
});

test('a window that a killed run left at the cursor stays, however the manifest cuts now', async () => {
  const world = createWorld();
  await assert.rejects(
    run(world, { store: createMortalStore(world.store, { atWrite: 1, stage: 'after' }) }),
    KilledError,
  );
  assert.deepEqual(rangesIn(world.store), quarters('09:15:00', '09:30:00'));
  const result = await run(world, { detector: { detectionWindow: HOUR } });
  assert.deepEqual(result.kept, [windowKey('shop', { start: at('09:15:00'), end: at('09:30:00') })]);
  assert.deepEqual(rangesIn(world.store), [
    { start: at('09:15:00'), end: at('09:30:00') },
    { start: at('09:30:00'), end: at('10:00:00') },
  ]);
});

test('it stays also where the manifest sets the limit back into it', async () => {
  const world = createWorld();
  await run(world);
  world.now += 15 * MINUTE;
  const mortal = createMortalStore(world.store, { atWrite: 0, stage: 'after' });
  await assert.rejects(run(world, { store: mortal }), KilledError);
  const detector = { detectionWindow: 5 * MINUTE, ingestDelay: 10 * MINUTE };
  await run(world, { detector });
  assert.deepEqual(rangesIn(world.store), quarters('09:15:00', '10:30:00'));
  world.now += 15 * MINUTE;
  await run(world, { detector });
  const ranges = rangesIn(world.store);
  assert.equal(ranges.at(-1)!.end, at('10:40:00'));
  for (const [i, { start }] of ranges.slice(1).entries()) assert.equal(start, ranges[i]!.end);
});

test('it is no gap where the source has lost what it holds', async () => {
  const world = createWorld();
  await run(world);
  world.now += 15 * MINUTE;
  const mortal = createMortalStore(world.store, { atWrite: 0, stage: 'after' });
  await assert.rejects(run(world, { store: mortal }), KilledError);
  world.now += HOUR;
  world.valueAt = (time) => (time < at('10:47:00') ? undefined : time / MINUTE);
  const { kept, gaps } = await run(world);
  assert.deepEqual(kept, [windowKey('shop', { start: at('10:15:00'), end: at('10:30:00') })]);
  assert.deepEqual(gaps, [{ start: at('10:30:00'), end: at('10:45:00') }]);
  assert.deepEqual(rangesIn(world.store), [
    ...quarters('09:15:00', '10:30:00'),
    ...quarters('10:45:00', '11:30:00'),
  ]);
});

test('only where windows are cut in another way than before is the bucket listed for one that a killed run left', async () => {
  const world = createWorld();
  const count = (options: RunOptions = {}): Promise<Requests> => {
    const store = countStore(world.store);
    return countRequests(store, () => run(world, { ...options, store }));
  };
  assert.ok((await count()).lists > 0);
  world.now += 15 * MINUTE;
  assert.deepEqual(await count(), { reads: 1, lists: 0, writes: 2 });
  world.now += 15 * MINUTE;
  const mortal = createMortalStore(world.store, { atWrite: 0, stage: 'after' });
  await assert.rejects(run(world, { store: mortal }), KilledError);
  assert.deepEqual(await count(), { reads: 1, lists: 0, writes: 2 });
  const other = { detector: { detectionWindow: 5 * MINUTE } };
  world.now += 15 * MINUTE;
  // It dies at its first window, and the manifest is changed back.
  const dying = createMortalStore(world.store, { atWrite: 1, stage: 'after' });
  await assert.rejects(run(world, { ...other, store: dying }), KilledError);
  assert.equal((await count()).lists, 1);
  const ranges = rangesIn(world.store);
  for (const [i, { start }] of ranges.slice(1).entries()) assert.equal(start, ranges[i]!.end);
  assert.deepEqual(ranges.at(-2)!, { start: at('10:45:00'), end: at('10:50:00') });
});

test('a step that changed moves the start onto its grid', async () => {
  const world = createWorld();
  await updateState(world.store, 'shop', (state) => ({ ...state, exportedUntil: at('09:30:30') }));
  await run(world);
  assert.deepEqual(rangesIn(world.store)[0], { start: at('09:31:00'), end: at('09:45:00') });
  assert.equal(rangesIn(world.store).at(-1)?.end, at('10:15:00'));
});

test('a hole between data is passed as a gap that the state and telemetry tell of', async () => {
  const world = createWorld((time) => (time >= at('09:32:00') && time < at('10:01:00') ? undefined : 1));
  const result = await run(world);
  const gap = { start: at('09:45:00'), end: at('10:00:00') };
  assert.deepEqual(result.gaps, [gap]);
  assert.deepEqual(
    rangesIn(world.store),
    quarters('09:15:00', '10:15:00').filter(({ start }) => start !== gap.start),
  );
  assert.deepEqual((await readState(world.store, 'shop')).state.exporting?.gaps, [gap]);
  assert.equal(world.telemetry.total('GapsSkipped', 'shop'), 1);
  const warning = world.telemetry.lines.find(({ level }) => level === 'warn');
  assert.equal(warning?.fields.start, '2026-11-22T09:45:00.000Z');
});

test('a hole up to now is an error and stays, until data comes', async () => {
  const world = createWorld((time) => (time < at('09:45:00') ? 1 : undefined));
  await assert.rejects(run(world), {
    name: 'SourceError',
    code: 'no-data',
    message:
      /cpu_query.*09:45:00.000Z to 2026-11-22T10:15:00.000Z|09:45:00.000Z to 2026-11-22T10:15:00.000Z: cpu \(cpu_query\)/,
  });
  assert.deepEqual(rangesIn(world.store), quarters('09:15:00', '09:45:00'));
  assert.equal((await readState(world.store, 'shop')).state.exportedUntil, at('09:45:00'));
  world.now += 30 * MINUTE;
  await assert.rejects(run(world), { code: 'no-data' });
  world.valueAt = (time) => (time < at('09:45:00') || time >= at('10:30:00') ? 1 : undefined);
  const { gaps } = await run(world);
  assert.deepEqual(gaps, [{ start: at('09:45:00'), end: at('10:30:00') }]);
  assert.equal((await readState(world.store, 'shop')).state.exportedUntil, at('10:45:00'));
});

test('export starts where data starts, which is no gap', async () => {
  const world = createWorld((time) => (time < at('09:50:00') ? undefined : 1));
  const { gaps } = await run(world);
  assert.deepEqual(gaps, []);
  assert.deepEqual(rangesIn(world.store), quarters('09:45:00', '10:15:00'));
  assert.equal((await readState(world.store, 'shop')).state.exporting?.dataSince, at('09:45:00'));
  assert.deepEqual(linesOf(world, 'warn'), []);
});

test('queries that never gave anything are an error, and the cursor stays', async () => {
  const world = createWorld(() => undefined);
  await assert.rejects(run(world, { detector: { backfill: 7 * DAY } }), { code: 'no-data' });
  assert.deepEqual(rangesIn(world.store), []);
  const { state } = await readState(world.store, 'shop');
  assert.equal(state.exportedUntil, at('10:15:00') - 7 * DAY);
});

test('NaN up to now is a gap and no error: the source is alive', async () => {
  const world = createWorld((time) => (time < at('09:30:00') ? 1 : Number.NaN));
  const { gaps } = await run(world);
  assert.deepEqual(gaps, [{ start: at('09:30:00'), end: at('10:15:00') }]);
  assert.deepEqual(rangesIn(world.store), quarters('09:15:00', '09:30:00'));
  world.now += 15 * MINUTE;
  await run(world);
  assert.deepEqual((await readState(world.store, 'shop')).state.exporting?.gaps, [
    { start: at('09:30:00'), end: at('10:30:00') },
  ]);
});

test('a metric without any series is an empty column and a warning, once', async () => {
  const world = createWorld((time, query) => (query === 'memory_query' ? undefined : time));
  const { exported } = await run(world);
  const window = await windowAt(world.store, exported[0]!);
  assert.ok(window.columns[1]!.every(Number.isNaN));
  const warnings = world.telemetry.lines.filter(({ level }) => level === 'warn');
  assert.deepEqual(
    warnings.map(({ fields }) => fields.metric),
    ['memory'],
  );
});

test('a run writes so many windows at most, and the next one goes on', async () => {
  const world = createWorld();
  const first = await run(world, { maxWindows: 3 });
  assert.equal(first.stopped, 'max-windows');
  assert.deepEqual(rangesIn(world.store), quarters('09:15:00', '10:00:00'));
  const second = await run(world, { maxWindows: 3 });
  assert.equal(second.stopped, 'up-to-date');
  assert.deepEqual(rangesIn(world.store), quarters('09:15:00', '10:15:00'));
});

test('a run stops between windows when time runs short; one that got nowhere is an error', async () => {
  const world = createWorld();
  world.remaining = () => (rangesIn(world.store).length < 2 ? 60_000 : 5_000);
  const { stopped, exportedUntil } = await run(world);
  assert.equal(stopped, 'deadline');
  assert.equal(exportedUntil, at('09:45:00'));
  assert.deepEqual(rangesIn(world.store), quarters('09:15:00', '09:45:00'));
  await assert.rejects(run(world), { name: 'RetryLaterError', code: 'deadline' });
});

test('an error of the source writes nothing and keeps the cursor', async () => {
  const world = createWorld();
  const good = queriesOf(world);
  const queryRange: QueryRange = (query) =>
    query.query === 'memory_query'
      ? Promise.reject(new SourceError('partial-response', 'half of it'))
      : good(query);
  await assert.rejects(run(world, { queryRange }), { code: 'partial-response' });
  assert.deepEqual(rangesIn(world.store), []);
  assert.equal(world.queries[0]?.signal?.aborted, true);
});

test('a week of backfill is whole days, then windows, in few queries', async () => {
  const world = createWorld();
  const { stopped } = await run(world, { detector: { backfill: 7 * DAY } });
  assert.equal(stopped, 'up-to-date');
  const ranges = rangesIn(world.store);
  assert.equal(ranges[0]?.start, at('10:15:00') - 7 * DAY);
  const days = ranges.filter(({ start, end }) => end - start > 15 * MINUTE);
  assert.equal(days.length, 6);
  assert.ok(days.every(({ end }) => end % DAY === 0));
  assert.equal(ranges.length, 6 + (34 * 60 + 15) / 15);
  assert.ok(world.queries.length <= 2 * 6, `${world.queries.length} queries`);
});

test('an answer that is too large is asked for in halves', async () => {
  const world = createWorld();
  const good = queriesOf(world);
  const queryRange: QueryRange = (query) =>
    query.end - query.start > 30 * MINUTE
      ? Promise.reject(new SourceError('body-too-large', 'too large'))
      : good(query);
  await run(world, { queryRange, detector: { backfill: 3 * DAY }, maxWindows: 1000 });
  assert.equal(rangesIn(world.store).length, 3 * 96);
  const never: QueryRange = () => Promise.reject(new SourceError('body-too-large', 'too large'));
  await assert.rejects(run(createWorld(), { queryRange: never }), { code: 'body-too-large' });
});

/** Beside every series of `world` another one of the same pod, from `from` up to `to`. */
function withOverlap(
  world: ReturnType<typeof createWorld>,
  from: number,
  to: number,
  add: number,
): QueryRange {
  const good = queriesOf(world);
  return async (query) => {
    const series = await good(query);
    const again = series.map(({ labels, times, values }) => {
      const within = (_: number, i: number): boolean => times[i]! >= from && times[i]! < to;
      return {
        labels: { ...labels, instance: 'new' },
        times: times.filter(within),
        values: values.filter(within).map((value) => value + add),
      };
    });
    return [...series, ...again, { ...series[0]!, labels: { job: 'no-pod' } }];
  };
}

test('an exporter that restarts costs the cells that its two series disagree on, and no window', async () => {
  const world = createWorld();
  const [from, to] = [at('09:40:00'), at('09:45:00')];
  const { leftOut, stopped } = await run(world, { queryRange: withOverlap(world, from, to, 1) });
  assert.equal(stopped, 'up-to-date');
  assert.deepEqual(rangesIn(world.store), quarters('09:15:00', '10:15:00'));
  const { columns, times, entities } = await windowAt(
    world.store,
    windowKey('shop', { start: at('09:30:00'), end: at('09:45:00') }),
  );
  assert.deepEqual(entities, ['a', 'b']);
  for (const column of columns)
    for (const [row, value] of column.entries()) assert.equal(Number.isNaN(value), times[row]! >= from);
  assert.deepEqual(
    leftOut.map(({ code, count }) => [code, count]),
    [
      ['missing-entity-label', 2],
      ['missing-entity-label', 2],
      ['series-collapse', 10],
      ['series-collapse', 10],
    ],
  );
  assert.match(leftOut[2]!.message, /entity "b" at 2026-11-22T09:40:00\.000Z/);
  const context = { store: world.store, now: () => world.now };
  assert.deepEqual((await readLeftOutOfExport(context, 'shop', HOUR))?.leftOut, leftOut);
  assert.ok(world.telemetry.total('LeftOut') > 20);
});

test('two series that tell the same are one', async () => {
  const world = createWorld();
  const { leftOut } = await run(world, { queryRange: withOverlap(world, at('09:40:00'), at('09:45:00'), 0) });
  const { columns } = await windowAt(
    world.store,
    windowKey('shop', { start: at('09:30:00'), end: at('09:45:00') }),
  );
  assert.ok(columns.every((column) => column.every((value) => !Number.isNaN(value))));
  assert.deepEqual([...new Set(leftOut.map(({ code }) => code))], ['missing-entity-label']);
});

test('where nothing can be used the error says why, and not that there is nothing', async () => {
  const world = createWorld();
  await assert.rejects(run(createWorld(), { detector: { entityLabels: ['node'] } }), {
    code: 'missing-entity-label',
  });
  await assert.rejects(run(world, { queryRange: withOverlap(world, 0, Infinity, 1) }), {
    code: 'series-collapse',
  });
  const two = createWorld((time, _, pod) => (pod === 'a' ? time : 2 * time));
  await assert.rejects(run(two, { detector: { entityLabels: [] } }), {
    code: 'series-collapse',
    message: /the detector, which has no entity labels.*such as max \(cpu_query\)/,
  });
});

test('a metric that gives native histograms for a while costs itself, not the windows of the others', async () => {
  const world = createWorld();
  const [from, to] = [at('09:30:00'), at('10:00:00')];
  const all = queriesOf(world);
  const queryRange: QueryRange = async (query) => {
    const series = await all(query);
    if (query.query !== 'memory_query') return series;
    return series.map((each) => {
      const isFloat = Uint8Array.from(each.times, (time) => Number(time < from || time >= to));
      return {
        labels: each.labels,
        times: each.times.filter((_, i) => isFloat[i] === 1),
        values: each.values.filter((_, i) => isFloat[i] === 1),
        hasHistograms: isFloat.includes(0),
      };
    });
  };
  // Each quarter of an hour by itself, as the schedule asks.
  for (const now of ['09:31:30', '09:46:30', '10:01:30', '10:20:30']) {
    world.now = at(now);
    await run(world, { queryRange });
  }
  const ranges = rangesIn(world.store);
  assert.equal(ranges.at(-1)!.end, at('10:15:00'));
  const range = { start: at('09:45:00'), end: at('10:00:00') };
  const { columns } = await windowAt(world.store, windowKey('shop', range));
  assert.ok(columns[0]!.every((value) => !Number.isNaN(value)));
  assert.ok(columns[1]!.every(Number.isNaN));
});

test('where nothing but native histograms comes, the error says so', async () => {
  const world = createWorld();
  const queryRange: QueryRange = async () => [
    { labels: { pod: 'a' }, times: new Float64Array(), values: new Float64Array(), hasHistograms: true },
  ];
  await assert.rejects(run(world, { queryRange }), {
    code: 'native-histogram',
    message: /histogram_quantile/,
  });
});

/** Pods of `shop`; one of them belongs to an engine of that name. */
function ownedBy(plain: QueryRange, name: string): QueryRange {
  return async (query) => {
    const series = await plain(query);
    if (!query.query.includes('kube_pod_owner'))
      return series.map((each) => ({ ...each, labels: { ...each.labels, namespace: 'shop' } }));
    const labels = { namespace: 'shop', pod: 'a', owner_kind: 'Engine', owner_name: name };
    const asked = { namespace: 'shop', statefulset: 'db', revision: 'db-6d4cf56db6' };
    const times = series[0]!.times.slice(0, 1);
    return [
      { ...series[0]!, labels },
      { ...series[0]!, labels: { ...labels, pod: 'b', owner_kind: 'StatefulSet', owner_name: 'db' } },
      { labels: asked, times, values: times.map(() => 0) },
    ];
  };
}

test('the owners of pods are asked for once with what is asked for at a time, and stand in each window', async () => {
  const world = createWorld();
  const owned = ownedBy(queriesOf(world), 'engine');
  const detector = { entityLabels: ['namespace', 'pod'] };
  const { exported } = await run(world, { detector, queryRange: owned });
  assert.equal(exported.length, 4);
  const asked = world.queries.filter(({ query }) => query.includes('kube_pod_owner'));
  assert.equal(asked.length, (world.queries.length - asked.length) / 2, 'two metrics');
  for (const key of exported) {
    const { entities, podOwners, revisions } = await windowAt(world.store, key);
    assert.deepEqual(entities, ['shop/a', 'shop/b']);
    assert.deepEqual(Object.fromEntries(podOwners!), {
      'shop/a': { kind: 'Engine', name: 'engine' },
      'shop/b': { kind: 'StatefulSet', name: 'db' },
    });
    assert.deepEqual(
      revisions?.map(({ workload, revision }) => [workload, revision]),
      [['shop/db', '6d4cf56db6']],
    );
  }
});

test('owners that cannot be had cost no window, and are not taken for none', async () => {
  const world = createWorld();
  const plain = queriesOf(world);
  const failing: QueryRange = async (query) => {
    if (query.query.includes('kube_pod_owner')) throw new SourceError('bad-query', 'no such function');
    return (await plain(query)).map((each) => ({ ...each, labels: { ...each.labels, namespace: 'shop' } }));
  };
  const detector = { entityLabels: ['namespace', 'pod'] };
  const { exported } = await run(world, { detector, queryRange: failing });
  assert.equal(exported.length, 4);
  assert.equal((await windowAt(world.store, exported[0]!)).podOwners, undefined);
  assert.ok(linesOf(world, 'warn').some((line) => line.startsWith('owners of pods could not be read')));
});

test('owners that would make a footer which nobody reads are left out of the window', async () => {
  const world = createWorld();
  const owned = ownedBy(queriesOf(world), 'e'.repeat(2 ** 24));
  const detector = { entityLabels: ['namespace', 'pod'] };
  const { exported } = await run(world, { detector, queryRange: owned });
  assert.equal(exported.length, 4);
  const { entities, podOwners } = await windowAt(world.store, exported[0]!);
  assert.deepEqual(entities, ['shop/a', 'shop/b']);
  assert.equal(podOwners, undefined);
  assert.ok(linesOf(world, 'warn').some((line) => line.startsWith('owners of pods are too many')));
});
