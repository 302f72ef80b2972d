/** What is remembered between windows: late rows, repeats, vanished entities, ids. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ModelError } from '../../../lib/base/errors.ts';
import { ABANDONED_AFTER, FORGOTTEN_AFTER, type WindowDecision } from '../../../lib/decision/decide.ts';
import { decide, id, line, minute, STEP, stored, T0 } from './decide-rows.ts';

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

test('rows of a time that is forgotten are late, also where their entity has no track', () => {
  const days = (FORGOTTEN_AFTER / STEP) * 2;
  const gone = decide({ a: line('##'), b: line('.') });
  const long = decide({ b: line('.', days) }, { tracks: stored(gone) });
  assert.deepEqual(Object.keys(long.tracks), ['b']);
  const again = decide({ a: line('##') }, { tracks: stored(long), modelVersion: 'v2' });
  assert.deepEqual(again.transitions, []);
  assert.equal(again.lateRows, 2);
  const started = decide({ c: line('##', days - 5) }, { tracks: stored(long) });
  assert.deepEqual(
    started.transitions.map(({ entity, state }) => `${entity} ${state}`),
    ['c opened'],
  );
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
    closed.transitions.map(({ state, entity, end, tellingRow }) => ({ state, entity, end, tellingRow })),
    [{ state: 'resolved', entity: 'a', end: minute(2), tellingRow: undefined }],
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
    transitions.map(({ state, start, end, tellingRow }) => ({ state, start, end, tellingRow })),
    [
      { state: 'opened', start: minute(0), end: undefined, tellingRow: 0 },
      { state: 'resolved', start: minute(0), end: minute(2), tellingRow: 0 },
      { state: 'opened', start: minute(back), end: undefined, tellingRow: 2 },
    ],
  );
});

test('the id follows from detector, entity, start and model version', () => {
  const [opened] = decide({ a: line('##') }).transitions;
  assert.match(opened?.anomalyId ?? '', /^20261122T080000Z-[0-9a-f]{12}$/);
  assert.notEqual(opened?.anomalyId, decide({ b: line('##') }).transitions[0]?.anomalyId);
  assert.notEqual(
    opened?.anomalyId,
    decide({ a: line('##') }, { modelVersion: 'v2' }).transitions[0]?.anomalyId,
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

test('an entity whose clock runs ahead moves the clock of no other', () => {
  const open = decide({ a: line('##') });
  const clock = { now: minute(10), latest: minute(10) + 2 * FORGOTTEN_AFTER };
  const ahead = 1.5 * (FORGOTTEN_AFTER / STEP);
  const first = decide({ b: line('.', ahead) }, { tracks: stored(open), clock });
  assert.deepEqual(first.transitions, []);
  assert.equal(first.tracks.a?.open?.id, id('a', 0));
  const next = decide({ a: line('#', 2), c: line('##') }, { tracks: stored(first), clock });
  assert.equal(next.lateRows, 0);
  assert.deepEqual(
    next.transitions.map(({ entity, state }) => ({ entity, state })),
    [{ entity: 'c', state: 'opened' }],
  );
});

test('a track of a time that cannot be ends, and its entity begins anew', () => {
  const ahead = (100 * FORGOTTEN_AFTER) / STEP;
  const poisoned = decide({ a: line('##', ahead) });
  const clock = { now: minute(10), latest: minute(600) };
  const { tracks, transitions, lateRows } = decide(
    { a: line('##', 5), b: line('##', 5) },
    { tracks: stored(poisoned), clock },
  );
  assert.equal(lateRows, 0);
  assert.deepEqual(
    transitions.map(({ entity, state, start }) => ({ entity, state, start })),
    [
      { entity: 'a', state: 'resolved', start: minute(ahead) },
      { entity: 'a', state: 'opened', start: minute(5) },
      { entity: 'b', state: 'opened', start: minute(5) },
    ],
  );
  assert.equal(tracks.a?.decidedUntil, minute(6));
});

test('more entities are remembered than a call takes arguments', () => {
  const tracks = Object.fromEntries(
    Array.from({ length: 200_000 }, (_, i) => [
      `pod-${i}`,
      { decidedUntil: minute(0), recent: [], open: undefined },
    ]),
  );
  assert.equal(Object.keys(decide({ a: line('.', 1) }, { tracks }).tracks).length, 200_001);
});
