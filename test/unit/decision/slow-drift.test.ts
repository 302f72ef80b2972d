/** A metric that moves so slowly that no stretch of it is off where it has been of late. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DecisionPolicy, Drift, EntityTrack } from '../../../lib/decision/contract.ts';
import { retractAnomalies } from '../../../lib/decision/retract.ts';
import { followDrifts, forgetDrifts } from '../../../lib/decision/slow-drift.ts';
import { OFF_UNITS } from '../../../lib/evidence/evidence.ts';
import { minute, STEP, stored } from './decide-rows.ts';
import { decideEvidence, EVIDENCE_POLICY, type EvidenceRow, repeat, tell } from './evidence-rows.ts';

const DRIFT_ROWS = 40;
const POLICY: DecisionPolicy = { ...EVIDENCE_POLICY, driftRows: DRIFT_ROWS };
const DAY = 24 * 60;
const QUIET = repeat(60);
const CPU_ABOVE = 0;
const CPU_BELOW = 1;

/** Off what training predicts alone. */
function off(length: number, level = 1.25, more: EvidenceRow = {}): EvidenceRow[] {
  return repeat(length, { anchored: level, ...more });
}

function decide(rows: readonly EvidenceRow[], given: Parameters<typeof decideEvidence>[1] = {}) {
  return decideEvidence(rows, { policy: POLICY, ...given });
}

function statesOf(rows: readonly EvidenceRow[], given: Parameters<typeof decideEvidence>[1] = {}): string[] {
  return tell(decide(rows, given));
}

test('what is off for so long, told to nobody, opens where it began, and settles where it stays', () => {
  const { transitions } = decide([...QUIET, ...off(120)]);
  assert.deepEqual(
    transitions.map(({ state, start, lastAnomalous }) => [state, start, lastAnomalous]),
    [
      ['opened', minute(60), minute(60 + DRIFT_ROWS + EVIDENCE_POLICY.settleRows! - 1)],
      ['settled', minute(60), minute(60 + DRIFT_ROWS + EVIDENCE_POLICY.settleRows! - 1)],
    ],
  );
  assert.equal(transitions[0]?.drifted, CPU_ABOVE >> 1);
  assert.equal(transitions[0]?.tellingRow, 60 + DRIFT_ROWS);
  assert.equal(transitions[0]?.peakScore, 1);
  assert.equal(transitions[1]?.drifted, undefined);
});

test('what is worse in the same window tells of it, and not the metric that drifted', () => {
  const worse = repeat(3, { metrics: 5, column: 4, anchored: 1.25, off: [1.25, 0, 5, 0] });
  const [opened] = decide([...off(DRIFT_ROWS + 2), ...worse]).transitions;
  assert.equal(opened?.tellingRow, DRIFT_ROWS + 2);
  assert.equal(opened?.drifted, undefined);
  assert.equal(opened?.driftOf, 'cpu above');
});

test('it stays open while it moves on, and has resolved where it came back', () => {
  const moving = off(90, 1.25, { moves: true });
  assert.deepEqual(statesOf(moving), ['opened 89']);
  assert.deepEqual(statesOf([...moving, ...QUIET]), ['opened 89', 'resolved 89']);
});

test('what is off for less, or by less than alerts, opens nothing', () => {
  assert.deepEqual(statesOf([...off(DRIFT_ROWS), ...QUIET]), []);
  assert.deepEqual(statesOf(off(200, 0.9)), []);
});

test('half an hour in which it is not off begins it anew, a shorter one does not', () => {
  const short = decide([...off(30), ...repeat(20), ...off(1)]).transitions;
  assert.deepEqual(
    short.map(({ start, lastAnomalous }) => [start, lastAnomalous]),
    [[minute(0), minute(50)]],
  );
  const long = [...off(30), ...repeat(30), ...off(DRIFT_ROWS)];
  assert.deepEqual(statesOf(long), []);
  assert.deepEqual(statesOf([...long, ...off(1)]), [`opened ${60 + DRIFT_ROWS}`]);
});

test('the other side is another drift', () => {
  const below: EvidenceRow = { off: [-1.25, 0, 0, 0], anchored: 1.25 };
  assert.deepEqual(statesOf([...off(30), ...repeat(30, below)]), []);
  const { transitions } = decide(repeat(60, below));
  assert.equal(transitions[0]?.drifted, CPU_BELOW >> 1);
});

test('what people were told of is not told again until it was not off for a week', () => {
  const told = decide([...off(120), ...QUIET]);
  const later = (from: number): string[] => statesOf(off(60), { from, tracks: stored(told) });
  assert.deepEqual(later(2 * DAY), []);
  assert.deepEqual(later(7 * DAY), []);
  assert.equal(later(8 * DAY)[0], `opened ${8 * DAY + 59}`);
});

test('it stays open for as long as a level takes to settle, where it is at its new one already', () => {
  const rows = [...off(DRIFT_ROWS + 1), ...off(EVIDENCE_POLICY.settleRows! + 10)];
  const { transitions } = decide(rows);
  assert.deepEqual(
    transitions.map(({ state, lastAnomalous }) => [state, lastAnomalous]),
    [
      ['opened', minute(DRIFT_ROWS + EVIDENCE_POLICY.settleRows! - 1)],
      ['settled', minute(DRIFT_ROWS + EVIDENCE_POLICY.settleRows! - 1)],
    ],
  );
  const back = decide([...off(DRIFT_ROWS + 3), ...repeat(10)]).transitions;
  assert.deepEqual(
    back.map(({ state, lastAnomalous }) => [state, lastAnomalous]),
    [
      ['opened', minute(DRIFT_ROWS + 2)],
      ['resolved', minute(DRIFT_ROWS + 2)],
    ],
  );
});

test('what is twice as bad as an alert is told while it is open, however far the metric drifted', () => {
  const opened = decide(off(DRIFT_ROWS + 1, 4));
  const next = { from: DRIFT_ROWS + 1, tracks: stored(opened) };
  const errors = (metrics: number) => off(5, 4, { metrics, column: 6, off: [4, 0, 0, metrics] });
  assert.deepEqual(statesOf(errors(1.9), next), []);
  const { transitions } = decide(errors(2.5), next);
  assert.deepEqual(
    transitions.map(({ state, peakScore, tellingRow }) => [state, peakScore, tellingRow]),
    [['updated', 2.5, 0]],
  );
});

test('what is no update while it is open is not what its end tells of', () => {
  const opened = decide(off(DRIFT_ROWS + 1, 2));
  const rows = [...off(5, 2, { metrics: 1.5, column: 6, off: [2, 0, 0, 1.5] }), ...off(30, 2)];
  const { transitions } = decide(rows, { from: DRIFT_ROWS + 1, tracks: stored(opened) });
  assert.deepEqual(
    transitions.map(({ state, tellingRow }) => [state, tellingRow]),
    [['settled', undefined]],
  );
});

test('what was off while an anomaly lay open is known', () => {
  const outage = repeat(30, { metrics: 2, column: 2, off: [1.5, 2, 0, 0], anchored: 2 });
  const told = decide([...outage, ...off(DRIFT_ROWS)]);
  assert.deepEqual(tell(told), ['opened 29', 'resolved 29']);
  const later = decide(off(2 * DAY, 1.5), { from: 30 + DRIFT_ROWS, tracks: stored(told) });
  assert.deepEqual(tell(later), []);
});

test('of an entity that was told of within a day, what drifts waits until the day is over', () => {
  const told = decide([...repeat(30, { metrics: 2, column: 2 }), ...QUIET]);
  const from = 90;
  assert.deepEqual(statesOf(off(DAY - from), { from, tracks: stored(told) }), []);
  assert.equal(
    statesOf(off(DAY), { from, tracks: stored(told) })[0],
    `opened ${DAY + EVIDENCE_POLICY.settleRows! - 1}`,
  );
});

test('what was off before anybody watched is no news', () => {
  assert.deepEqual(statesOf(off(DAY), { watchFrom: 10 }), []);
  assert.deepEqual(statesOf([...off(10), ...repeat(40), ...off(120)], { watchFrom: 30 }), []);
});

test('what is off at the same hour on other days is usual', () => {
  const spell = (day: number) => ({
    reason: 'cpu above',
    from: minute(-day * DAY),
    until: minute(-day * DAY + 60),
    level: 1.2,
  });
  const tracks: Record<string, EntityTrack> = {
    a: { decidedUntil: minute(-1), recent: [], open: undefined, spells: [spell(2), spell(1)], drifts: [] },
  };
  assert.deepEqual(statesOf(off(60), { tracks }), []);
  assert.equal(statesOf(off(60, 2.5), { tracks })[0], 'opened 59');
});

test('rows decide the same, however they are cut into windows', () => {
  const rows = [
    ...QUIET,
    ...off(30),
    ...repeat(20),
    ...off(90, 1.25, { moves: true }),
    ...QUIET,
    ...off(200),
  ];
  const startsOf = ({ transitions }: ReturnType<typeof decide>) =>
    transitions.map(({ anomalyId, state, start }) => ({ anomalyId, state, start }));
  const whole = startsOf(decide(rows));
  let tracks = {};
  const cut: ReturnType<typeof startsOf> = [];
  for (const [from, row] of rows.entries()) {
    const decided = decide([row], { from, tracks });
    cut.push(...startsOf(decided));
    tracks = stored(decided);
  }
  assert.deepEqual(cut, whole);
  assert.deepEqual(
    whole.map(({ state, start }) => [state, start]),
    [
      ['opened', minute(60)],
      ['resolved', minute(60)],
    ],
  );
});

test('another version neither tells of it again nor forgets how long it has been off', () => {
  const told = decide(off(120));
  assert.deepEqual(statesOf(off(2 * DAY, 3), { from: 120, tracks: stored(told), modelVersion: 'v2' }), []);
  const begun = decide(off(DRIFT_ROWS));
  const next = { from: DRIFT_ROWS, tracks: stored(begun), modelVersion: 'v2' };
  assert.deepEqual(statesOf(off(1), next), [`opened ${DRIFT_ROWS}`]);
});

test('what is off when the first version with this rule begins is no news', () => {
  const before = decide(off(DAY), { policy: EVIDENCE_POLICY });
  const next = { from: DAY, tracks: stored(before) };
  assert.deepEqual(statesOf(off(2 * DAY), next), []);
  const later = [...QUIET, ...off(DRIFT_ROWS + 1)];
  assert.equal(statesOf(later, next)[0], `opened ${DAY + 60 + DRIFT_ROWS}`);
});

test('nor is it once a version without this rule came between', () => {
  const told = decide([...off(120, 1.25, { column: 2 }), ...QUIET]);
  const from = 120 + QUIET.length;
  const between = decide(off(DAY), { from, tracks: stored(told), policy: EVIDENCE_POLICY });
  assert.equal(between.tracks['a']?.drifts, undefined);
  assert.deepEqual(statesOf(off(2 * DAY), { from: from + DAY, tracks: stored(between) }), []);
});

test('a version of before decides as it did', () => {
  const decided = decide(off(2 * DAY), { policy: EVIDENCE_POLICY });
  assert.deepEqual(tell(decided), []);
  assert.equal(decided.tracks['a']?.drifts, undefined);
});

test('of several that drift, the farthest tells', () => {
  const rows = repeat(60, { anchored: 3, off: [1.25, 3, 2, 0] });
  assert.equal(decide(rows).transitions[0]?.drifted, 1);
});

test('corrected rows that are still off leave it, others take it back and let it be told again', () => {
  const rows = [...off(DRIFT_ROWS + 1)];
  const told = decide(rows);
  assert.deepEqual(correct(told, rows).transitions, []);
  const { transitions, tracks } = correct(told, repeat(DRIFT_ROWS + 1));
  assert.deepEqual(
    transitions.map(({ state }) => state),
    ['retracted'],
  );
  assert.deepEqual(tracks['a']?.drifts, []);
  const again = decide(off(DRIFT_ROWS + 1), { from: DRIFT_ROWS + 1, tracks: stored({ tracks }) });
  assert.equal(tell(again)[0], `opened ${2 * DRIFT_ROWS + 1}`);
});

test('an anomaly that no drift opened is taken back, although a metric that settled long ago is still off', () => {
  const settled = decide(off(120));
  const spike = decide(off(10, 1.25, { metrics: 3, column: 2 }), { from: 2 * DAY, tracks: stored(settled) });
  assert.deepEqual(tell(spike), [`opened ${2 * DAY + 9}`]);
  const { transitions, tracks } = correct(spike, off(10), 2 * DAY);
  assert.deepEqual(
    transitions.map(({ state }) => state),
    ['retracted'],
  );
  // What people were told of two days ago they still know of.
  const later = decide(off(DAY), { from: 2 * DAY + 10, tracks: stored({ tracks }) });
  assert.deepEqual(tell(later), []);
});

test('what is taken back leaves untold a drift that had begun before it', () => {
  const before = decide(off(20));
  const spike = decide(off(10, 1.25, { metrics: 3, column: 2, off: [1.25] }), {
    from: 20,
    tracks: stored(before),
  });
  assert.deepEqual(tell(spike), ['opened 29']);
  const { transitions, tracks } = correct(spike, off(10), 20);
  assert.deepEqual(
    transitions.map(({ state }) => state),
    ['retracted'],
  );
  const later = decide(off(DRIFT_ROWS), { from: 30, tracks: stored({ tracks }) });
  assert.equal(later.transitions[0]?.driftOf, 'cpu above');
  assert.equal(later.transitions[0]?.start, minute(0));
});

function correct(
  { tracks }: Pick<ReturnType<typeof decide>, 'tracks'>,
  corrected: readonly EvidenceRow[],
  from = 0,
) {
  const { scored, anomalous } = scoredOf(corrected, from);
  return retractAnomalies({
    rows: scored,
    anomalous,
    isMeasured: () => true,
    policy: POLICY,
    tracks: stored({ tracks }),
    before: { ended: [], cleared: {} },
    step: STEP,
    detector: 'shop',
    modelVersion: 'v1',
  });
}

/** As `decideEvidence` makes them, for what looks at rows besides. */
function scoredOf(rows: readonly EvidenceRow[], from: number) {
  const times = Float64Array.from(rows, (_, at) => minute(from + at));
  const anchored = Float64Array.from(rows, (row) => row.anchored ?? 0);
  const none = new Float64Array(rows.length);
  return {
    anomalous: new Uint8Array(rows.length),
    scored: {
      entities: ['a'],
      entityOf: new Uint32Array(rows.length),
      times,
      scores: none,
      deviations: none,
      evidence: {
        names: ['cpu'],
        metrics: none,
        joint: none,
        anchored,
        off: Int8Array.from(anchored, (level) => OFF_UNITS * level),
        agree: new Uint8Array(rows.length),
        telling: new Int32Array(rows.length),
        series: new Int32Array(rows.length),
        stretch: new Uint16Array(rows.length),
        sinceOnset: new Uint8Array(rows.length),
        jointSinceOnset: new Uint8Array(rows.length),
      },
    },
  };
}

test('an outage that moves everything keeps what people know of, and no more than so many', () => {
  const many = Array.from({ length: 100 }, (_, i) => ({
    reason: `metric-${i} above`,
    cause: 2 * i,
    level: 2,
  }));
  const given = { isKnown: true, step: STEP };
  const known: readonly Drift[] = followDrifts([], { time: 0, off: many.slice(0, 20) }, given);
  const all = followDrifts(known, { time: STEP, off: many }, { ...given, isKnown: false });
  assert.equal(all.length, 32);
  assert.deepEqual(
    all.slice(0, 20).map(({ knownSince }) => knownSince),
    known.map(() => 0),
  );
});

test('where rows are far apart, one that is missing ends no drift', () => {
  const step = 45 * STEP;
  const off = [{ reason: 'cpu above', cause: 0, level: 2 }];
  const given = { isKnown: false, step };
  const sinceAfter = (steps: number): number | undefined =>
    followDrifts(followDrifts([], { time: 0, off }, given), { time: steps * step, off }, given)[0]?.since;
  assert.deepEqual([1, 2, 3].map(sinceAfter), [0, 0, 3 * step]);
});

test('people know of a drift since they first did, and what they know of is kept before what they do not', () => {
  const nameOf = (from: number, count: number) =>
    Array.from({ length: count }, (_, i) => ({ reason: `metric-${from + i} above`, cause: 0, level: 2 }));
  const known = followDrifts([], { time: 0, off: nameOf(0, 1) }, { isKnown: true, step: STEP });
  assert.equal(
    followDrifts(known, { time: STEP, off: nameOf(0, 1) }, { isKnown: true, step: STEP })[0]?.knownSince,
    0,
  );
  const untold = followDrifts([], { time: 0, off: nameOf(0, 32) }, { isKnown: false, step: STEP });
  const both = followDrifts(untold, { time: STEP, off: nameOf(32, 20) }, { isKnown: true, step: STEP });
  assert.equal(both.length, 32);
  assert.equal(both.filter(({ knownSince }) => knownSince !== undefined).length, 20);
});

test('an anomaly that is taken back takes with it what began while it lay open', () => {
  const drifts: readonly Drift[] = [
    { reason: 'cpu above', since: 0, until: 90, knownSince: 10 },
    { reason: 'memory above', since: 20, until: 90, knownSince: 20 },
    { reason: 'errors above', since: 60, until: 90, knownSince: 60 },
  ];
  assert.deepEqual(forgetDrifts(drifts, { start: 10, lastAnomalous: 50 }), [
    { reason: 'cpu above', since: 0, until: 90 },
    drifts[2],
  ]);
});

test('while it is open, rows that hold are part of it', () => {
  const { transitions } = decide([...off(DRIFT_ROWS + 1), ...off(10, 0.75), ...repeat(10)]);
  assert.equal(transitions[1]?.lastAnomalous, minute(DRIFT_ROWS + 10));
});

test('it begins after the end of the anomaly before it, though it was off before that', () => {
  const fault = repeat(10, { metrics: 2, column: 2 });
  const told = decide([...off(10), ...fault, ...repeat(8), ...off(2 * DAY, 1.25, { moves: true })]);
  const drift = told.transitions.filter(({ state }) => state === 'opened')[1];
  assert.equal(drift?.start, minute(20));
});
