/** When rows become an incident, what is told of it, and when it is over. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decide, id, line, minute, POLICY, type Row, stored } from './decide-rows.ts';

test('an incident opens at the k-th anomalous row of n and starts at the first', () => {
  const { anomalous, transitions, tracks } = decide({ a: line('.#.#') });
  assert.deepEqual([...anomalous], [0, 1, 0, 1]);
  assert.deepEqual(transitions, [
    {
      anomalyId: id('a', 1),
      entity: 'a',
      state: 'opened',
      sequence: 1,
      start: minute(1),
      lastAnomalous: minute(3),
      end: undefined,
      tellingRow: 1,
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
        modelVersion: 'v1',
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
    second.transitions.map(({ state, start, tellingRow, peakScore }) => ({
      state,
      start,
      tellingRow,
      peakScore,
    })),
    // The peak of the incident is in the other window; of this one's rows, row 0 is the highest.
    [{ state: 'opened', start: minute(0), tellingRow: 0, peakScore: 0.9 }],
  );
});

test('a plain resolve has no peak row', () => {
  const first = decide({ a: line('##') });
  const [resolved] = decide({ a: line('...', 2) }, { tracks: stored(first) }).transitions;
  assert.deepEqual(
    { ...resolved, anomalyId: 0 },
    {
      anomalyId: 0,
      entity: 'a',
      state: 'resolved',
      sequence: 2,
      start: minute(0),
      lastAnomalous: minute(1),
      end: minute(2),
      tellingRow: undefined,
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

test('what set an incident off tells of it, unless a later row is materially worse', () => {
  const scores = (rest: readonly number[]): ReturnType<typeof decide> =>
    decide({ a: [0.8, 0.7, ...rest].map((score, row): Row => [row, score]) });
  assert.equal(scores([0.9]).transitions[0]!.tellingRow, 0, 'a little higher');
  assert.equal(scores([1.2]).transitions[0]!.tellingRow, 2, 'twice as far above the threshold');
});

test('an update tells of the row that made it due, not of the first one of its window', () => {
  const first = decide({
    a: [
      [0, 0.7],
      [1, 0.7],
    ],
  });
  const told = first.transitions[0]!.peakScore;
  assert.equal(told, 0.7);
  const second = decide(
    {
      a: [
        [2, 0.75],
        [3, 0.82],
      ],
    },
    { tracks: stored(first) },
  );
  assert.deepEqual(
    second.transitions.map(({ state, tellingRow }) => ({ state, tellingRow })),
    [{ state: 'updated', tellingRow: 1 }],
  );
});
