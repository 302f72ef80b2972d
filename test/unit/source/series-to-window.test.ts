import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MatrixSeries } from '../../../lib/source/metric-source.ts';
import {
  assignEntities,
  cutWindow,
  type EntityMatrix,
  firstValueTime,
  lastSampleTime,
} from '../../../lib/source/series-to-window.ts';
import type { LeftOut } from '../../../lib/window/left-out.ts';

const NAN = Number.NaN;

function series(labels: Record<string, string>, samples: Readonly<Record<number, number>>): MatrixSeries {
  return {
    labels,
    times: Float64Array.from(Object.keys(samples), Number),
    values: Float64Array.from(Object.values(samples)),
  };
}

function assign(
  entityLabels: readonly string[],
  metrics: Readonly<Record<string, readonly MatrixSeries[]>>,
  leftOut: LeftOut[] = [],
): EntityMatrix[] {
  const matrices = Object.entries(metrics).map(([name, all]) => ({
    name,
    query: `${name}_query`,
    series: all,
  }));
  return assignEntities(matrices, entityLabels, (each) => leftOut.push(each));
}

test('a row for each cell and each entity that any metric saw, sorted by entity and time', () => {
  const matrices = assign(['namespace', 'pod'], {
    cpu: [
      series({ namespace: 'shop', pod: 'b', node: 'n1' }, { 1000: 1, 2000: 2, 3000: 3, 4000: 4 }),
      series({ namespace: 'shop', pod: 'a' }, { 3000: 5 }),
      series({ namespace: 'shop', pod: 'gone' }, { 1000: 9, 4000: 9 }),
    ],
    memory: [series({ namespace: 'Shop', pod: 'a' }, { 2000: NAN })],
    nothing: [],
  });
  const window = cutWindow({ detector: 'd', range: { start: 2000, end: 4000 }, step: 1000, matrices });
  assert.deepEqual(window, {
    detector: 'd',
    range: { start: 2000, end: 4000 },
    step: 1000,
    metrics: ['cpu', 'memory', 'nothing'],
    entities: ['Shop/a', 'shop/a', 'shop/b'],
    entityOf: Uint32Array.of(0, 0, 1, 1, 2, 2),
    times: Float64Array.of(2000, 3000, 2000, 3000, 2000, 3000),
    columns: [
      Float64Array.of(NAN, NAN, NAN, 5, 2, 3),
      Float64Array.of(NAN, NAN, NAN, NAN, NAN, NAN),
      Float64Array.of(NAN, NAN, NAN, NAN, NAN, NAN),
    ],
    labels: undefined,
  });
});

test('each sample is put in its own cell, in series short and long, of the same times, of as many others, and with a hole', () => {
  const range = { start: 100, end: 300 };
  const shared = Float64Array.from({ length: 250 }, (_, i) => 50 + i);
  const times: Readonly<Record<string, Float64Array>> = {
    a: shared,
    b: shared,
    c: shared.map((time) => time + 30),
    d: shared.filter((time) => time !== 170),
    e: shared.filter((time) => time % 7 !== 0),
    f: shared.filter((time) => time < 110),
    g: shared.filter((time) => time < 110 && time !== 104),
    h: Float64Array.of(99, 299),
  };
  const all = Object.entries(times).map(([pod, own], index) => ({
    labels: { pod },
    times: own,
    values: own.map((time) => 1000 * index + time),
  }));
  const {
    entities,
    entityOf,
    times: rows,
    columns,
  } = cutWindow({
    detector: 'd',
    range,
    step: 1,
    matrices: assign(['pod'], { cpu: all }),
  });
  assert.equal(rows.length, 200 * all.length);
  const expected = rows.map((time, row) => {
    const index = all.findIndex(({ labels }) => labels.pod === entities[entityOf[row]!]);
    return all[index]!.times.includes(time) ? 1000 * index + time : NAN;
  });
  assert.deepEqual(columns, [expected]);
});

test('without entity labels the one series of each metric is the detector', () => {
  const matrices = assign([], { a: [series({ x: '1' }, { 0: 1 })], b: [series({}, { 1000: 2 })] });
  const window = cutWindow({ detector: 'd', range: { start: 0, end: 2000 }, step: 1000, matrices });
  assert.deepEqual(window.entities, ['']);
  assert.deepEqual(window.columns, [Float64Array.of(1, NAN), Float64Array.of(NAN, 2)]);
});

test('series that tell different numbers of one entity and time leave those cells empty, and say the way out', () => {
  const a = series({ __name__: 'cpu', pod: 'p', core: '0' }, { 0: 1, 1000: 2, 2000: 5, 3000: NAN });
  const b = series({ __name__: 'cpu', pod: 'p', core: '1' }, { 1000: 3, 2000: 5, 3000: 7, 4000: 8 });
  const c = series({ __name__: 'cpu', pod: 'p', core: '2' }, { 1000: 3 });
  const leftOut: LeftOut[] = [];
  const matrices = assign(['pod'], { cpu: [a, b, c] }, leftOut);
  const window = cutWindow({ detector: 'd', range: { start: 0, end: 5000 }, step: 1000, matrices });
  // The same number stands, a number goes before none, and a third series does not outvote the second.
  assert.deepEqual(window.columns, [Float64Array.of(1, NAN, 5, 7, 8)]);
  assert.deepEqual(leftOut, [
    {
      code: 'series-collapse',
      count: 1,
      message:
        'metric cpu: 1 samples of 1 entities stay empty: the series cpu{core="0", pod="p"} and cpu{core="1", pod="p"} both stand for entity "p" at 1970-01-01T00:00:01.000Z, with 2 and 3; aggregate in the query, such as max by (pod) (cpu_query), or add a label that tells them apart to the manifest\'s entity',
    },
  ]);
  leftOut.length = 0;
  assign([], { cpu: [a, b] }, leftOut);
  assert.match(leftOut[0]!.message, /the detector, which has no entity labels.*such as max \(cpu_query\)/);
  assert.equal(assign(['pod', 'core'], { cpu: [a, b] })[0]?.byEntity.size, 2);
});

test('series that take turns, as those of a restarted pod, are one entity', () => {
  const matrices = assign(['pod'], {
    cpu: [series({ pod: 'p', id: '1' }, { 0: 1, 1000: 2 }), series({ pod: 'p', id: '2' }, { 3000: 3 })],
  });
  const window = cutWindow({ detector: 'd', range: { start: 0, end: 4000 }, step: 1000, matrices });
  assert.deepEqual(window.columns, [Float64Array.of(1, 2, NAN, 3)]);
});

test('a series without an entity label is left out and named, the others stand', () => {
  const a = series({ pod: 'p' }, { 0: 1 });
  const b = series({ pod: '', job: 'j' }, { 0: 1 });
  const leftOut: LeftOut[] = [];
  assert.deepEqual([...assign(['pod'], { cpu: [a, b] }, leftOut)[0]!.byEntity.keys()], ['p']);
  assert.deepEqual([leftOut[0]?.code, leftOut[0]?.count], ['missing-entity-label', 1]);
  assert.match(
    leftOut[0]!.message,
    /metric cpu: 1 of its 2 series lack the entity label "pod", such as \{job="j", pod=""\}.*cpu_query/,
  );
  assert.equal(assign(['node'], { cpu: [a, b] }, leftOut)[0]!.byEntity.size, 0);
  assert.match(leftOut[1]!.message, /none of its 2 series has the entity label "node", such as \{pod="p"\}/);
});

test('native histograms are left out and named, the floats beside them stand', () => {
  const leftOut: LeftOut[] = [];
  const all = [
    { ...series({ pod: 'p' }, {}), hasHistograms: true },
    { ...series({ pod: 'q' }, { 0: 1 }), hasHistograms: true },
    series({ pod: 'r' }, { 0: 2 }),
  ];
  assert.deepEqual([...assign(['pod'], { cpu: all }, leftOut)[0]!.byEntity.keys()], ['q', 'r']);
  assert.deepEqual(
    leftOut.map(({ code, count }) => [code, count]),
    [['native-histogram', 2]],
  );
  assert.match(leftOut[0]!.message, /^metric cpu: 2 of its 3 series .* such as \{pod="p"\}; turn them/);
});

test('a series with a name that no message could carry is left out', () => {
  const leftOut: LeftOut[] = [];
  const all = [series({ pod: 'p' }, { 0: 1 }), series({ pod: 'A'.repeat(2_049) }, { 0: 1 })];
  assert.deepEqual([...assign(['pod'], { cpu: all }, leftOut)[0]!.byEntity.keys()], ['p']);
  assert.match(
    leftOut[0]!.message,
    /^metric cpu: 1 have an entity name longer than 2048, .* of 2049 .*"A{80}"$/,
  );
});

test('finds where values begin and samples end', () => {
  const matrices = assign(['p'], {
    a: [series({ p: '1' }, { 0: 1, 2000: NAN, 3000: NAN, 6000: NAN })],
    b: [series({ p: '1' }, { 1000: NAN, 4000: 1 }), series({ p: '2' }, { 5000: 1 }), series({ p: '3' }, {})],
  });
  assert.deepEqual(
    [-1, 0, 1, 4000, 4001, 5001].map((from) => firstValueTime(matrices, from)),
    [0, 0, 4000, 4000, 5000, undefined],
  );
  assert.equal(lastSampleTime(matrices), 6000);
  assert.equal(firstValueTime([], 0), undefined);
  assert.equal(lastSampleTime(assign(['p'], { a: [] })), undefined);
});
