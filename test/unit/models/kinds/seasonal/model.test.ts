import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { FeatureMatrix } from '../../../../../lib/features/feature-matrix.ts';
import type { FittedModel } from '../../../../../lib/models/framework/contract.ts';
import { createUnivariateModel } from '../../../../../lib/models/framework/univariate/model.ts';
import { seasonalKind } from '../../../../../lib/models/kinds/seasonal/kind.ts';
import { NO_DEADLINE, normalRows } from '../../../../helpers/feature-matrices.ts';

const seasonal = createUnivariateModel(seasonalKind);

const RUN = { seed: 1, deadline: NO_DEADLINE };
const HOUR = 3_600_000;
const STEP = 300_000;
/** A Monday. */
const START = Date.UTC(2026, 2, 2);

/** One metric of one entity, a row every 5 min. @param valueAt of the time and the number of the row */
function draw(
  valueAt: (time: number, row: number) => number,
  { days, from = START }: { readonly days: number; readonly from?: number },
): FeatureMatrix {
  const rows = Math.round((days * 24 * HOUR) / STEP);
  const times = Float64Array.from({ length: rows }, (_, row) => from + row * STEP);
  return {
    names: ['m'],
    entities: ['e'],
    entityOf: new Uint32Array(rows),
    times,
    values: Float32Array.from(times, valueAt),
  };
}

function fit(x: FeatureMatrix, params: Readonly<Record<string, unknown>> = {}): Promise<FittedModel> {
  return seasonal.fit(x, seasonal.parseParams(params), RUN);
}

async function bandsOf(
  fitted: FittedModel,
  x: FeatureMatrix,
): Promise<readonly { readonly expected: number; readonly low: number; readonly high: number }[]> {
  const explained = await fitted.explain(x, Uint32Array.from(x.times.keys()));
  return explained.map(([first]) => ({ expected: first!.expected!, low: first!.low!, high: first!.high! }));
}

const noise = Float64Array.from(normalRows(60_000, 1, 7).flat());
const daily = (time: number): number => 5 * Math.sin((2 * Math.PI * time) / (24 * HOUR));

describe('seasonal', () => {
  test('a stable daily season: found, and the band holds about 95 % of what comes after', async () => {
    const fitted = await fit(draw((time, i) => daily(time) + noise[i]!, { days: 14 }));
    assert.match(fitted.summary.notes[0]!, /1 have a season of 1d/);
    const after = draw((time, i) => daily(time) + noise[i + 10_000]!, {
      days: 14,
      from: START + 14 * 24 * HOUR,
    });
    const bands = await bandsOf(fitted, after);
    const inside = bands.filter(
      ({ low, high }, i) => after.values[i]! >= low && after.values[i]! <= high,
    ).length;
    const share = inside / bands.length;
    assert.ok(share > 0.925 && share < 0.97, `${share}`);
    for (const [i, { expected }] of bands.entries())
      assert.ok(Math.abs(expected - daily(after.times[i]!)) < 0.6);
  });

  test('a value that is usual by day stands out at night', async () => {
    const fitted = await fit(draw((time, i) => daily(time) + 0.3 * noise[i]!, { days: 14 }));
    const day = draw((time) => daily(time), { days: 1, from: START + 14 * 24 * HOUR });
    const at = 216; // 18:00, where the season is at its lowest
    const moved = { ...day, values: day.values.with(at, 5) };
    const scores = await fitted.score(moved);
    assert.equal(scores.indexOf(Math.max(...scores)), at);
    assert.ok(scores[at]! > 3 * scores[72]!, `${scores[at]} against ${scores[72]}`);
  });

  test('weekends that differ are found in three weeks, and not in one', async () => {
    const value = (time: number, i: number): number =>
      ((time - START) / (24 * HOUR)) % 7 >= 5 ? 0.3 * noise[i]! : 4 + daily(time) + 0.3 * noise[i]!;
    const fitted = await fit(draw(value, { days: 21 }));
    assert.match(fitted.summary.notes[0]!, /1 have a season of 7d/);
    const [saturday] = await bandsOf(
      fitted,
      draw(() => 0, { days: 1 / 288, from: START + 26.3 * 24 * HOUR }),
    );
    assert.ok(Math.abs(saturday!.expected) < 0.5, `${saturday!.expected}`);
    assert.doesNotMatch((await fit(draw(value, { days: 7 }))).summary.notes.join(' '), /7d/);
  });

  test('local time: what happens at 9 in Berlin happens at 9 after the clocks change', async () => {
    // Summer time begins on 29 March 2026 at 01:00 UTC. Before, Berlin is an hour ahead, then two.
    const change = Date.UTC(2026, 2, 29, 1);
    const rush = (time: number): boolean => {
      const local = time + (time >= change ? 2 : 1) * HOUR;
      const hour = (local / HOUR) % 24;
      return hour >= 9 && hour < 12;
    };
    const value = (time: number, i: number): number => (rush(time) ? 10 : 0) + 0.2 * noise[i]!;
    const training = draw(value, { days: 20, from: Date.UTC(2026, 2, 8) });
    const after = draw(value, { days: 1, from: Date.UTC(2026, 3, 1) });
    const berlin = await fit(training, { timeZone: 'Europe/Berlin', periods: ['1d'] });
    const utc = await fit(training, { periods: ['1d'] });
    const [inBerlin, inUtc] = [await berlin.score(after), await utc.score(after)];
    // The hour between 7 and 8 UTC is rush hour now and was not before.
    const hour = inBerlin.subarray(7 * 12 + 3, 8 * 12 - 3);
    assert.ok(Math.max(...hour) < 8, `${Math.max(...hour)}`);
    assert.ok(Math.min(...inUtc.subarray(7 * 12 + 3, 8 * 12 - 3)) > 1.5 * Math.max(...hour));
  });

  test('the day that has 25 hours, and the one that has 23, are scored throughout', async () => {
    for (const from of [Date.UTC(2026, 9, 25) - 2 * HOUR, Date.UTC(2026, 2, 29) - 2 * HOUR]) {
      const x = draw((time, i) => daily(time) + noise[i]!, { days: 16, from: from - 14 * 24 * HOUR });
      const fitted = await fit(x, { timeZone: 'Europe/Berlin' });
      assert.ok((await fitted.score(x)).every(Number.isFinite));
    }
  });

  test('shorter than two turns of a season: the level alone, and said so', async () => {
    const fitted = await fit(
      draw((time, i) => daily(time) + noise[i]!, { days: 1 }),
      { periods: ['1d', '7d'] },
    );
    assert.match(fitted.summary.notes.join(' '), /1 of 1 series are held to their level alone/);
    const bands = await bandsOf(
      fitted,
      draw(() => 0, { days: 1 }),
    );
    assert.equal(new Set(bands.map(({ expected }) => expected)).size, 1);
  });

  test('a season that changed halfway: the band takes both in, and what neither did stands out', async () => {
    const value = (time: number, i: number): number =>
      daily(time < START + 7 * 24 * HOUR ? time : time + 6 * HOUR) + 0.3 * noise[i]!;
    const fitted = await fit(draw(value, { days: 14 }));
    const after = draw(value, { days: 2, from: START + 14 * 24 * HOUR });
    const scores = await fitted.score({ ...after, values: after.values.with(300, 25) });
    assert.equal(scores.indexOf(Math.max(...scores)), 300);
  });

  test('constant, two values only, one spike in a flat line, 90 % gaps, huge and negative values: finite, and the odd one out is found', async () => {
    const cases: Readonly<Record<string, (time: number, row: number) => number>> = {
      constant: () => -3,
      'two values': (_, i) => (i % 7 === 0 ? 1 : 0),
      'a spike': (_, i) => (i === 500 ? 1e6 : 2),
      gaps: (time, i) => (i % 10 === 0 ? daily(time) + noise[i]! : NaN),
      huge: (time, i) => 1e18 * (daily(time) + noise[i]!),
      negative: (time, i) => -1e4 + daily(time) + noise[i]!,
      'up to the end': (_, i) => i / 50 + noise[i]!,
    };
    for (const [name, value] of Object.entries(cases)) {
      const x = draw(value, { days: 6 });
      const fitted = await fit(x);
      const after = draw(value, { days: 1, from: START + 6 * 24 * HOUR });
      const moved = { ...after, values: after.values.with(100, name === 'huge' ? -1e20 : -1e7) };
      const scores = await fitted.score(moved);
      assert.ok(scores.every(Number.isFinite), name);
      assert.equal(scores.indexOf(Math.max(...scores)), 100, name);
      assert.deepEqual(seasonal.load(fitted.save()).save(), fitted.save(), name);
    }
  });

  test('a level that is followed forgets a shift once it has looked back on it', async () => {
    const fitted = await fit(
      draw((time, i) => daily(time) + noise[i]!, { days: 14 }),
      { adaptRows: 48 },
    );
    assert.equal(fitted.contextRows, 48);
    const shifted = draw((time, i) => daily(time) + noise[i + 9000]! + (i >= 288 ? 30 : 0), {
      days: 3,
      from: START + 14 * 24 * HOUR,
    });
    const scores = await fitted.score(shifted);
    assert.ok(scores.subarray(0, 48).every(Number.isNaN));
    assert.ok(Math.min(...scores.subarray(288, 300)) > 2 * Math.max(...scores.subarray(600)));
    // Only the rows before it bear on a score.
    const part = { ...shifted, times: shifted.times.slice(500), values: shifted.values.slice(500) };
    const alone = await fitted.score({ ...part, entityOf: new Uint32Array(part.times.length) });
    assert.deepEqual(alone.slice(48), scores.slice(548));
  });

  test('parameters out of range are named', () => {
    for (const [params, message] of [
      [{ timeZone: 'Mars/Olympus' }, /Mars\/Olympus/],
      [{ timeZone: 1 }, /time zone/],
      [{ periods: '1d' }, /not a list/],
      [{ periods: ['1 day'] }, /1 day/],
      [{ periods: ['5m'] }, /10m to 366d/],
      [{ periods: ['7d', '1d'] }, /from short to long/],
      [{ adaptRows: 0.5 }, /adaptRows is 0.5/],
      [{ period: '1d' }, /no parameter period/],
    ] as const)
      assert.throws(() => seasonal.parseParams(params), { name: 'ModelError', message });
    assert.deepEqual(seasonal.parseParams({ periods: [] }).periods, []);
  });
});
