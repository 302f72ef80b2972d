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
): EntityMatrix[] {
  const matrices = Object.entries(metrics).map(([name, all]) => ({
    name,
    query: `${name}_query`,
    series: all,
  }));
  return assignEntities(matrices, entityLabels);
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

test('without entity labels the one series of each metric is the detector', () => {
  const matrices = assign([], { a: [series({ x: '1' }, { 0: 1 })], b: [series({}, { 1000: 2 })] });
  const window = cutWindow({ detector: 'd', range: { start: 0, end: 2000 }, step: 1000, matrices });
  assert.deepEqual(window.entities, ['']);
  assert.deepEqual(window.columns, [Float64Array.of(1, NAN), Float64Array.of(NAN, 2)]);
});

test('series that would be one entity at one time are an error with both and the way out', () => {
  const a = series({ __name__: 'cpu', pod: 'p', core: '0' }, { 0: 1, 1000: 1 });
  const b = series({ __name__: 'cpu', pod: 'p', core: '1' }, { 1000: 1, 2000: 1 });
  assert.throws(() => assign(['pod'], { cpu: [a, b] }), {
    name: 'SourceError',
    code: 'series-collapse',
    message:
      'metric cpu: the series cpu{core="0", pod="p"} and cpu{core="1", pod="p"} both stand for entity "p" at 1970-01-01T00:00:01.000Z; aggregate in the query, such as sum by (pod) (cpu_query), or add a label that tells them apart to the manifest\'s entity',
  });
  assert.throws(() => assign([], { cpu: [a, b] }), {
    code: 'series-collapse',
    message: /the detector, which has no entity labels.*such as sum \(cpu_query\)/,
  });
  assert.equal(assign(['pod', 'core'], { cpu: [a, b] })[0]?.byEntity.size, 2);
  // Joined by "/", these are the same entity.
  assert.throws(
    () =>
      assign(['x', 'y'], {
        m: [series({ x: 'a/b', y: 'c' }, { 0: 1 }), series({ x: 'a', y: 'b/c' }, { 0: 1 })],
      }),
    { code: 'series-collapse' },
  );
});

test('series that take turns, as those of a restarted pod, are one entity', () => {
  const matrices = assign(['pod'], {
    cpu: [series({ pod: 'p', id: '1' }, { 0: 1, 1000: 2 }), series({ pod: 'p', id: '2' }, { 3000: 3 })],
  });
  const window = cutWindow({ detector: 'd', range: { start: 0, end: 4000 }, step: 1000, matrices });
  assert.deepEqual(window.columns, [Float64Array.of(1, 2, NAN, 3)]);
});

test('a missing entity label is an error with the series', () => {
  const a = series({ pod: 'p' }, { 0: 1 });
  const b = series({ pod: '', job: 'j' }, { 0: 1 });
  assert.throws(() => assign(['pod'], { cpu: [a, b] }), {
    code: 'missing-entity-label',
    message:
      /metric cpu: 1 of its 2 series lack the entity label "pod", such as \{job="j", pod=""\}.*cpu_query/,
  });
  assert.throws(() => assign(['node'], { cpu: [a, b] }), {
    code: 'missing-entity-label',
    message: /none of its 2 series has the entity label "node", such as \{pod="p"\}/,
  });
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
