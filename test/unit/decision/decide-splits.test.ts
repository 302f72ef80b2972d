/** Where a stretch of rows is cut into windows must not matter to what people hear of. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { DecisionPolicy, EntityTrack, ScoredRows, Transition } from '../../../lib/decision/contract.ts';
import { decideWindow } from '../../../lib/decision/decide.ts';

const STEP = 60_000;
const T0 = Date.parse('2026-11-22T08:00:00Z');

interface Row {
  readonly entity: number;
  readonly time: number;
  readonly score: number;
}

const ENTITIES = ['', 'a', 'b'];

/** Runs of equal rows with gaps in between, some of them longer than a day. */
const stretch: fc.Arbitrary<Row[]> = fc
  .tuple(
    ...ENTITIES.map(() =>
      fc.array(
        fc.record({
          length: fc.integer({ min: 1, max: 6 }),
          score: fc.constantFrom(0.1, 0.7, 0.75, 0.95, Number.NaN),
          skip: fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, fc.constantFrom(1, 5, 1441, 3000)),
        }),
        { maxLength: 12 },
      ),
    ),
  )
  .map((perEntity) =>
    perEntity.flatMap((runs, entity) => {
      const rows: Row[] = [];
      let minute = 0;
      for (const { length, score, skip } of runs) {
        minute += skip;
        for (let index = 0; index < length; index++) rows.push({ entity, time: T0 + minute++ * STEP, score });
      }
      return rows;
    }),
  );

const policies: fc.Arbitrary<DecisionPolicy> = fc
  .tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 8 }))
  .map(([a, b, resolveAfter]) => ({
    threshold: 0.6,
    minDeviation: 3,
    k: Math.min(a, b),
    n: Math.max(a, b),
    resolveAfter,
  }));

test('any cut into windows opens and resolves the same incidents and remembers the same', () => {
  fc.assert(
    fc.property(
      stretch,
      policies,
      fc.array(fc.nat(4000), { maxLength: 8 }),
      fc.nat(20),
      (rows, policy, cuts, quiet) => {
        const watchFrom = T0 + quiet * STEP;
        const whole = decideAll([rows], policy, watchFrom);
        const bounds = [...cuts].sort((a, b) => a - b).map((minute) => T0 + minute * STEP);
        const windows = [Number.NEGATIVE_INFINITY, ...bounds].map((start, index) =>
          rows.filter(({ time }) => time >= start && time < (bounds[index] ?? Number.POSITIVE_INFINITY)),
        );
        const cut = decideAll(windows, policy, watchFrom);
        assert.deepEqual(cut.told, whole.told);
        assert.deepEqual(cut.remembered, whole.remembered);
      },
    ),
    { numRuns: 500 },
  );
});

test('each incident is told in order: opened, then updates, then resolved, then nothing', () => {
  fc.assert(
    fc.property(stretch, policies, fc.integer({ min: 1, max: 60 }), (rows, policy, length) => {
      const ends = [...new Set(rows.map(({ time }) => Math.floor((time - T0) / (length * STEP))))].sort(
        (a, b) => a - b,
      );
      const windows = ends.map((end) =>
        rows.filter(({ time }) => Math.floor((time - T0) / (length * STEP)) === end),
      );
      const { transitions } = decideAll(windows, policy, 0);
      for (const [, story] of Map.groupBy(transitions, ({ anomalyId }) => anomalyId)) {
        assert.deepEqual(
          story.map(({ sequence }) => sequence),
          story.map((_, index) => index + 1),
        );
        assert.match(story.map(({ state }) => state).join(' '), /^opened( updated)*( resolved)?$/);
        for (const { state, start, lastAnomalous, end } of story) {
          assert.ok(start <= lastAnomalous);
          assert.equal(end, state === 'resolved' ? lastAnomalous + STEP : undefined);
        }
      }
    }),
    { numRuns: 300 },
  );
});

function decideAll(
  windows: readonly (readonly Row[])[],
  policy: DecisionPolicy,
  watchFrom: number,
): { told: unknown; remembered: unknown; transitions: readonly Transition[] } {
  let tracks: Readonly<Record<string, EntityTrack>> = {};
  const transitions: Transition[] = [];
  for (const rows of windows) {
    const decision = decideWindow({
      rows: toScoredRows(rows),
      policy,
      tracks: JSON.parse(JSON.stringify(tracks)) as typeof tracks,
      watchFrom,
      step: STEP,
      detector: 'shop',
      modelVersion: 'v1',
    });
    assert.equal(decision.lateRows, 0);
    tracks = decision.tracks;
    transitions.push(...decision.transitions);
  }
  return {
    transitions,
    told: transitions
      .filter(({ state }) => state !== 'updated')
      .map(({ anomalyId, entity, state, start, end }) => ({ anomalyId, entity, state, start, end }))
      .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
    // How often people were told, and of what, depends on the windows.
    remembered: Object.entries(tracks)
      .map(([entity, track]) => ({
        entity,
        ...track,
        open: track.open && { ...track.open, sequence: 0, toldScore: 0 },
      }))
      .sort((a, b) => (a.entity < b.entity ? -1 : 1)),
  };
}

function toScoredRows(rows: readonly Row[]): ScoredRows {
  return {
    entities: ENTITIES,
    entityOf: Uint32Array.from(rows, ({ entity }) => entity),
    times: Float64Array.from(rows, ({ time }) => time),
    scores: Float64Array.from(rows, ({ score }) => score),
    deviations: new Float64Array(rows.length).fill(5),
  };
}
