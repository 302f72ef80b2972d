import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PLANTED_KINDS, plantEvents } from '../../../../bench/lived/plant-events.ts';
import type { Series } from '../../../../bench/quality/read-series.ts';
import { seedRandom } from '../../../../lib/maths/random.ts';

const STEP = 60_000;

test('six to ten events of every kind, apart, within the series, labelled and nowhere else changed', () => {
  const [history, series] = [makeSeries(3_000, 1), makeSeries(2_000, 2)];
  for (const seed of [1, 2, 3, 4, 5]) {
    const planted = plantEvents(series, history, seed);
    const { events } = planted;
    assert.ok(events.length >= 6 && events.length <= 10, `${events.length} events`);
    assert.deepEqual(new Set(events.map(({ kind }) => kind)), new Set(PLANTED_KINDS));
    for (const [i, { from, to, metrics }] of events.entries()) {
      assert.ok(from >= (events[i - 1]?.to ?? 0) + 20 && to > from && to <= 2_000);
      assert.ok(metrics.length >= 1);
    }
    for (let row = 0; row < 2_000; row++) {
      const event = events.find(({ from, to }) => row >= from && row < to);
      assert.equal(planted.series.labels[row], event === undefined ? 0 : 1);
      for (const [c, metric] of series.metrics.entries())
        if (!event?.metrics.includes(metric))
          assert.equal(planted.series.columns[c]![row], series.columns[c]![row]);
    }
    for (const { kind, from, to, metrics } of events)
      for (const metric of metrics) {
        const c = series.metrics.indexOf(metric);
        const [before, after] = [series.columns[c]!, planted.series.columns[c]!];
        assert.notDeepEqual(after.subarray(from, to), before.subarray(from, to), kind);
      }
  }
});

test('the same seed plants the same, another one something else', () => {
  const [history, series] = [makeSeries(3_000, 1), makeSeries(2_000, 2)];
  assert.deepEqual(plantEvents(series, history, 7), plantEvents(series, history, 7));
  assert.notDeepEqual(plantEvents(series, history, 7).events, plantEvents(series, history, 8).events);
});

test('labelled rows, missing values and metrics that never move are left alone', () => {
  const history = makeSeries(3_000, 1);
  const series = makeSeries(2_000, 2);
  series.labels.fill(1, 0, 1_000);
  series.columns[0]!.fill(NaN, 1_000, 2_000);
  const { series: planted, events } = plantEvents(series, history, 3);
  assert.ok(events.length > 0);
  assert.ok(events.every(({ from, metrics }) => from >= 1_000 && !metrics.includes('constant')));
  assert.ok(planted.columns[0]!.subarray(1_000).every((value) => Number.isNaN(value)));
});

test('a series without room has fewer events, or none', () => {
  const history = makeSeries(3_000, 1);
  assert.ok(plantEvents(makeSeries(100, 2), history, 1).events.length <= 3);
  assert.deepEqual(plantEvents(makeSeries(20, 2), history, 1).events, []);
});

function makeSeries(rows: number, seed: number): Series {
  const random = seedRandom(seed);
  const noise = (): Float64Array => Float64Array.from({ length: rows }, () => random.nextFloat());
  return {
    detector: 'quality',
    range: { start: 0, end: rows * STEP },
    step: STEP,
    metrics: ['a', 'b', 'constant'],
    entities: [''],
    entityOf: new Uint32Array(rows),
    times: Float64Array.from({ length: rows }, (_, row) => row * STEP),
    columns: [noise(), noise(), new Float64Array(rows)],
    labels: new Uint8Array(rows),
  };
}
