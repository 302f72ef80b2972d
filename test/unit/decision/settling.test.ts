/** What moved has stayed, or is back: judged by the metrics that told of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stored } from './decide-rows.ts';
import { decideEvidence, type EvidenceRow, repeat, tell } from './evidence-rows.ts';

/** Of `settleRows`, half: long enough for a new usual level. */
const LONG = 10;
const QUIET = 5;

/** The last state of a fault of `cpu` (and whatever else is given) that ends with rows of `end`. */
function endOf(fault: readonly EvidenceRow[], end: EvidenceRow): string {
  const told = tell(decideEvidence([...fault, ...repeat(QUIET, end)]));
  return told.at(-1)!.split(' ')[0]!;
}

function faultOf(...off: readonly number[]): EvidenceRow[] {
  return repeat(LONG, { metrics: 2, anchored: Math.max(...off), off });
}

test('what is back has resolved, and what stays has settled', () => {
  assert.equal(endOf(faultOf(2), { anchored: 2, off: [2] }), 'settled');
  assert.equal(endOf(faultOf(2), { anchored: 0.1, off: [0.1] }), 'resolved');
});

test('what stays off its training and does not stay at a level is not over, until it does or is back', () => {
  const moves: EvidenceRow = { anchored: 2, off: [2], moves: true };
  const going = [...faultOf(2), ...repeat(60, moves)];
  assert.deepEqual(tell(decideEvidence(going)), [`opened ${LONG + 59}`]);
  const told = (end: EvidenceRow): string[] => tell(decideEvidence([...going, ...repeat(QUIET, end)]));
  assert.deepEqual(told({ anchored: 2, off: [2] }), [`opened ${LONG + 59}`, `settled ${LONG + 59}`]);
  assert.deepEqual(told({ ...moves, anchored: 0.1, off: [0.1] }), [
    `opened ${LONG + 59}`,
    `resolved ${LONG + 59}`,
  ]);
  // A burst on a level that wanders is over when it is over.
  const burst = [...repeat(LONG / 2, { metrics: 2, ...moves }), ...repeat(QUIET, moves)];
  assert.match(tell(decideEvidence(burst)).at(-1)!, /^resolved/);
});

test('of several that have stayed, one that moves on keeps it open', () => {
  const both = [...faultOf(2), ...repeat(LONG, { metrics: 2, column: 2, anchored: 2, off: [2, 2] })];
  const end = (still: readonly boolean[]): string[] =>
    tell(decideEvidence([...both, ...repeat(20, { anchored: 2, off: [2, 2], still })]));
  assert.equal(end([true, true]).at(-1)!.split(' ')[0], 'settled');
  assert.equal(end([true, false]).length, 1);
  assert.equal(end([false, true]).length, 1);
});

test('what is nearly back has resolved, though it is a little off what training foretells', () => {
  assert.equal(endOf(faultOf(2), { anchored: 0.9, off: [0.9] }), 'resolved');
  assert.equal(endOf(faultOf(2), { anchored: 1, off: [1] }), 'settled', 'half of the way is not back');
  // Of a small one, what holds an incident is the least.
  assert.equal(endOf(faultOf(1), { anchored: 0.55, off: [0.55] }), 'resolved');
  assert.equal(endOf(faultOf(1), { anchored: 0.65, off: [0.65] }), 'settled');
});

test('how far it was is the mean of the rows that were part of it: neither its peak nor its end', () => {
  const spike = [
    { metrics: 4, anchored: 6, off: [6] },
    ...repeat(LONG, { metrics: 1, anchored: 1, off: [1] }),
  ];
  assert.equal(endOf(spike, { anchored: 1, off: [1] }), 'settled');
  const fading = [...faultOf(3), { metrics: 0.7, anchored: 0.8, off: [0.8] }];
  assert.equal(endOf(fading, { anchored: 0.8, off: [0.8] }), 'resolved');
});

test('a metric that nobody told of says nothing of the end', () => {
  // Memory has been off its training all along; it was CPU that went and came back.
  const end = { anchored: 1.2, off: [0, 1.2] };
  assert.equal(endOf(faultOf(2, 1.2), end), 'resolved');
  assert.equal(endOf(faultOf(2, 1.2), { anchored: 2, off: [2, 1.2] }), 'settled');
});

test('of two that told of it one that has stayed is enough, to the side to which it went', () => {
  const both = [...faultOf(2), ...repeat(LONG, { metrics: 2, column: 2, anchored: 2, off: [0, 2] })];
  assert.equal(endOf(both, { anchored: 2, off: [0, 2] }), 'settled');
  assert.equal(endOf(both, { anchored: 0, off: [0, 0] }), 'resolved');
  assert.equal(
    endOf(faultOf(2), { anchored: 2, off: [-2] }),
    'resolved',
    'it is as far off to the other side',
  );
});

test('what the model still says after metrics are back settles nothing', () => {
  const fault = repeat(40, { metrics: 2, joint: 3, anchored: 2, off: [2] });
  assert.equal(endOf(fault, { joint: 3 }), 'resolved');
  // Also where the model said more than the metric all the time.
  assert.equal(endOf(fault, { joint: 3, anchored: 1.2, off: [0, 1.2] }), 'resolved');
  assert.equal(endOf(repeat(40, { joint: 3 }), { joint: 2.9 }), 'settled', 'that of the model alone does');
});

test('what several metrics told of together goes by all of them', () => {
  const several = repeat(LONG, { metrics: 2, column: -1, anchored: 0.9 });
  assert.equal(endOf(several, { anchored: 0.7 }), 'settled');
  assert.equal(endOf(several, { anchored: 0.5 }), 'resolved');
});

test('it is the same however the rows are cut, and under a new version it has to be off what that one foretells', () => {
  const all = [...faultOf(2), ...repeat(QUIET, { anchored: 0.9, off: [0.9] })];
  for (let cut = 1; cut < all.length; cut++) {
    const first = decideEvidence(all.slice(0, cut));
    const then = decideEvidence(all.slice(cut), { from: cut, tracks: stored(first) });
    assert.equal([...tell(first), ...tell(then)].at(-1), 'resolved 9', `cut at ${cut}`);
  }
  const first = stored(decideEvidence(faultOf(2)));
  const end = (off: number) =>
    tell(
      decideEvidence(repeat(QUIET, { anchored: off, off: [off] }), {
        from: LONG,
        tracks: first,
        modelVersion: 'v2',
      }),
    );
  assert.deepEqual(end(0.9), ['settled 9']);
  assert.deepEqual(end(0.5), ['resolved 9']);
});

test('what metrics told of it is remembered, and a state of before, which lacks it, goes by any of them', () => {
  const { tracks } = decideEvidence(faultOf(2));
  assert.deepEqual(tracks.a!.open!.levels, { 'cpu above': { rows: 10, sum: 20 } });
  const { levels: _, ...open } = tracks.a!.open!;
  const before = { a: { ...tracks.a!, open } };
  const end = (anchored: number) =>
    tell(decideEvidence(repeat(QUIET, { anchored, off: [0, 0] }), { from: LONG, tracks: before }));
  assert.deepEqual(end(0.7), ['settled 9']);
  assert.deepEqual(end(0.5), ['resolved 9']);
});
