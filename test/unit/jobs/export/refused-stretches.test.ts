/** What a source refuses of the past, and answers of later, costs no window: nobody can mend the past. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SourceError } from '../../../../lib/base/errors.ts';
import type { QueryRange } from '../../../../lib/source/query-source.ts';
import { at, createWorld, HOUR, MINUTE, queriesOf, rangesIn, run, runDay, windowAt } from './export-world.ts';

/** Refuses whatever touches the stretch, as Prometheus does a join that has several matches there. */
function refusingIn(
  world: ReturnType<typeof createWorld>,
  stretches: readonly (readonly [from: number, to: number])[],
  { metric = 'cpu_query', code = 'query-rejected' } = {},
): QueryRange {
  const good = queriesOf(world);
  return (query) =>
    query.query === metric && stretches.some(([from, to]) => query.start < to && query.end > from)
      ? Promise.reject(new SourceError(code, `${code} of [${query.start}, ${query.end})`))
      : good(query);
}

test('a stretch of the past that the source refuses costs its own cells of its metric', async () => {
  for (const code of [
    'query-rejected',
    'query-warning',
    'duplicate-series',
    'prometheus-error',
    'bad-value',
  ]) {
    const world = createWorld();
    const long = [at('09:42:00'), at('09:47:00')] as const;
    const short = [at('09:55:00'), at('09:56:00')] as const;
    const queryRange = refusingIn(world, [long, short], { code });
    const { stopped, exported, leftOut } = await run(world, { queryRange });
    assert.equal(stopped, 'up-to-date');
    assert.deepEqual(
      rangesIn(world.store).map(({ start }) => start),
      ['09:15:00', '09:30:00', '09:45:00', '10:00:00'].map(at),
    );
    const empty: number[] = [];
    for (const key of exported) {
      const { times, columns, entityOf } = await windowAt(world.store, key);
      for (const [row, time] of times.entries())
        if (entityOf[row] === 0 && Number.isNaN(columns[0]![row]!)) empty.push(time);
      assert.ok(
        columns[1]!.every((value) => !Number.isNaN(value)),
        'the other metric is whole',
      );
    }
    const cells = [0, 1, 2, 3, 4].map((minute) => long[0] + minute * MINUTE);
    assert.deepEqual(empty, [...cells, short[0]], code);
    assert.deepEqual(
      leftOut.map(({ code, count }) => [code, count]),
      [['refused-stretch', 3]],
    );
    assert.match(leftOut[0]!.message, /^metric cpu: .* The first is from 2026-11-22T09:45:00.000Z up to/);
    const note = JSON.parse(world.store.text('quarantine/detectors/shop.yml.left-out.json')!);
    assert.equal(note.leftOut[0].code, 'refused-stretch');
  }
});

test('a stretch of hours is passed in few requests, and a later run goes on behind it', async () => {
  const world = createWorld();
  const stretch = [at('01:05:00'), at('06:10:00')] as const;
  const queryRange = refusingIn(world, [stretch]);
  const { exported, stopped } = await run(world, { queryRange, detector: { backfill: 10 * HOUR } });
  assert.equal(stopped, 'up-to-date');
  assert.equal(exported.length, 40);
  assert.ok(world.queries.length < 600, `${world.queries.length} requests`);
});

test('what every metric is refused for is a gap', async () => {
  const world = createWorld();
  const stretch = [at('09:30:00'), at('09:45:00')] as const;
  const cpu = refusingIn(world, [stretch]);
  const memory = refusingIn(world, [stretch], { metric: 'memory_query' });
  const queryRange: QueryRange = (query) => (query.query === 'cpu_query' ? cpu : memory)(query);
  const { gaps, stopped } = await run(world, { queryRange });
  assert.deepEqual([gaps, stopped], [[{ start: stretch[0], end: stretch[1] }], 'up-to-date']);
});

test('too many series in one window leave that metric empty there', async () => {
  for (const code of ['too-many-series', 'body-too-large']) {
    const world = createWorld();
    const queryRange = refusingIn(world, [[at('09:35:00'), at('09:40:00')]], { code });
    const { exported, leftOut } = await run(world, { queryRange });
    assert.equal(exported.length, 4);
    assert.deepEqual((await windowAt(world.store, exported[1]!)).columns[0]!.filter(Number.isNaN).length, 30);
    assert.match(leftOut[0]!.message, /from 2026-11-22T09:30:00.000Z up to 2026-11-22T09:45:00.000Z/);
  }
});

test('a query whose windows are all too large is an error, though one cell is not', async () => {
  for (const code of ['too-many-series', 'body-too-large']) {
    const world = createWorld();
    const good = queriesOf(world);
    const queryRange: QueryRange = (query) =>
      query.query === 'cpu_query' && query.end - query.start > 10 * MINUTE
        ? Promise.reject(new SourceError(code, code))
        : good(query);
    await assert.rejects(run(world, { queryRange }), { code });
    assert.deepEqual(rangesIn(world.store), []);
  }
});

test('a query that is refused now is an error, after what came before it was exported', async () => {
  const world = createWorld();
  const queryRange = refusingIn(world, [[at('09:50:00'), Infinity]]);
  await assert.rejects(run(world, { queryRange }), { code: 'query-rejected' });
  assert.deepEqual(
    rangesIn(world.store).map(({ end }) => end),
    ['09:30:00', '09:45:00'].map(at),
  );
  assert.equal((await run(world)).exported.length, 2, 'and goes on once it is answered');
  await assert.rejects(run(createWorld(), { queryRange: refusingIn(createWorld(), [[0, Infinity]]) }), {
    code: 'query-rejected',
  });
});

test('what may be answered later is waited for', async () => {
  for (const code of ['partial-response', 'timeout', 'server-error', 'unauthorized']) {
    const world = createWorld();
    const queryRange = refusingIn(world, [[at('09:35:00'), at('09:40:00')]], { code });
    await assert.rejects(run(world, { queryRange }), { code });
  }
});

test('a day of a backfill is exported past it as well', async () => {
  const world = createWorld();
  world.now = at('23:30:00');
  await run(world);
  const stretch = [at('09:41:00') - 24 * HOUR, at('09:43:00') - 24 * HOUR] as const;
  const { exported } = await runDay(world, '2026-11-21', { queryRange: refusingIn(world, [stretch]) });
  const rows = await Promise.all(exported.map((key) => windowAt(world.store, key)));
  const empty = rows.flatMap(({ times, columns }) =>
    [...times].filter((_, row) => Number.isNaN(columns[0]![row]!)),
  );
  assert.deepEqual([...new Set(empty)], [stretch[0], stretch[0] + MINUTE]);
  assert.equal(
    rows.reduce((sum, { range }) => sum + range.end - range.start, 0),
    24 * HOUR,
  );
});
