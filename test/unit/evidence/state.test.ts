import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ArtifactError } from '../../../lib/base/errors.ts';
import { calibrateEvidence } from '../../../lib/evidence/calibrate-evidence.ts';
import { type FittedEvidence, gatherEvidence } from '../../../lib/evidence/evidence.ts';
import { loadEvidence, saveEvidence } from '../../../lib/evidence/state.ts';
import type { FeatureMatrix } from '../../../lib/features/feature-matrix.ts';
import { normalRows, toMatrix } from '../../helpers/feature-matrices.ts';

const STEP = 60_000;
const DAY = 1440;
const LEAST_CHANGES = () => new Float64Array(3);

/** Two entities with a nightly job, and a metric that was never measured. */
function draw(): FeatureMatrix {
  const rows = normalRows(10 * DAY, 2, 1).map(([a, b], row) => {
    const minute = row % DAY;
    return [a! + (minute >= 60 && minute < 90 ? 30 : 0), b!, NaN];
  });
  const half = rows.length / 2;
  return {
    ...toMatrix(rows),
    entities: ['a', 'b'],
    entityOf: Uint32Array.from(rows, (_, row) => Number(row >= half)),
    times: Float64Array.from(rows, (_, row) => (row % half) * STEP),
  };
}

const X = draw();
const SCORES = Float64Array.from(X.times, (_, row) => Math.abs(X.values[3 * row]!));
const FITTED = calibrateEvidence({
  whole: { x: X, scores: SCORES, learned: new Uint8Array(X.times.length).fill(1) },
  folds: [],
  settings: {
    step: STEP,
    settleAfter: 180 * STEP,
    budget: { count: 1, per: 7 * DAY * STEP },
    leastChanges: LEAST_CHANGES,
    directions: ['both', 'above', 'both'],
  },
});

type Saved = Record<string, unknown>;

function saved(): Saved {
  return JSON.parse(JSON.stringify(saveEvidence(FITTED))) as Saved;
}

function gather(fitted: FittedEvidence) {
  return gatherEvidence({ x: X, scores: SCORES, fitted, lookback: 0, leastChanges: LEAST_CHANGES });
}

test('what is loaded is what was saved, and says the same of every row', () => {
  const loaded = loadEvidence(saved());
  assert.deepEqual(loaded, FITTED);
  assert.ok(FITTED.expectation.entities.get('a')![0]!.season.day.length > 0);
  assert.deepEqual(gather(loaded), gather(FITTED));
  assert.equal(JSON.stringify(saveEvidence(loaded)), JSON.stringify(saved()));
});

test('restless hours and what follows demand are kept; a version of before has neither', () => {
  const [a, ...rest] = FITTED.expectation.entities.get('a')!;
  const scatter = Float32Array.from({ length: 24 }, (_, hour) => 1 + (hour % 3));
  const series = [{ ...a!, slope: 0.5, season: { ...a!.season, scatter } }, ...rest];
  const { entities } = FITTED.expectation;
  const fitted = {
    ...FITTED,
    expectation: {
      ...FITTED.expectation,
      entities: new Map([...entities, ['a', series]]),
      demandMeans: [3_600_000],
    },
  };
  const state = JSON.parse(JSON.stringify(saveEvidence(fitted))) as Saved;
  assert.deepEqual(loadEvidence(state), fitted);
  const { slopes: _, scatters: __, scatterOf: ___, demandMeans: ____, ...before } = state;
  assert.deepEqual(loadEvidence(before), FITTED);
});

test('what pods of a short-lived workload have in common is kept; a version of before knew of none', () => {
  const series = FITTED.expectation.entities.get('a')!;
  const shortLived = new Map([
    ['shop/web', series],
    ['shop/api', FITTED.expectation.pooled],
  ]);
  const fitted = { ...FITTED, expectation: { ...FITTED.expectation, shortLived } };
  const state = JSON.parse(JSON.stringify(saveEvidence(fitted))) as Saved;
  assert.deepEqual(loadEvidence(state), fitted);
  const { shortLived: _, ...before } = state;
  assert.deepEqual(loadEvidence(before), FITTED);
  assert.throws(() => loadEvidence({ ...state, shortLived: { workloads: ['shop/web'] } }), ArtifactError);
  assert.throws(() => loadEvidence({ ...state, shortLived: [] }), ArtifactError);
});

test('a season that series share is stored once', () => {
  const [a] = FITTED.expectation.entities.get('a')!;
  const shared = { ...FITTED.expectation, entities: new Map([['a', [a!, a!, a!]]]), pooled: [a!, a!, a!] };
  const state = saveEvidence({ ...FITTED, expectation: shared }) as { days: string };
  assert.equal(Buffer.from(state.days, 'base64').length, 288 * 4);
});

/** Float64s of a member, changed. */
function withNumber(member: string, at: number, value: number): Saved {
  const state = saved();
  const bytes = Buffer.from(state[member] as string, 'base64');
  bytes.writeDoubleLE(value, at * 8);
  return { ...state, [member]: bytes.toString('base64') };
}

function withFloat(member: string, value: number): Saved {
  const state = saved();
  const bytes = Buffer.from(state[member] as string, 'base64');
  bytes.writeFloatLE(value, 0);
  return { ...state, [member]: bytes.toString('base64') };
}

function withInt(member: string, value: number): Saved {
  const state = saved();
  const bytes = Buffer.from(state[member] as string, 'base64');
  bytes.writeInt32LE(value, 0);
  return { ...state, [member]: bytes.toString('base64') };
}

const DAMAGES: readonly (readonly [what: string, state: unknown, message: RegExp])[] = [
  ['nothing', null, /evidence state/],
  ['a list', [], /evidence state/],
  ['another format', { ...saved(), formatVersion: 2 }, /format version 2, this build reads 1/],
  ['no format', { ...saved(), formatVersion: undefined }, /format version/],
  ['means of demand that are none', { ...saved(), demandMeans: 3_600_000 }, /demandMeans is 3600000/],
  ['a mean longer than is read', { ...saved(), demandMeans: [7_200_001] }, /demandMeans is \[7200001\]/],
  ['a mean of nothing', { ...saved(), demandMeans: [0] }, /a mean of demandMeans is 0/],
  ['a step of 0', { ...saved(), step: 0 }, /step is 0/],
  ['a step that is text', { ...saved(), step: '60000' }, /step is "60000"/],
  ['no time to settle', { ...saved(), settleAfter: null }, /settleAfter is null/],
  ['columns that are numbers', { ...saved(), columns: [1, 2, 3] }, /columns/],
  ['one column less', { ...saved(), columns: ['m0', 'm1'] }, /series: \d+ bytes, expected \d+/],
  ['one entity more', { ...saved(), entities: ['a', 'b', 'c'] }, /series: \d+ bytes, expected \d+/],
  [
    'series that are cut',
    { ...saved(), series: (saved().series as string).slice(0, 40) },
    /series: \d+ bytes/,
  ],
  ['a centre without end', withNumber('series', 0, Infinity), /series 0 has the centre Infinity/],
  ['a spread below 0', withNumber('series', 1, -1), /series 0 has the spread -1/],
  ['a spread that is none', withNumber('series', 1, NaN), /series 0 has the spread NaN/],
  ['days that are cut', { ...saved(), days: 'AAAA' }, /days: 3 bytes are no curves of 288/],
  ['days that are none', { ...saved(), days: 7 }, /day curve 0 of 0/],
  ['a day without end', withFloat('days', Infinity), /days: a curve has the value Infinity/],
  ['a season that is not there', withInt('seasonOf', 99), /day curve 99 of/],
  ['a season below none', withInt('seasonOf', -2), /day curve -2 of/],
  ['no tail', { ...saved(), tail: undefined }, /score tail/],
  ['reaches that are cut', { ...saved(), reach: 'AAAA' }, /reach: 3 bytes/],
  ['a reach of 0', withNumber('reach', 0, 0), /a return level is not above 0/],
  ['a reach that is none', withNumber('reach', 0, NaN), /a return level is not above 0/],
  ['no pooled reach', { ...saved(), pooledReach: undefined }, /pooledReach: 0 bytes/],
];

for (const [what, state, message] of DAMAGES)
  test(`damaged: ${what}`, () => {
    assert.throws(
      () => loadEvidence(state),
      (error) => {
        assert.ok(error instanceof ArtifactError, String(error));
        assert.match(error.message, message);
        return true;
      },
    );
  });
