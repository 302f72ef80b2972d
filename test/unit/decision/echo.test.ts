/** A model that looks back goes on after a fault is over: metrics that told of it say when that is. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DecisionPolicy, EntityTrack } from '../../../lib/decision/contract.ts';
import { decideWindow } from '../../../lib/decision/decide.ts';

const STEP = 60_000;
const POLICY: DecisionPolicy = {
  by: 'evidence',
  threshold: 1,
  holdAbove: 0.6,
  settleRows: 180,
  minDeviation: 0,
  k: 1,
  n: 1,
  resolveAfter: 5,
};

test('what metrics told of is over when they are back, and what the model still says is no incident', () => {
  const { told, track } = decide([
    ...rows(10, 8, 8),
    ...rows(30, 0, 5),
    ...rows(20, 0, 4),
    ...rows(30, 0, 0),
  ]);
  assert.deepEqual(told, ['opened 0', 'resolved 10']);
  assert.equal(track?.usualJoint, undefined, 'it is forgotten once the model is quiet');
});

test('a fault of its own opens an incident while the model still tells of the one before', () => {
  const { told } = decide([...rows(10, 8, 8), ...rows(20, 0, 5), ...rows(20, 3, 5)]);
  assert.deepEqual(told, ['opened 0', 'resolved 10', 'opened 30']);
});

test('what the model alone told of lasts as long as it says so', () => {
  const { told } = decide([...rows(40, 0.5, 4), ...rows(10, 0, 0)]);
  assert.deepEqual(told, ['opened 0', 'resolved 40']);
});

test('what metrics join later, they also end', () => {
  const { told } = decide([...rows(5, 0, 4), ...rows(5, 2, 4), ...rows(20, 0, 4), ...rows(15, 0, 0)]);
  assert.deepEqual(told, ['opened 0', 'resolved 10']);
});

test('it is the same however the rows are cut into windows', () => {
  const all = [...rows(10, 8, 8), ...rows(30, 0, 5), ...rows(20, 0, 0), ...rows(10, 0, 4)];
  const whole = decide(all);
  for (const cut of [1, 5, 12, 40, 61]) {
    const first = decide(all.slice(0, cut));
    const second = decide(all.slice(cut), { from: cut, track: first.track });
    assert.deepEqual([...first.told, ...second.told], whole.told);
    assert.deepEqual(second.track, whole.track);
  }
});

interface Row {
  readonly metrics: number;
  readonly joint: number;
}

function rows(count: number, metrics: number, joint: number): Row[] {
  return Array.from({ length: count }, () => ({ metrics, joint }));
}

function decide(
  given: readonly Row[],
  { from = 0, track }: { readonly from?: number; readonly track?: EntityTrack | undefined } = {},
): { readonly told: readonly string[]; readonly track: EntityTrack | undefined } {
  const of = (value: (row: Row) => number): Float64Array => Float64Array.from(given, value);
  const { transitions, tracks } = decideWindow({
    rows: {
      entities: ['pod'],
      entityOf: new Uint32Array(given.length),
      times: Float64Array.from(given, (_, i) => (from + i) * STEP),
      scores: of(() => 1),
      deviations: of(() => 0),
      evidence: {
        names: ['cpu'],
        metrics: of(({ metrics }) => metrics),
        joint: of(({ joint }) => joint),
        telling: new Int32Array(given.length),
        series: new Int32Array(given.length),
        stretch: new Uint16Array(given.length).fill(1),
        sinceOnset: new Uint8Array(given.length),
        jointSinceOnset: new Uint8Array(given.length),
        anchored: of(() => 0),
        off: new Int8Array(given.length),
        agree: new Uint8Array(given.length).fill(1),
      },
    },
    policy: POLICY,
    tracks: track === undefined ? {} : { pod: track },
    watchFrom: 0,
    step: STEP,
    detector: 'shop',
    modelVersion: 'v1',
  });
  const told = transitions.map(({ state, start, end }) => `${state} ${(end ?? start) / STEP}`);
  return { told, track: tracks['pod'] };
}
