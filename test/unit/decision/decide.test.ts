import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import type { DecisionPolicy, EntityTrack, ScoredRows } from '../../../lib/decision/contract.ts';
import {
  ABANDONED_AFTER,
  decideWindow,
  FORGOTTEN_AFTER,
  type WindowDecision,
} from '../../../lib/decision/decide.ts';
import { ModelError } from '../../../lib/errors.ts';

const T0 = Date.parse('2026-11-22T08:00:00Z');
const STEP = 60_000;
const POLICY: DecisionPolicy = { threshold: 0.6, minDeviation: 3, k: 2, n: 3, resolveAfter: 3 };

/** One row: minute since T0, score, deviation. */
type Row = readonly [minute: number, score: number, deviation?: number];

test('an incident opens at the k-th anomalous row of n and starts at the first', () => {
  const { anomalous, transitions, tracks } = decide({ a: line('.#.#') });
  assert.deepEqual([...anomalous], [0, 1, 0, 1]);
  assert.deepEqual(transitions, [
    {
      incidentId: id('a', 1),
      entity: 'a',
      state: 'opened',
      sequence: 1,
      start: minute(1),
      lastAnomalous: minute(3),
      end: undefined,
      peakRow: 1,
      peakScore: 0.8,
    },
  ]);
  assert.deepEqual(tracks, {
    a: {
      decidedUntil: minute(3),
      recent: [],
      open: {
        id: id('a', 1),
        start: minute(1),
        lastAnomalous: minute(3),
        quietRows: 0,
        peakScore: 0.8,
        toldScore: 0.8,
        sequence: 1,
      },
    },
  });
});

test('anomalous rows too far apart, or too few, open nothing', () => {
  for (const rows of ['#..#..#', '....', '#', '..#'])
    assert.deepEqual(decide({ a: line(rows) }).transitions, [], rows);
  assert.deepEqual(decide({ a: line('#..#') }).tracks.a?.recent, [{ time: minute(3), score: 0.8 }]);
});

test('k of 1 opens at once', () => {
  const policy = { ...POLICY, k: 1, n: 1 };
  assert.equal(decide({ a: line('.#') }, { policy }).transitions[0]?.start, minute(1));
});

test('the threshold and the least deviation both have to be reached, and reaching is enough', () => {
  const rows: Row[] = [
    [0, 0.6, 3],
    [1, 0.599999, 9],
    [2, 0.9, 2.99],
    [3, 0.9, Number.POSITIVE_INFINITY],
    [4, Number.NaN, 9],
    [5, 0.9, Number.NaN],
  ];
  assert.deepEqual([...decide({ a: rows }).anomalous], [1, 0, 0, 1, 0, 0]);
});

test('an incident opens and resolves within one window: both are told, with its end after the last anomalous row', () => {
  const { transitions, tracks } = decide({ a: line('##...#') });
  assert.deepEqual(
    transitions.map(({ state, sequence, start, lastAnomalous, end }) => ({
      state,
      sequence,
      start,
      lastAnomalous,
      end,
    })),
    [
      { state: 'opened', sequence: 1, start: minute(0), lastAnomalous: minute(1), end: undefined },
      { state: 'resolved', sequence: 2, start: minute(0), lastAnomalous: minute(1), end: minute(2) },
    ],
  );
  // What opened it does not count for the next one.
  assert.deepEqual(tracks.a, {
    decidedUntil: minute(5),
    recent: [{ time: minute(5), score: 0.8 }],
    open: undefined,
  });
});

test('rows that opened an incident do not open another one after it', () => {
  const policy = { ...POLICY, k: 2, n: 10, resolveAfter: 2 };
  const { transitions } = decide({ a: line('##..#....') }, { policy });
  assert.deepEqual(
    transitions.map(({ state }) => state),
    ['opened', 'resolved'],
  );
});

test('quiet rows have to come in a row', () => {
  const { transitions, tracks } = decide({ a: line('##..#..') });
  assert.deepEqual(
    transitions.map(({ state }) => state),
    ['opened'],
  );
  assert.equal(tracks.a?.open?.quietRows, 2);
  assert.equal(tracks.a?.open?.lastAnomalous, minute(4));
});

test('a row without a score is quiet: it opens nothing, and ends what is open', () => {
  assert.deepEqual(
    decide({ a: line('#?#') }).transitions.map(({ state }) => state),
    ['opened'],
  );
  assert.deepEqual(decide({ a: line('#??#') }).transitions, []);
  assert.deepEqual(
    decide({ a: line('##???') }).transitions.map(({ state }) => state),
    ['opened', 'resolved'],
  );
});

test('a gap makes the count start anew, and leaves an open incident open', () => {
  assert.deepEqual(
    decide({
      a: [
        [0, 0.8],
        [2, 0.8],
      ],
    }).transitions,
    [],
  );
  const { transitions, tracks } = decide({
    a: [
      [0, 0.8],
      [1, 0.8],
      [90, 0.1],
      [200, 0.8],
    ],
  });
  assert.deepEqual(
    transitions.map(({ state }) => state),
    ['opened'],
  );
  assert.equal(tracks.a?.open?.lastAnomalous, minute(200));
});

test('a run counts across windows, and its start may lie in an earlier one', () => {
  const first = decide({ a: [[0, 0.9]] });
  assert.deepEqual(first.transitions, []);
  const second = decide(
    {
      a: [
        [1, 0.7],
        [2, 0.65],
      ],
    },
    { tracks: stored(first) },
  );
  assert.deepEqual(
    second.transitions.map(({ state, start, peakRow, peakScore }) => ({ state, start, peakRow, peakScore })),
    // The peak of the incident is in the other window; of this one's rows, row 0 is the highest.
    [{ state: 'opened', start: minute(0), peakRow: 0, peakScore: 0.9 }],
  );
});

test('a plain resolve has no peak row', () => {
  const first = decide({ a: line('##') });
  const [resolved] = decide({ a: line('...', 2) }, { tracks: stored(first) }).transitions;
  assert.deepEqual(
    { ...resolved, incidentId: 0 },
    {
      incidentId: 0,
      entity: 'a',
      state: 'resolved',
      sequence: 2,
      start: minute(0),
      lastAnomalous: minute(1),
      end: minute(2),
      peakRow: undefined,
      peakScore: 0.8,
    },
  );
});

test('an update is told when the score is twice as far above the threshold, once a window', () => {
  let tracks = stored(
    decide({
      a: [
        [0, 0.65],
        [1, 0.65],
      ],
    }),
  );
  const states = (rows: Row[]): string[] => {
    const decision = decide({ a: rows }, { tracks });
    tracks = stored(decision);
    return decision.transitions.map(({ state, sequence, peakScore }) => `${state} ${sequence} ${peakScore}`);
  };
  assert.deepEqual(
    states([
      [2, 0.69],
      [3, 0.65],
    ]),
    [],
  );
  // 0.05 above the threshold was told; 0.1 is twice that. Slow rises add up, since it is what was told that counts.
  assert.deepEqual(
    states([
      [4, 0.705],
      [5, 0.72],
    ]),
    ['updated 2 0.72'],
  );
  assert.deepEqual(
    states([
      [6, 0.8],
      [7, 0.83],
    ]),
    [],
  );
  assert.deepEqual(states([[8, 0.85]]), ['updated 3 0.85']);
  // Worse and over within one window: only its end is told, with the peak.
  assert.deepEqual(
    states([
      [9, 0.999 + 0.12],
      [10, 0.1],
      [11, 0.1],
      [12, 0.1],
    ]),
    ['resolved 4 1.119'],
  );
});

test('an incident that opened right at the threshold is not updated for noise', () => {
  const first = decide({
    a: [
      [0, 0.6],
      [1, 0.6],
    ],
  });
  assert.deepEqual(decide({ a: [[2, 0.629]] }, { tracks: stored(first) }).transitions, []);
  assert.equal(decide({ a: [[2, 0.631]] }, { tracks: stored(first) }).transitions[0]?.state, 'updated');
});

test('deciding again changes nothing', () => {
  const first = decide({ a: line('.##...##'), b: line('##') });
  const again = decide({ a: line('.##...##'), b: line('##') }, { tracks: stored(first) });
  assert.deepEqual(again.tracks, first.tracks);
  assert.deepEqual(again.transitions, []);
  assert.equal(again.lateRows, 10);
  // The row's own verdict is written to the scores, late or not.
  assert.deepEqual(again.anomalous, first.anomalous);
});

test('late rows are counted and left alone, newer ones of the same window are decided on', () => {
  const first = decide({ a: line('...') });
  const { lateRows, transitions } = decide({ a: line('####'), b: line('..') }, { tracks: stored(first) });
  assert.equal(lateRows, 3);
  assert.deepEqual(transitions, []);
});

test('rows before watchFrom open nothing, not even with help from later ones', () => {
  const watchFrom = minute(3);
  assert.deepEqual(decide({ a: line('###.#') }, { watchFrom }).transitions, []);
  assert.equal(decide({ a: line('#####') }, { watchFrom }).transitions[0]?.start, minute(3));
});

test('entities stand alone', () => {
  const { transitions } = decide({ a: line('#.#'), b: line('.#.'), __proto__x: line('##'), '': line('##') });
  assert.deepEqual(
    transitions.map(({ entity, state }) => `${entity} ${state}`),
    [' opened', '__proto__x opened', 'a opened'],
  );
});

test("an entity may be called as Object's own members are", () => {
  const rows = Object.fromEntries([
    ['__proto__', line('##')],
    ['constructor', line('#')],
  ]);
  const first = decide(rows);
  assert.deepEqual(
    first.transitions.map(({ entity }) => entity),
    ['__proto__'],
  );
  const later = Object.fromEntries([
    ['__proto__', line('...', 2)],
    ['constructor', line('#', 1)],
  ]);
  const second = decide(later, { tracks: stored(first) });
  assert.deepEqual(
    second.transitions.map(({ entity, state }) => `${entity} ${state}`),
    ['__proto__ resolved', 'constructor opened'],
  );
});

test('an entity that vanished has its incident closed after a day, and is forgotten after two weeks', () => {
  const first = decide({ a: line('##'), b: line('..') });
  const later = (time: number, tracks: WindowDecision['tracks']): WindowDecision =>
    decide({ b: [[(time - T0) / STEP, 0.1]] }, { tracks });
  assert.deepEqual(later(minute(1) + ABANDONED_AFTER, stored(first)).transitions, []);
  const closed = later(minute(2) + ABANDONED_AFTER, stored(first));
  assert.deepEqual(
    closed.transitions.map(({ state, entity, end, peakRow }) => ({ state, entity, end, peakRow })),
    [{ state: 'resolved', entity: 'a', end: minute(2), peakRow: undefined }],
  );
  const kept = later(minute(1) + FORGOTTEN_AFTER, stored(closed));
  assert.deepEqual(Object.keys(kept.tracks).sort(), ['a', 'b']);
  assert.deepEqual(Object.keys(later(minute(2) + FORGOTTEN_AFTER, stored(kept)).tracks), ['b']);
});

test('the same holds where an entity comes back after a day: a new incident', () => {
  const back = 2 + ABANDONED_AFTER / STEP;
  const { transitions } = decide({
    a: [
      [0, 0.8],
      [1, 0.8],
      [back, 0.8],
      [back + 1, 0.8],
    ],
  });
  assert.deepEqual(
    transitions.map(({ state, start, end, peakRow }) => ({ state, start, end, peakRow })),
    [
      { state: 'opened', start: minute(0), end: undefined, peakRow: 0 },
      { state: 'resolved', start: minute(0), end: minute(2), peakRow: 0 },
      { state: 'opened', start: minute(back), end: undefined, peakRow: 2 },
    ],
  );
});

test('the id follows from detector, entity, start and model version', () => {
  const [opened] = decide({ a: line('##') }).transitions;
  assert.match(opened?.incidentId ?? '', /^20261122T080000Z-[0-9a-f]{12}$/);
  assert.notEqual(opened?.incidentId, decide({ b: line('##') }).transitions[0]?.incidentId);
  assert.notEqual(
    opened?.incidentId,
    decide({ a: line('##') }, { modelVersion: 'v2' }).transitions[0]?.incidentId,
  );
});

test('an incident keeps its id when the model changes', () => {
  const first = decide({ a: line('##') });
  const { tracks } = decide({ a: line('#', 2) }, { tracks: stored(first), modelVersion: 'v2' });
  assert.equal(tracks.a?.open?.id, id('a', 0));
});

test('an infinite score is refused', () => {
  assert.throws(() => decide({ a: [[0, Number.POSITIVE_INFINITY]] }), ModelError);
});

test('no rows, no change', () => {
  const first = decide({ a: line('##') });
  const { tracks, transitions, anomalous } = decide({}, { tracks: stored(first) });
  assert.deepEqual(tracks, first.tracks);
  assert.deepEqual(transitions, []);
  assert.equal(anomalous.length, 0);
});

function decide(
  rows: Readonly<Record<string, readonly Row[]>>,
  options: {
    policy?: DecisionPolicy;
    tracks?: Readonly<Record<string, EntityTrack>>;
    watchFrom?: number;
    modelVersion?: string;
  } = {},
): WindowDecision {
  return decideWindow({
    rows: toScoredRows(rows),
    policy: POLICY,
    tracks: {},
    watchFrom: 0,
    step: STEP,
    detector: 'shop',
    modelVersion: 'v1',
    ...options,
  });
}

/** # anomalous, . not, ? without a score; one a minute. */
function line(text: string, from = 0): Row[] {
  return [...text].map((sign, index) => [from + index, { '#': 0.8, '?': Number.NaN }[sign] ?? 0.1]);
}

function toScoredRows(given: Readonly<Record<string, readonly Row[]>>): ScoredRows {
  const entities = Object.keys(given).sort();
  const rows = entities.flatMap((entity, index) => given[entity]!.map((row) => ({ index, row })));
  return {
    entities,
    entityOf: Uint32Array.from(rows, ({ index }) => index),
    times: Float64Array.from(rows, ({ row }) => minute(row[0])),
    scores: Float64Array.from(rows, ({ row }) => row[1]),
    deviations: Float64Array.from(rows, ({ row }) => row[2] ?? 5),
  };
}

/** As it comes back from the bucket. */
function stored({ tracks }: WindowDecision): Readonly<Record<string, EntityTrack>> {
  return JSON.parse(JSON.stringify(tracks)) as Record<string, EntityTrack>;
}

function minute(count: number): number {
  return T0 + count * STEP;
}

function id(entity: string, startMinute: number): string {
  const start = minute(startMinute);
  const hash = createHash('sha256').update(`["shop","${entity}",${start},"v1"]`).digest('hex').slice(0, 12);
  return `${new Date(start).toISOString().replaceAll(/[-:]|\.000/g, '')}-${hash}`;
}
