/** Pods that live for minutes cost nothing in a month: their tracks go after a day, and their workload remembers for them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { workloadOfGenerated } from '../../../lib/base/workload.ts';
import { ABANDONED_AFTER, type EndedPods, FORGOTTEN_AFTER } from '../../../lib/decision/decide.ts';
import { decide, line, minute, type Row, STEP, stored } from './decide-rows.ts';

const DAY = ABANDONED_AFTER / STEP;
const POD = 'shop/cart-6d4cf56db6-x2x4z';
const OTHER = 'shop/cart-6d4cf56db6-bbbbb';
const workloadOf = (entity: string): string | undefined => workloadOfGenerated(entity, ['namespace', 'pod']);

const pods = (until: EndedPods['until'] = {}, isWhole = true): EndedPods => ({ isWhole, workloadOf, until });

test('a pod is forgotten after a day without rows, and what its names bring again is late', () => {
  const first = decide({ [POD]: line('..'), 'shop/db-0': line('..'), web: line('..') }, { pods: pods() });
  const at = decide({ web: line('.', DAY + 1) }, { tracks: stored(first), pods: pods() });
  assert.ok(POD in at.tracks, 'not before');
  const after = decide({ web: line('.', DAY + 2) }, { tracks: stored(at), pods: pods(at.endedPods) });
  // The name of a StatefulSet's pod comes back, and that of no pod too.
  assert.deepEqual(Object.keys(after.tracks).sort(), ['shop/db-0', 'web']);
  assert.deepEqual(after.endedPods, { 'shop/cart': minute(1) });
  const known = { tracks: stored(after), pods: pods(after.endedPods) };
  const again = decide({ [POD]: line('##') }, known);
  assert.equal(again.lateRows, 2);
  assert.deepEqual(again.transitions, []);
  const next = decide({ [OTHER]: line('##', DAY + 3) }, known);
  assert.deepEqual(
    next.transitions.map(({ entity, state }) => `${entity} ${state}`),
    [`${OTHER} opened`],
  );
  // Nobody else has a part in it.
  assert.equal(decide({ 'shop/other-6d4cf56db6-x2x4z': line('##') }, known).transitions.length, 1);
});

test('what is open of a pod is closed before it is forgotten', () => {
  const open = decide({ [POD]: line('##'), web: line('.') }, { pods: pods() });
  const after = decide({ web: line('.', DAY + 2) }, { tracks: stored(open), pods: pods() });
  assert.deepEqual(
    after.transitions.map(({ entity, state }) => `${entity} ${state}`),
    [`${POD} resolved`],
  );
  assert.deepEqual(Object.keys(after.tracks), ['web']);
});

test('what is open of a pod ends when it is gone, and of what comes back by its name it stays open', () => {
  const rows = { [POD]: line('##'), 'shop/db-0': line('##'), web: line('##') };
  const open = decide(rows, { pods: pods() });
  const heard = (at: number) => decide({ [OTHER]: line('.', at) }, { tracks: stored(open), pods: pods() });
  const later = (at: number, isWhole?: boolean) =>
    decide({ [OTHER]: line('.', at + 15) }, { tracks: stored(heard(at)), pods: pods({}, isWhole) })
      .transitions;
  assert.deepEqual(later(31), [], 'it may have been missed by a scrape');
  assert.deepEqual(
    later(32).map(({ entity, state, end, isGone }) => ({ entity, state, end, isGone })),
    [{ entity: POD, state: 'resolved', end: minute(2), isGone: true }],
  );
  assert.deepEqual(later(32, false), [], 'of a dropped file, nobody knows where the others are');
  // A source that was silent for everybody: who is there again is not heard of at once.
  assert.deepEqual(heard(120).transitions, []);
  const back = decide(
    { [POD]: line('#', 121), [OTHER]: line('.', 121) },
    { tracks: stored(heard(120)), pods: pods() },
  );
  assert.deepEqual(back.transitions, []);
  assert.notEqual(back.tracks[POD]!.open, undefined);
});

test('a workload whose pods are all forgotten is forgotten as any entity is', () => {
  const until = { 'shop/cart': minute(0), 'shop/new': minute(2) };
  const { endedPods } = decide({ web: line('.', FORGOTTEN_AFTER / STEP + 1) }, { pods: pods(until) });
  assert.deepEqual(endedPods, { 'shop/new': minute(2) });
});

const letters = 'bcdfghjklmnpqrstvwxz2456789';
const suffix = (n: number): string =>
  [4, 3, 2, 1, 0].map((place) => letters[Math.floor(n / letters.length ** place) % letters.length]).join('');

test('387 pods an hour for fourteen days leave what one day of them does', () => {
  assertBounded((nth) => `batch/etl-${29_400_000 + Math.floor(nth / 387)}-${suffix(nth)}`);
});

test('so do those of as many Jobs, each of a generated name', () => {
  assertBounded((nth) => `batch/etl-${suffix(7 * nth)}-${suffix(nth)}`);
});

function assertBounded(nameOf: (nth: number) => string): void {
  let [tracks, until]: [ReturnType<typeof stored>, EndedPods['until']] = [{}, {}];
  const sizes: number[] = [];
  for (let hour = 0; hour < 14 * 24; hour++) {
    const rows: Record<string, Row[]> = {};
    for (let pod = 0; pod < 387; pod++) rows[nameOf(hour * 387 + pod)] = line('........', 60 * hour);
    const decided = decide(rows, { tracks, pods: pods(until) });
    ({ tracks, endedPods: until } = decided);
    if ((hour + 1) % 24 === 0) sizes.push(JSON.stringify(tracks).length);
  }
  assert.ok(Object.keys(tracks).length <= 25 * 387, `${Object.keys(tracks).length} tracks`);
  assert.deepEqual(Object.keys(until).slice(0, 2), ['batch/etl']);
  assert.ok(sizes.at(-1)! < 1_000_000, `${sizes.at(-1)} bytes`);
  assert.ok(sizes.at(-1)! < 1.1 * sizes[1]!, sizes.join(', '));
}
