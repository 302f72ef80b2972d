import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Expectation,
  expectAt,
  fitExpectation,
  seriesOf,
} from '../../../lib/expectation/expectation.ts';
import { unscale } from '../../../lib/expectation/expected-range.ts';
import { buildMatrix } from '../../../lib/features/build-matrix.ts';
import { planFeatures } from '../../../lib/features/plan.ts';
import { profileValues } from '../../../lib/features/profile.ts';
import { type FittedScaler, fitScaler, profilesOf } from '../../../lib/features/scaler.ts';
import { seedRandom } from '../../../lib/maths/random.ts';
import { drawNormal } from '../../../lib/simulate/noise.ts';
import type { MetricWindow } from '../../../lib/window/window.ts';
import { allAvailable } from '../features/windows.ts';

const STEP = 600_000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Half a day and some: each pod has seen another part of the day. */
const LIFE = 0.6 * DAY;
const NOISE = 1;
const LETTERS = 'bcdfghjklmnpqrstvwxz';
const name = (pod: number): string =>
  `shop/web-6d4b75cb6d-x2${LETTERS[Math.floor(pod / 20)]}${LETTERS[pod % 20]}z`;
const seasonAt = (time: number): number => 20 * Math.sin((2 * Math.PI * time) / DAY);

/** Pods that follow one another for days, two at a time, at the levels given in turns. @param start what each is off for an hour */
function live(
  levels: readonly number[],
  days: number,
  start = 0,
  { life = LIFE, every = LIFE / 2, step = STEP } = {},
): MetricWindow {
  const random = seedRandom(5);
  const pods: { from: number; level: number }[] = [];
  for (let from = 0; from < days * DAY - life; from += every)
    pods.push({ from, level: levels[pods.length % levels.length]! });
  const rows = pods.flatMap(({ from, level }, pod) =>
    Array.from({ length: Math.round(life / step) }, (_, row) => {
      const time = from + row * step;
      const starting = time - from < HOUR ? start : 0;
      return { pod, time, value: level + seasonAt(time) + starting + NOISE * drawNormal(random) };
    }),
  );
  return {
    detector: 'shop',
    range: { start: 0, end: days * DAY },
    step,
    metrics: ['pod_memory_usage'],
    entities: pods.map((_, pod) => name(pod)),
    entityOf: Uint32Array.from(rows, ({ pod }) => pod),
    times: Float64Array.from(rows, ({ time }) => time),
    columns: [Float64Array.from(rows, ({ value }) => value)],
    labels: undefined,
  };
}

/** With the same once more, as "pod_heap", but for what was not measured. */
function without(window: MetricWindow, isMissing: (pod: number, row: number) => boolean): MetricWindow {
  const rows = window.entities.map(() => 0);
  const column = window.columns[0]!.map((value, i) => {
    const pod = window.entityOf[i]!;
    return isMissing(pod, rows[pod]!++) ? Number.NaN : value;
  });
  return { ...window, metrics: [...window.metrics, 'pod_heap'], columns: [...window.columns, column] };
}

function fit(window: MetricWindow): { readonly scaler: FittedScaler; readonly expectation: Expectation } {
  const plan = planFeatures(window.metrics);
  const planned = { window, availability: allAvailable(window), plan };
  const scaler = fitScaler(planned);
  const x = buildMatrix({ ...planned, scaler });
  return { scaler, expectation: fitExpectation(x, new Uint8Array(x.times.length).fill(1)) };
}

/** What is expected of a pod at a time, and its spread, in the metric's own units. */
function expected(
  { scaler, expectation }: ReturnType<typeof fit>,
  entity: string,
  time: number,
  metric = 'pod_memory_usage',
) {
  const column = scaler.columns.indexOf(metric);
  const series = seriesOf(expectation, entity)[column]!;
  const profile = profilesOf(scaler, entity)[column]!;
  return { value: unscale(expectAt(series, time), profile), spread: series.spread * profile.divisor };
}

const NOON = 20 * DAY + DAY / 2;
const NIGHT = 20 * DAY + 0.75 * DAY;

test('pods of half a day know the hours that others of their workload have seen, each at its own level', () => {
  const fitted = fit(live([100, 104], 9));
  for (const pod of [2, 3, 8, 9]) {
    const level = pod % 2 === 0 ? 100 : 104;
    for (const time of [NOON, NIGHT]) {
      const { value, spread } = expected(fitted, name(pod), time);
      assert.ok(Math.abs(value - level - seasonAt(time)) < 1.5, `${value} of ${level + seasonAt(time)}`);
      assert.ok(spread > 0.8 * NOISE && spread < 1.6 * NOISE, `${spread}`);
    }
  }
});

test('a new pod may be at the level of any of them, at each hour', () => {
  const fitted = fit(live([100, 104], 9));
  const { value, spread } = expected(fitted, name(99), NIGHT);
  assert.ok(Math.abs(value - 102 - seasonAt(NIGHT)) < 1.5, `${value}`);
  assert.ok(spread > 1.5 * NOISE && spread < 4 * NOISE, `${spread}`);
  // Of two levels that are far apart neither is far out.
  const apart = expected(fit(live([100, 160], 9)), name(99), NIGHT);
  for (const level of [100, 160])
    assert.ok(Math.abs(level + seasonAt(NIGHT) - apart.value) < 3 * apart.spread, `${level}`);
});

test('after a rollout to another level a new pod may be there, though most rows are not', () => {
  const rolled = [...new Array<number>(22).fill(100), ...new Array<number>(5).fill(160)];
  const { value, spread } = expected(fit(live(rolled, 9)), name(99), NIGHT);
  for (const level of [100, 160])
    assert.ok(Math.abs(level + seasonAt(NIGHT) - value) < 5.5 * spread, `${level}: ${value}, ${spread}`);
  // But no farther out.
  assert.ok(Math.abs(220 + seasonAt(NIGHT) - value) > 8 * spread, `${value}, ${spread}`);
});

test('what the workload does is no curve of a pod that knows its hours itself, nor of one that is alone', () => {
  const window = live([100, 104], 9);
  const old = {
    ...window,
    entities: window.entities.map((entity, pod) => (pod === 0 ? 'shop/cache' : entity)),
  };
  const { expectation } = fit(old);
  const [series] = seriesOf(expectation, 'shop/cache');
  assert.equal(series!.season.day.length, 0);
  assert.deepEqual([...expectation.shortLived!.keys()], ['shop/web']);
});

test('a workload that was there for less than four days has no curve, and a new pod is as one of them', () => {
  const { expectation } = fit(live([100, 104], 3));
  assert.equal(expectation.shortLived, undefined);
  const [series] = seriesOf(expectation, name(99));
  assert.equal(series!.season.day.length, 0);
});

test('how pods start makes no hour restless, and strays nowhere', () => {
  const [calm, starting] = [fit(live([100, 104], 9)), fit(live([100, 104], 9, -60))];
  const [column] = [calm.scaler.columns.indexOf('pod_memory_usage')];
  const [series] = [seriesOf(starting.expectation, name(99))[column]!];
  assert.deepEqual(
    [...series.season.scatter],
    [...seriesOf(calm.expectation, name(99))[column]!.season.scatter],
  );
  const spread = expected(starting, name(99), NIGHT).spread;
  assert.ok(Math.abs(spread - expected(calm, name(99), NIGHT).spread) < 0.5, `${spread}`);
  const lowest = (of: ReturnType<typeof fit>): number =>
    seriesOf(of.expectation, name(99))[column]!.low * profilesOf(of.scaler, name(99))[column]!.divisor;
  assert.ok(lowest(starting) > lowest(calm) - 2 * NOISE, `${lowest(starting)} beside ${lowest(calm)}`);
});

test('hours go by the clocks of the zone, also where these change within the history', () => {
  const window = live([100, 104], 9);
  // In Berlin summer time ended in the middle of them.
  const change = Date.UTC(2026, 9, 25, 1);
  const from = change - 4.5 * DAY;
  const shifted = {
    ...window,
    range: { start: from, end: from + 9 * DAY },
    times: window.times.map((time) => time + from),
    columns: [
      window.columns[0]!.map((value, i) => {
        const time = window.times[i]!;
        const ahead = (time + from < change ? 2 : 1) * HOUR;
        return value - seasonAt(time) + seasonAt(time + from + ahead);
      }),
    ],
  };
  const plan = planFeatures(shifted.metrics);
  const planned = { window: shifted, availability: allAvailable(shifted), plan };
  const scaler = fitScaler(planned);
  const x = buildMatrix({ ...planned, scaler });
  const offBy = (timeZone: string | undefined): number => {
    const whole = { ...x, ...(timeZone !== undefined && { timeZone }) };
    const expectation = fitExpectation(whole, new Uint8Array(x.times.length).fill(1));
    // 08:00 in Berlin, where the curve is steep.
    const time = change + 8 * DAY + 6 * HOUR;
    return Math.abs(expected({ scaler, expectation }, name(99), time).value - 102 - seasonAt(time + HOUR));
  };
  assert.ok(offBy('Europe/Berlin') < 1, `${offBy('Europe/Berlin')}`);
  assert.ok(offBy(undefined) > 1.5, `${offBy(undefined)}`);
});

test('an earlier fit lends its curve, and levels are those of the rows that are learned from', () => {
  const window = live([100, 104], 9);
  const plan = planFeatures(window.metrics);
  const planned = { window, availability: allAvailable(window), plan };
  const scaler = fitScaler(planned);
  const x = buildMatrix({ ...planned, scaler });
  const whole = fitExpectation(x, new Uint8Array(x.times.length).fill(1));
  const early = Uint8Array.from(x.times, (time) => Number(time < 3 * DAY));
  const fold = fitExpectation(x, early, whole);
  assert.deepEqual([...fold.shortLived!.keys()], ['shop/web']);
  const column = x.names.indexOf('pod_memory_usage');
  assert.equal(seriesOf(fold, name(99))[column]!.season, seriesOf(whole, name(99))[column]!.season);
  const { value } = expected({ scaler, expectation: fold }, name(2), NIGHT);
  assert.ok(Math.abs(value - 100 - seasonAt(NIGHT)) < 1.5, `${value}`);
});

test('a pod that hardly measured a metric is on the scale of the others there, and may be at any of their levels', () => {
  const window = without(live([100, 1000, 104, 1500], 9), (pod, row) => pod % 8 === 0 && row > 40);
  const entities = window.entities.map((entity, pod) =>
    pod % 2 === 0 ? entity : entity.replace('web', 'api'),
  );
  const fitted = fit({ ...window, entities });
  for (const entity of [name(8), name(10), name(99)]) {
    const { value, spread } = expected(fitted, entity, NIGHT, 'pod_heap');
    const level = entity === name(10) ? 104 : 102;
    assert.ok(Math.abs(value - level - seasonAt(NIGHT)) < 2, `${entity}: ${value}`);
    assert.ok(spread > 0.8 * NOISE && spread < 4 * NOISE, `${entity}: ${spread}`);
  }
});

test('of a metric that the workload hardly measured a pod has what all entities have', () => {
  const window = live([100, 104], 9);
  const other = window.entities.length - 1;
  const { scaler, expectation } = fit({
    ...without(window, (pod, row) => pod !== other && (pod > 0 || row > 30)),
    entities: window.entities.with(other, 'shop/cache'),
  });
  const column = expectation.columns.indexOf('pod_heap');
  const { center, spread } = expectation.pooled[column]!;
  for (const entity of [name(3), name(99)]) {
    const series = seriesOf(expectation, entity)[column]!;
    assert.deepEqual([series.center, series.spread], [center, spread], entity);
    assert.deepEqual(profilesOf(scaler, entity)[column], scaler.pooled[column]);
  }
});

test('jobs of half an hour know the hours of all, too', () => {
  const { expectation } = fit(live([100, 104], 9, 0, { life: 0.5 * HOUR, every: 2 * HOUR, step: 20_000 }));
  const [series] = seriesOf(expectation, name(399));
  assert.equal(series!.season.day.length, 288);
  assert.ok(series!.spread > 0);
});

test('an owner that names do not tell: a new pod is at the level of any of its pods', () => {
  const fitted = fit(live([100, 160], 9));
  const workloads = new Map(
    [...fitted.expectation.entities.keys(), name(99)].map((pod) => [pod, 'shop/site']),
  );
  const owned = {
    scaler: { ...fitted.scaler, workloads },
    expectation: { ...fitted.expectation, workloads },
  };
  assert.deepEqual(expected(owned, name(99), NIGHT), expected(fitted, name(99), NIGHT));
});

test('pods share a scale by the range of all, as the detector scales', () => {
  const rolled = live([...new Array<number>(22).fill(100), ...new Array<number>(5).fill(160)], 9);
  const planned = {
    window: rolled,
    availability: allAvailable(rolled),
    plan: planFeatures(rolled.metrics),
  };
  const sorted = rolled.columns[0]!.toSorted();
  for (const kind of ['robust', 'minmax'] as const) {
    const scaler = fitScaler({ ...planned, kind });
    const column = scaler.columns.indexOf('pod_memory_usage');
    const profile = scaler.entities.get(name(3))![column];
    assert.deepEqual(profile, profileValues(sorted, { kind, wide: true }));
    assert.equal(scaler.entities.get(name(23))![column], profile);
  }
});

test('the band of a new pod covers the levels of all versions, and not that of one pod that went wrong', () => {
  const window = live([100, 104], 9);
  const moved = (isMoved: (pod: number) => boolean): ReturnType<typeof fit> =>
    fit({
      ...window,
      columns: [window.columns[0]!.map((value, i) => value + (isMoved(window.entityOf[i]!) ? 200 : 0))],
    });
  const bandOf = ({ scaler, expectation }: ReturnType<typeof fit>) => {
    const column = scaler.columns.indexOf('pod_memory_usage');
    const { center, spread, low, high } = seriesOf(expectation, name(99))[column]!;
    const profile = profilesOf(scaler, name(99))[column]!;
    return {
      spread: spread * profile.divisor,
      low: unscale(center + low, profile),
      high: unscale(center + high, profile),
    };
  };
  const pods = window.entities.length;
  const released = bandOf(moved((pod) => pod >= pods - 3));
  assert.ok(released.low < 104 && released.high > 300 && released.spread > 20, JSON.stringify(released));
  const ill = bandOf(moved((pod) => pod === 7));
  assert.ok(ill.spread < 4 * NOISE, JSON.stringify(ill));
});
