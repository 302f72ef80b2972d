/** Since when an anomaly is, where the row that opens it knows: its start, and what stays of the first anomalous row. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EntityTrack, OpenAnomaly } from '../../../lib/decision/contract.ts';
import { id, minute, STEP, stored } from './decide-rows.ts';
import { decideEvidence, EVIDENCE_POLICY, type EvidenceRow, repeat } from './evidence-rows.ts';

/** What three of four rows show. */
const SHORT: EvidenceRow = { metrics: 2, stretch: 4, sinceOnset: 2 };

/** Of each opening: when it began, when its first anomalous row was, in minutes; and whether its id is of that. */
function openings({ transitions }: ReturnType<typeof decideEvidence>): (readonly [number, number])[] {
  return transitions
    .filter(({ state }) => state === 'opened')
    .map(({ anomalyId, start, firstAnomalous = start }) => {
      assert.equal(anomalyId, id('a', (firstAnomalous - minute(0)) / STEP));
      return [(start - minute(0)) / STEP, (firstAnomalous - minute(0)) / STEP];
    });
}

test('it begins with the first row that is off, and its id is of the one that opens it', () => {
  const decision = decideEvidence([...repeat(10), SHORT, { ...SHORT, sinceOnset: 3 }, ...repeat(5)]);
  assert.deepEqual(openings(decision), [[8, 10]]);
  assert.deepEqual(
    decision.transitions.map(({ state, start, firstAnomalous }) => [state, start, firstAnomalous]),
    [
      ['opened', minute(8), minute(10)],
      ['resolved', minute(8), minute(10)],
    ],
  );
  // Rows by themselves are as they were: none but those that tell are anomalous.
  assert.deepEqual([...decision.anomalous.subarray(7, 13)], [0, 0, 0, 1, 1, 0]);
});

test('the model says it of its own, and nothing where it is not what tells most', () => {
  const both = { metrics: 1.5, sinceOnset: 1, jointSinceOnset: 3 };
  assert.deepEqual(openings(decideEvidence([...repeat(10), { ...both, joint: 2 }])), [[7, 10]]);
  assert.deepEqual(openings(decideEvidence([...repeat(10), { ...both, joint: 1.2 }])), [[9, 10]]);
});

test('what a row knows nothing of begins with that, and tracks have nothing new', () => {
  const { transitions, tracks } = decideEvidence([...repeat(40), { metrics: 1.2, stretch: 30 }]);
  assert.deepEqual([transitions[0]?.start, transitions[0]?.earliestStart], [minute(40), minute(11)]);
  for (const kept of [transitions[0]!, tracks.a!.open!])
    assert.equal('firstAnomalous' in kept, false, JSON.stringify(kept));
});

test('the next window goes on with it', () => {
  const tracks = stored(decideEvidence([...repeat(10), SHORT]));
  const worse = decideEvidence([{ ...SHORT, metrics: 5 }], { from: 11, tracks });
  const over = decideEvidence(repeat(5), { from: 12, tracks: stored(worse) });
  assert.deepEqual(
    [worse, over].flatMap(({ transitions }) =>
      transitions.map(({ state, start, firstAnomalous }) => [state, start, firstAnomalous]),
    ),
    [
      ['updated', minute(8), minute(10)],
      ['resolved', minute(8), minute(10)],
    ],
  );
});

test('what was held back until it lasted began with the first of that', () => {
  const lasting = [
    SHORT,
    ...repeat(2),
    ...repeat(4).flatMap(() => [{ ...SHORT, sinceOnset: 3 }, ...repeat(2)]),
  ];
  const rows = [{ metrics: 3 }, ...repeat(9), ...lasting, { ...SHORT, sinceOnset: 1 }].map((row) =>
    row.metrics === 2 ? { ...row, metrics: 1.1, column: 2 } : row,
  );
  assert.deepEqual(openings(decideEvidence(rows)), [
    [0, 0],
    [8, 10],
  ]);
  // In a track of before it began with the first that was held back.
  const tracks = stored(decideEvidence(rows.slice(0, 20)));
  const { start, ...heldBack } = tracks.a!.heldBack!;
  assert.equal(start, minute(8));
  const old: Record<string, EntityTrack> = { a: { ...tracks.a!, heldBack } };
  assert.deepEqual(openings(decideEvidence(rows.slice(20), { from: 20, tracks: old })), [[10, 10]]);
});

test('no row is part of two anomalies', () => {
  const policy = { ...EVIDENCE_POLICY, resolveAfter: 1 };
  const all = [{ metrics: 2 }, {}, { metrics: 9, sinceOnset: 2, column: 2 }];
  const { transitions } = decideEvidence(all, { policy });
  assert.deepEqual(openings({ transitions } as ReturnType<typeof decideEvidence>), [
    [0, 0],
    [1, 2],
  ]);
});

test('one that lies open in a track of before keeps its start and its id', () => {
  const opened = stored(decideEvidence([...repeat(10), { metrics: 2 }]));
  const before: OpenAnomaly = opened.a!.open!;
  assert.equal('firstAnomalous' in before, false);
  const { transitions } = decideEvidence([SHORT, ...repeat(5)], { from: 11, tracks: opened });
  assert.deepEqual(
    transitions.map(({ anomalyId, start }) => [anomalyId, start]),
    [[before.id, minute(10)]],
  );
});
