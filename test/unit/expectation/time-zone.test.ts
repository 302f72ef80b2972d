/** Days and weeks go by the clocks of the detector's zone, also on the morning after they change. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ArtifactError } from '../../../lib/base/errors.ts';
import { DEFAULT_FEATURES } from '../../../lib/config/feature-settings.ts';
import { calibrateEvidence, type EvidenceSettings } from '../../../lib/evidence/calibrate-evidence.ts';
import { loadEvidence, saveEvidence } from '../../../lib/evidence/state.ts';
import { expectAt, fitExpectation, scatterAt, seriesOf } from '../../../lib/expectation/expectation.ts';
import { buildMatrix } from '../../../lib/features/build-matrix.ts';
import type { FeatureMatrix } from '../../../lib/features/feature-matrix.ts';
import { pickRows } from '../../../lib/features/pick-rows.ts';
import { planFeatures } from '../../../lib/features/plan.ts';
import { loadPlan } from '../../../lib/features/plan-state.ts';
import { fitScaler } from '../../../lib/features/scaler.ts';
import { chooseMembers } from '../../../lib/models/compose/auto/choose-members.ts';
import { profileTraining } from '../../../lib/models/compose/auto/profile-training.ts';
import { mahalanobis } from '../../../lib/models/kinds/mahalanobis/model.ts';
import { NO_DEADLINE, normalRows } from '../../helpers/feature-matrices.ts';
import { allAvailable, windowOf } from '../features/windows.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const STEP = 10 * 60_000;
const ZONE = 'Europe/Berlin';
/** Summer time ends at 01:00 UTC. */
const CHANGE = Date.UTC(2026, 9, 25, 1);
const FROM = Date.UTC(2026, 9, 11);
/** Hours that Berlin is ahead: written out, so that no clock of ours is in it. */
const aheadAt = (time: number): number => (time < CHANGE ? 2 : 1);

/** Work from seven to seven by Berlin's clocks: eight spreads above the night. */
function drawWork(from: number, to: number, seed: number): FeatureMatrix {
  const rows = (to - from) / STEP;
  const noise = normalRows(rows, 2, seed);
  const times = Float64Array.from({ length: rows }, (_, row) => from + row * STEP);
  return {
    names: ['requests', 'cpu'],
    entities: ['shop'],
    entityOf: new Uint32Array(rows),
    times,
    values: Float32Array.from(
      noise.flatMap(([a, b], row) => {
        const hour = (times[row]! / HOUR + aheadAt(times[row]!)) % 24;
        const level = hour >= 7 && hour < 19 ? 4 : -4;
        return [level + a!, 0.5 * level + b!];
      }),
    ),
  };
}

const BEFORE = drawWork(FROM, CHANGE, 1);
const AFTER = drawWork(CHANGE, CHANGE + DAY, 2);
const all = (x: FeatureMatrix): Uint8Array => new Uint8Array(x.times.length).fill(1);

test('what is expected at an hour goes by the clocks', () => {
  const [byClock] = seriesOf(fitExpectation({ ...BEFORE, timeZone: ZONE }, all(BEFORE)), 'shop');
  const [byUtc] = seriesOf(fitExpectation(BEFORE, all(BEFORE)), 'shop');
  // 06:35 and 07:35 in Berlin.
  const [early, late] = [CHANGE + 4.6 * HOUR, CHANGE + 5.6 * HOUR];
  assert.ok(expectAt(byClock!, late) - expectAt(byClock!, early) > 4);
  // 07:35 and 08:35 by the clocks of before.
  assert.ok(Math.abs(expectAt(byUtc!, late) - expectAt(byUtc!, early)) < 2);
  assert.ok(expectAt(byUtc!, early) > 2);
});

test('restless hours go by the clocks', () => {
  const x = drawWork(FROM, CHANGE, 3);
  // Half past twelve by Berlin's clocks, up on one day and down on the next: no curve has it.
  for (const [row, time] of x.times.entries())
    if (time % DAY === 10.5 * HOUR) x.values[2 * row]! += Math.floor(time / DAY) % 2 === 0 ? 60 : -60;
  const [byClock] = seriesOf(fitExpectation({ ...x, timeZone: ZONE }, all(x)), 'shop');
  // So are the hours beside it; by the new clocks 02:00 is where they changed.
  const restless = Array.from({ length: 24 }, (_, hour) => hour).filter(
    (hour) => scatterAt(byClock!, CHANGE + DAY + (hour - 2) * HOUR) > 2.5,
  );
  assert.deepEqual(restless, [11, 12, 13]);
});

test('a version keeps the zone, and one without it goes by UTC', () => {
  const settings: EvidenceSettings = {
    step: STEP,
    settleAfter: 18 * STEP,
    budget: { count: 1, per: 7 * DAY },
    leastChanges: () => new Float64Array(2),
    directions: ['both', 'both'],
  };
  const fit = (x: FeatureMatrix) =>
    calibrateEvidence({
      whole: {
        x,
        learned: all(x),
        scores: Float64Array.from(x.times, (_, row) => Math.abs(x.values[2 * row]!)),
      },
      folds: [],
      settings,
    });
  const zoned = fit({ ...BEFORE, timeZone: ZONE });
  const saved = JSON.parse(JSON.stringify(saveEvidence(zoned))) as Record<string, unknown>;
  assert.equal(saved.timeZone, ZONE);
  assert.deepEqual(loadEvidence(saved), zoned);
  assert.ok(!('timeZone' in saveEvidence(fit(BEFORE))));
  for (const timeZone of ['Mars/Base', 7])
    assert.throws(
      () => loadEvidence({ ...saved, timeZone }),
      (error: unknown) => error instanceof ArtifactError && error.message.includes(String(timeZone)),
    );
});

test('a plan says the zone where it is not UTC, and so does the matrix', () => {
  const window = windowOf({ shop: { requests: [1, 2, 3] } });
  const plan = (timeZone: string) =>
    planFeatures(window.metrics, { settings: { ...DEFAULT_FEATURES, timeZone }, step: STEP });
  const matrixOf = (of: ReturnType<typeof plan>): FeatureMatrix => {
    const planned = { window, plan: of, availability: allAvailable(window) };
    return buildMatrix({ ...planned, scaler: fitScaler({ ...planned, kind: 'robust' }) });
  };
  assert.equal(loadPlan(JSON.parse(JSON.stringify(plan(ZONE)))).timeZone, ZONE);
  assert.equal(matrixOf(plan(ZONE)).timeZone, ZONE);
  assert.equal(pickRows(matrixOf(plan(ZONE)), new Uint32Array([1])).timeZone, ZONE);
  assert.deepEqual(plan('UTC'), planFeatures(window.metrics, { settings: DEFAULT_FEATURES, step: STEP }));
  assert.ok(!('timeZone' in plan('UTC')) && !('timeZone' in matrixOf(plan('UTC'))));
  assert.throws(() => loadPlan({ ...plan(ZONE), timeZone: 'Mars/Base' }), /time zone/);
});

/** One metric, restless while people work: its spread follows the clocks, too. */
function drawRestless(x: FeatureMatrix): FeatureMatrix {
  const values = x.times.map((time, row) => {
    const hour = (time / HOUR + aheadAt(time)) % 24;
    const noise = x.values[2 * row]! - (hour >= 7 && hour < 19 ? 4 : -4);
    return noise * (hour >= 7 && hour < 19 ? 8 : 1);
  });
  return { ...x, names: ['requests'], values: Float32Array.from(values) };
}

for (const [what, before, after] of [
  ['of two metrics', BEFORE, AFTER],
  ['of a metric that is restless by day', drawRestless(BEFORE), drawRestless(AFTER)],
] as const)
  test(`mahalanobis ${what} says by a zone what it says of the times that its clocks show`, async () => {
    const run = { seed: 1, deadline: NO_DEADLINE };
    const params = mahalanobis.parseParams({});
    const zoned = (x: FeatureMatrix): FeatureMatrix => ({ ...x, timeZone: ZONE });
    const shown = (x: FeatureMatrix): FeatureMatrix => ({
      ...x,
      times: x.times.map((time) => time + aheadAt(time) * HOUR),
    });
    const byZone = await mahalanobis.fit(zoned(before), params, run);
    const byTimes = await mahalanobis.fit(shown(before), params, run);
    const byUtc = await mahalanobis.fit(before, params, run);
    assert.deepEqual(byZone.save(), byTimes.save());
    const scores = await byZone.score(zoned(after));
    assert.deepEqual(scores, await byTimes.score(shown(after)));
    assert.notDeepEqual(scores, await byUtc.score(after));
    // 07:40 in Berlin.
    const rows = new Uint32Array([5.5 * 6 + 1]);
    assert.deepEqual(await byZone.explain(zoned(after), rows), await byTimes.explain(shown(after), rows));
  });

test('the seasonal companion of auto goes by the same clocks', () => {
  const profile = {
    ...profileTraining({ ...BEFORE, timeZone: ZONE }, { deadline: NO_DEADLINE }),
    seasons: [{ period: 7 * DAY, share: 1, strength: 1 }],
  };
  const [seasonal] = chooseMembers(profile, BEFORE.times.length).filter(({ kind }) => kind === 'seasonal');
  assert.deepEqual(seasonal!.params, { periods: ['1d', '1w'], timeZone: ZONE });
});
