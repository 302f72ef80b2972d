/** The report of a version that decides by evidence: its words, and ranges that follow the clock. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Expectation } from '../../../lib/expectation/expectation.ts';
import { expectRange, isSeasonal } from '../../../lib/expectation/expected-range.ts';
import { PLACES_OF_DAY } from '../../../lib/expectation/seasonal-curve.ts';
import type { SeriesExpectation } from '../../../lib/expectation/series.ts';
import { profileValues } from '../../../lib/features/profile.ts';
import { type ReportInput, writePages } from '../../../lib/report/build-report.ts';
import { drawTimeline } from '../../../lib/report/drawing/timeline.ts';
import { expectationOf } from '../../../lib/report/report-input.ts';
import { makeInput } from './report-input.ts';

const HOUR = 3_600_000;
const NO_CURVE = new Float32Array();
/** Six spreads up at noon, six down at midnight. */
const DAY = Float32Array.from(
  { length: PLACES_OF_DAY },
  (_, place) => -6 * Math.cos((2 * Math.PI * place) / PLACES_OF_DAY),
);

test('a version by evidence is told of in evidence, and of what it is expected by the hour', async () => {
  const { files } = writePages(byEvidence());
  const text = (name: 'report.html' | 'summary_report.txt'): string => new TextDecoder().decode(files[name]);
  const page = text('report.html');
  for (const words of [
    'Evidence over time',
    '<b>evidence</b> · dashed: threshold 5',
    'threshold (evidence)',
    'Evidence of the training rows',
    'reaches the threshold',
    '· evidence ',
    'highest evidence ',
  ])
    assert.ok(page.includes(words), words);
  assert.doesNotMatch(page, /\bscores?\b(?!_histogram)/i);
  assert.match(page, /<b>cpu<\/b> · expected by the hour, /);
  // The others have no season.
  assert.match(page, /<b>memory<\/b> · usual /);
  assert.match(text('summary_report.txt'), /^5, evidence; 99\.9 % of the training rows lie below: /m);
  const byScore = new TextDecoder().decode(writePages(makeInput()).files['report.html']);
  assert.match(byScore, /Score over time/);
  assert.doesNotMatch(byScore, /evidence|by the hour/i);
});

test('the range that is drawn is the one of each hour', () => {
  const { scaler, expectation } = byEvidence();
  const at = expectationOf({ scaler, expectation }, 'payment', 'cpu')!;
  assert.equal(expectationOf({ scaler, expectation }, 'payment', 'memory'), undefined);
  assert.equal(expectationOf({ scaler }, 'payment', 'cpu'), undefined);
  const [midnight, noon] = [at(0), at(12 * HOUR)];
  assert.ok(midnight.high < noon.low, JSON.stringify([midnight, noon]));
  const { option } = drawTimeline({
    width: 400,
    height: 66,
    range: { start: 0, end: 24 * HOUR },
    points: [[0, 1]],
    incidents: [],
    labelled: [],
    expected: [
      [0, -2, 1],
      [12 * HOUR, 4, 6],
    ],
    withTimes: false,
  });
  const { series } = option as { series: { stack?: string; data: unknown }[] };
  assert.deepEqual(
    series.filter(({ stack }) => stack === 'expected').map(({ data }) => data),
    [
      [
        [0, -2],
        [12 * HOUR, 4],
      ],
      [
        [0, 3],
        [12 * HOUR, 2],
      ],
    ],
  );
});

test('a label of an axis fits beside the plot', () => {
  const { option } = drawTimeline({
    width: 400,
    height: 66,
    range: { start: 0, end: HOUR },
    points: [[0, 1]],
    incidents: [],
    labelled: [],
    unit: 'cores',
    withTimes: false,
  });
  const { formatter } = (option as { yAxis: { axisLabel: { formatter: (value: number) => string } } }).yAxis
    .axisLabel;
  assert.deepEqual([formatter(2), formatter(0.000123)], ['2 cores', '0.000123']);
});

test('a range in the units of the metric', () => {
  const profile = profileValues(Float64Array.from({ length: 1001 }, (_, i) => i));
  const series: SeriesExpectation = {
    center: 0,
    spread: 1,
    low: -2,
    high: 2,
    season: { day: DAY, week: NO_CURVE, scatter: new Float32Array() },
    slope: 0,
  };
  const noon = expectRange(series, profile, 12 * HOUR)!;
  const inUnits = (scaled: number): number => profile.offset + scaled * profile.divisor;
  assert.ok(Math.abs(noon.center - inUnits(6)) < 0.1 * profile.divisor);
  assert.ok(Math.abs(noon.high - noon.low - 4 * profile.divisor) < 1e-9);
  const restless = {
    ...series.season,
    scatter: Float32Array.from({ length: 24 }, (_, hour) => (hour === 12 ? 3 : 1)),
  };
  const wide = expectRange({ ...series, season: restless }, profile, 12 * HOUR)!;
  assert.ok(
    Math.abs(wide.high - wide.low - 12 * profile.divisor) < 1e-9,
    'three times as wide in a restless hour',
  );
  // Training never went below 0: midnight is not expected to, six spreads under the median.
  assert.deepEqual([expectRange(series, profile, 0)!.low, expectRange(series, profile, 0)!.center], [0, 0]);
  assert.equal(expectRange(series, profileValues(Float64Array.of(3, 3)), 0), undefined);
  assert.equal(expectRange({ ...series, center: Number.NaN }, profile, 0), undefined);
  // What moves the range by a tenth of its width is no season to tell anybody of.
  assert.equal(isSeasonal(series), true);
  const faint = {
    ...series,
    season: { day: DAY.map((value) => value / 30), week: NO_CURVE, scatter: new Float32Array() },
    slope: 0,
  };
  assert.equal(isSeasonal(faint), false);
});

function byEvidence(): ReportInput & { readonly expectation: Expectation } {
  const input = makeInput();
  const seriesOf = (metric: string): SeriesExpectation => ({
    center: 0,
    spread: 1,
    low: -2,
    high: 2,
    season: { day: metric === 'cpu' ? DAY : NO_CURVE, week: NO_CURVE, scatter: new Float32Array() },
    slope: 0,
  });
  const { columns } = input.scaler;
  return {
    ...input,
    version: {
      ...input.version,
      policy: { ...input.version.policy, by: 'evidence', minDeviation: 0, k: 1, n: 1 },
    },
    expectation: { columns, entities: new Map(), pooled: columns.map(seriesOf) },
  };
}
