/** Incidents by evidence: when they hold, settle, are told of again, and what comes back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { EntityTrack } from '../../../lib/decision/contract.ts';
import { minute, stored } from './decide-rows.ts';
import { decideEvidence, type EvidenceRow, repeat, tell } from './evidence-rows.ts';

const QUIET: EvidenceRow = {};

test('one row at 1 opens, rows at 0.6 hold it, and five quiet ones end it', () => {
  const decision = decideEvidence([
    ...repeat(3, { metrics: 0.99 }),
    { metrics: 1.2 },
    ...repeat(4, { metrics: 0.6 }),
    ...repeat(5, { metrics: 0.59 }),
  ]);
  assert.deepEqual(tell(decision), ['opened 7', 'resolved 7']);
  const [opened, resolved] = decision.transitions;
  assert.equal(opened!.start, minute(3));
  assert.equal(opened!.peakScore, 1.2);
  assert.equal(resolved!.end, minute(8));
  assert.deepEqual([...decision.anomalous.subarray(0, 5)], [0, 0, 0, 1, 0]);
});

test('what a stretch opens may have begun at its first row, where the row with which it began is not known', () => {
  const open = (stretch: number, sinceOnset = 0) =>
    decideEvidence([
      ...repeat(40),
      { metrics: 1.2, stretch, sinceOnset },
      { metrics: 3, stretch: 4, sinceOnset: 2 },
    ]).transitions[0]!;
  assert.deepEqual([open(30).start, open(30).earliestStart], [minute(40), minute(11)]);
  assert.deepEqual([open(4).start, open(4).earliestStart], [minute(40), minute(37)]);
  assert.equal('earliestStart' in open(4, 2), false);
  assert.equal('earliestStart' in open(1), false);
  // Its first change says so, whatever later ones look back on.
  const decision = decideEvidence([{ metrics: 1.2, stretch: 30 }]);
  const next = decideEvidence([{ metrics: 3, stretch: 30 }], { from: 1, tracks: stored(decision) });
  assert.deepEqual(tell(next), ['updated 1']);
  assert.equal('earliestStart' in next.transitions[0]!, false);
  const over = decideEvidence([{ metrics: 1.2, stretch: 30 }, ...repeat(8)]).transitions;
  assert.deepEqual(
    over.map((each) => [each.state, 'earliestStart' in each]),
    [
      ['opened', true],
      ['resolved', false],
    ],
  );
});

test('what was so before anybody watched is no news until it was over once', () => {
  const before = decideEvidence(repeat(3, { metrics: 2 }), { watchFrom: 3 });
  assert.deepEqual(tell(before), []);
  const tracks = stored(before);
  const still = decideEvidence(repeat(5, { metrics: 2 }), { from: 3, tracks, watchFrom: 3 });
  assert.deepEqual(tell(still), []);
  const again = decideEvidence([{ metrics: 2 }, QUIET, { metrics: 2 }], { from: 3, tracks, watchFrom: 3 });
  assert.deepEqual(tell(again), ['opened 5']);
  const quiet = decideEvidence([...repeat(3), { metrics: 2 }], { watchFrom: 3 });
  assert.deepEqual(tell(quiet), ['opened 3']);
});

test('four quiet rows end nothing', () => {
  const decision = decideEvidence([{ metrics: 2 }, ...repeat(4), { metrics: 0.7 }, ...repeat(4)]);
  assert.deepEqual(tell(decision), ['opened 5']);
});

test('it has settled where metrics are still off their training, and else it has resolved', () => {
  const end = (rows: number, anchored: number): string[] =>
    tell(
      decideEvidence([
        ...repeat(rows, { metrics: 2, anchored: 2 }),
        ...repeat(5, { metrics: 0.1, anchored }),
      ]),
    );
  assert.deepEqual(end(10, 2), ['opened 9', 'settled 9']);
  assert.deepEqual(end(10, 0.1), ['opened 9', 'resolved 9']);
  // A burst on top of where they have long been makes nothing usual.
  assert.deepEqual(end(9, 2), ['opened 8', 'resolved 8']);
});

test('what comes within six hours of a fault is no news unless it is twice as strong, of two four times, or lasts', () => {
  const burst = (metrics: number, column: number): EvidenceRow[] => [{ metrics, column }, ...repeat(29)];
  const quiet = repeat(5 * 60);
  const told = (...rows: readonly EvidenceRow[]): string[] =>
    tell(decideEvidence(rows)).filter((line) => line.startsWith('opened'));
  const bursts = [burst(3, 0), burst(1.9, 1), burst(2, 2), burst(3.9, 3), burst(4, 4), burst(4, 5)].flat();
  assert.deepEqual(told(...bursts), ['opened 0', 'opened 60', 'opened 120', 'opened 150']);
  assert.deepEqual(told(...burst(3, 0), ...quiet, ...burst(1.1, 1), ...burst(1.1, 1)), [
    'opened 0',
    'opened 360',
  ]);
  // Whatever it is by: for a quarter of an hour together, at most two rows between them.
  const lasting = [0, 3, 6, 9, 12, 15].flatMap((_, i) => [{ metrics: 1.1, column: i % 2 }, ...repeat(2)]);
  assert.deepEqual(told({ metrics: 3, column: 5 }, ...repeat(9), ...lasting), ['opened 0', 'opened 25']);
  const tooShort = lasting.slice(0, -3);
  assert.deepEqual(told({ metrics: 3, column: 5 }, ...repeat(9), ...tooShort), ['opened 0']);
});

test('what comes after a level has settled is news, also within six hours', () => {
  const level = [...repeat(10, { metrics: 2, anchored: 2 }), ...repeat(5, { anchored: 2 })];
  const next = [...repeat(30, { anchored: 2 }), { metrics: 1.1, anchored: 2 }];
  assert.deepEqual(tell(decideEvidence([...level, ...next])), ['opened 9', 'settled 9', 'opened 45']);
  const burst = [...repeat(9, { metrics: 2, anchored: 2 }), ...repeat(6, { anchored: 2 })];
  assert.deepEqual(tell(decideEvidence([...burst, ...next])), ['opened 8', 'resolved 8']);
});

test('a mean over rows in which a level has settled is of what was told', () => {
  const level = [...repeat(10, { metrics: 2, anchored: 2 }), ...repeat(5, { anchored: 2 })];
  const mean = repeat(25, { metrics: 1.5, stretch: 20, column: 3 });
  assert.deepEqual(tell(decideEvidence([...level, ...mean])), ['opened 9', 'settled 9', 'opened 39']);
  assert.deepEqual(tell(decideEvidence([...level, ...mean.slice(0, 14)])), ['opened 9', 'settled 9']);
});

test('what the model still says after so many rows is usual from then on', () => {
  const first = decideEvidence([QUIET, ...repeat(21, { joint: 3 }), ...repeat(10, { joint: 3 })]);
  // It has become usual at the twentieth row after it opened.
  assert.deepEqual(tell(first), ['opened 21', 'settled 21']);
  assert.deepEqual(first.tracks.a!.usualJoint, { level: 3, below: 0, modelVersion: 'v1' });
  const tracks = stored(first);

  const more = decideEvidence([...repeat(3, { joint: 3.9 }), { joint: 4.1 }], { from: 32, tracks });
  assert.deepEqual(tell(more), ['opened 35']);
  const forgotten = decideEvidence([...repeat(10), { joint: 1.1 }], { from: 32, tracks });
  assert.deepEqual(tell(forgotten), ['opened 42']);
  const other = decideEvidence([{ joint: 1.1 }], { from: 32, tracks, modelVersion: 'v2' });
  assert.deepEqual(tell(other), ['opened 32']);
});

test('metrics that go far count beside what is usual of the model', () => {
  const settled = decideEvidence([...repeat(40, { joint: 3 })]);
  const next = decideEvidence([{ joint: 3, metrics: 1.5 }], { from: 40, tracks: stored(settled) });
  assert.deepEqual(tell(next), ['opened 40']);
});

test('an update is due once the evidence is twice what people were told', () => {
  const opened = decideEvidence([{ metrics: 1.5 }]);
  const before = decideEvidence([{ metrics: 2.9 }], { from: 1, tracks: stored(opened) });
  assert.deepEqual(tell(before), []);
  const twice = decideEvidence([{ metrics: 3 }, { metrics: 5.9 }], { from: 2, tracks: stored(before) });
  assert.deepEqual(tell(twice), ['updated 3']);
  assert.equal(twice.transitions[0]!.peakScore, 5.9);
  const again = decideEvidence([{ metrics: 11.7 }], { from: 4, tracks: stored(twice) });
  assert.deepEqual(tell(again), []);
  assert.deepEqual(tell(decideEvidence([{ metrics: 11.8 }], { from: 5, tracks: stored(again) })), [
    'updated 5',
  ]);
});

const AGAIN = { metrics: 1.5, column: 4 } as const;

test('what is back soon is no news until it has been off for a quarter of an hour together', () => {
  const back = decideEvidence([...repeat(1, AGAIN), ...repeat(60), ...repeat(15, AGAIN)]);
  assert.deepEqual(tell(back), ['opened 0', 'resolved 0']);
  const tracks = stored(back);
  const next = (row: EvidenceRow, from = 76) => tell(decideEvidence([row], { from, tracks }));
  assert.deepEqual(next(AGAIN), ['opened 76']);
  const { transitions } = decideEvidence([AGAIN], { from: 76, tracks });
  assert.equal(transitions[0]!.start, minute(61), 'from where it came back');
  assert.deepEqual(next({ metrics: 1.5, column: 5 }), ['opened 76']);
  assert.deepEqual(next(AGAIN, 85), [], 'with a pause');
  const quiet = stored(decideEvidence([...repeat(1, AGAIN), ...repeat(60)]));
  const later = (metrics: number, from: number) =>
    tell(decideEvidence([{ metrics, column: 4 }], { from, tracks: quiet }));
  assert.deepEqual(later(1.5, 61), []);
  assert.deepEqual(later(3, 61), ['opened 61'], 'twice as bad');
  assert.deepEqual(later(1.5, 359), []);
  assert.deepEqual(later(1.5, 360), ['opened 360'], 'six hours after it opened');
});

test('as strong a fault for the same reason is news again after a quarter of an hour', () => {
  const tracks = stored(decideEvidence([{ metrics: 3, column: 4 }, ...repeat(5)]));
  const later = (from: number) => tell(decideEvidence([{ metrics: 3, column: 4 }], { from, tracks }));
  assert.deepEqual(later(15), []);
  assert.deepEqual(later(16), ['opened 16']);
});

test('a fault that begins with a weak row is told as soon as it is strong', () => {
  const first = [...repeat(10, { metrics: 9, column: 4 }), ...repeat(230)];
  const second = [{ metrics: 1.5, column: 4 }, ...repeat(10, { metrics: 9, column: 4 })];
  const { transitions } = decideEvidence([...first, ...second]);
  const opened = transitions.filter(({ state }) => state === 'opened').map(({ start }) => start);
  assert.deepEqual(opened, [minute(0), minute(240)]);
});

/** Every seven hours, ten minutes each. */
const THRICE = [0, 1, 2].flatMap(() => [...repeat(10, AGAIN), ...repeat(410)]);

test('the same reason is told three times a day, and then only when it is twice as bad, or lasts', () => {
  const day = decideEvidence(THRICE);
  assert.deepEqual(
    tell(day),
    [9, 429, 849].flatMap((at) => [`opened ${at}`, `resolved ${at}`]),
  );
  const tracks = stored(day);
  const next = (row: EvidenceRow) => tell(decideEvidence([row], { from: 1260, tracks }));
  assert.deepEqual(next({ metrics: 2.9, column: 4 }), []);
  assert.deepEqual(next({ metrics: 3, column: 4 }), ['opened 1260']);
  assert.deepEqual(next({ metrics: 1.5, column: 5 }), ['opened 1260']);
  assert.deepEqual(next({ joint: 1.5 }), ['opened 1260']);
  const other = decideEvidence([AGAIN], { from: 1260, tracks, modelVersion: 'v2' });
  assert.deepEqual(tell(other), ['opened 1260']);
  const long = decideEvidence(repeat(400, { metrics: 2.9, column: 4 }), { from: 1260, tracks });
  assert.equal(long.transitions[0]?.start, minute(1260), 'a fault that stays is no burst');
});

test('the fourth of a day is news a day later, and what the model says is another fault each time', () => {
  const days = decideEvidence([0, 1, 2, 3, 4].flatMap(() => [...repeat(1, AGAIN), ...repeat(360)]));
  const opened = days.transitions.filter(({ state }) => state === 'opened').map(({ start }) => start);
  assert.deepEqual(opened, [0, 361, 722, 1444].map(minute));
  const model = decideEvidence([0, 1, 2, 3].flatMap(() => [{ joint: 1.5 }, ...repeat(479)]));
  assert.equal(model.transitions.filter(({ state }) => state === 'opened').length, 4);
});

test('what was off before anybody watched is news once it is twice as far off', () => {
  const before = repeat(10, { metrics: 1.5 });
  const stays = decideEvidence([...before, ...repeat(60, { metrics: 2.9 })], { watchFrom: 10 });
  assert.deepEqual(tell(stays), []);
  const worse = decideEvidence([...before, ...repeat(60, { metrics: 3 })], { watchFrom: 10 });
  assert.equal(worse.transitions[0]?.start, minute(10));
});

test('incidents are the same however the rows are cut into windows', () => {
  const row = fc.record({
    metrics: fc.constantFrom(0, 0.3, 0.7, 1.1, 2.5),
    joint: fc.constantFrom(0, 0.3, 0.7, 1.1, 3),
    anchored: fc.constantFrom(0, 1),
    column: fc.constantFrom(0, 1),
    sinceOnset: fc.constantFrom(0, 2, 3),
    jointSinceOnset: fc.constantFrom(0, 3),
  });
  // Stretches, so that something holds and settles.
  const rows = fc
    .array(fc.tuple(row, fc.integer({ min: 1, max: 30 })), { minLength: 1, maxLength: 12 })
    .map((runs) => runs.flatMap(([of, count]) => repeat(count, of)));
  fc.assert(
    fc.property(
      rows,
      fc.array(fc.integer({ min: 1, max: 25 }), { minLength: 1, maxLength: 20 }),
      (all, cuts) => {
        const whole = decideEvidence(all);
        let tracks: Readonly<Record<string, EntityTrack>> = {};
        const ends: string[] = [];
        for (let from = 0, cut = 0; from < all.length; cut++) {
          const to = from + cuts[cut % cuts.length]!;
          const decision = decideEvidence(all.slice(from, to), { from, tracks });
          ends.push(...endsOf(decision));
          tracks = stored(decision);
          from = to;
        }
        assert.deepEqual(ends, endsOf(whole));
        assert.deepEqual({ ...tracks.a, open: undefined }, { ...stored(whole).a, open: undefined });
        assert.equal(tracks.a?.open?.id, whole.tracks.a?.open?.id);
      },
    ),
    { numRuns: 200 },
  );

  function endsOf({ transitions }: ReturnType<typeof decideEvidence>): string[] {
    return transitions
      .filter(({ end }) => end !== undefined)
      .map(({ anomalyId, state, start, end }) => `${anomalyId} ${state} ${start} ${end}`);
  }
});

test('a model that says nothing makes no incident settle that metrics alone have told of', () => {
  const long = decideEvidence([...repeat(30, { metrics: 1.5, anchored: 1 }), ...repeat(10)]);
  assert.deepEqual(tell(long), ['opened 29', 'resolved 29']);
});
