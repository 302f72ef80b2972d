import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { measureDelays } from '../../../../lib/maths/metrics/detection-delay.ts';
import { scoreEvents } from '../../../../lib/maths/metrics/event-scores.ts';
import { findEvents, type TimeEvent } from '../../../../lib/maths/metrics/events.ts';
import { falseAlarmsPerDay, watchedTime } from '../../../../lib/maths/metrics/false-alarms.ts';

const STEP = 10;

test('neighbouring flagged rows are one event, from the first to a step after the last', () => {
  assert.deepEqual(eventsOf([0, 1, 1, 0, 1]), [
    { entity: 'a', start: 10, end: 30 },
    { entity: 'a', start: 40, end: 50 },
  ]);
  assert.deepEqual(eventsOf([1]), [{ entity: 'a', start: 0, end: 10 }]);
  assert.deepEqual(eventsOf([0, 0]), []);
});

test('an event ends with its entity', () => {
  const events = findEvents({
    flags: Uint8Array.of(0, 1, 1, 1),
    entities: ['a', 'b'],
    entityOf: Uint32Array.of(0, 0, 1, 1),
    times: Float64Array.of(0, 10, 20, 30),
    step: STEP,
  });
  assert.deepEqual(events, [
    { entity: 'a', start: 10, end: 20 },
    { entity: 'b', start: 20, end: 40 },
  ]);
});

test('up to ten missing rows belong to an event, more end it', () => {
  const spanning = (gap: number): readonly TimeEvent[] =>
    findEvents({
      flags: Uint8Array.of(1, 1),
      entities: ['a'],
      entityOf: new Uint32Array(2),
      times: Float64Array.of(0, (gap + 1) * STEP),
      step: STEP,
    });
  assert.deepEqual(spanning(10), [{ entity: 'a', start: 0, end: 120 }]);
  assert.deepEqual(spanning(11), [
    { entity: 'a', start: 0, end: 10 },
    { entity: 'a', start: 120, end: 130 },
  ]);
});

test('times that do not ascend, other flags and no rows are errors', () => {
  const rows = {
    flags: Uint8Array.of(1, 1),
    entities: ['a'],
    entityOf: new Uint32Array(2),
    times: Float64Array.of(20, 10),
    step: STEP,
  };
  assert.throws(() => findEvents(rows), {
    name: 'EvaluationError',
    message: /^row 1 has the time 10, .* 20;/,
  });
  assert.throws(() => findEvents({ ...rows, flags: Uint8Array.of(1, 4) }), {
    message: /row 1 has the flag 4/,
  });
  assert.throws(() => findEvents({ ...rows, flags: Uint8Array.of(1) }), { message: /2 values for 1 rows/ });
  assert.throws(() => findEvents({ ...rows, flags: new Uint8Array(0) }), { message: /^0 rows/ });
});

test('events are found and alerts are right where they share an instant', () => {
  const labelled = [event(0, 10), event(50, 60), event(100, 110), event(50, 60, 'b')];
  const alerts = [
    event(9, 12), // right
    event(11, 50), // touches 50 and does not reach it: false
    event(95, 101), // right, and so is the next: the event is found once
    event(105, 300),
    event(60, 70), // begins as 50 to 60 ends: false
    event(0, 10, 'b'), // another entity: false
  ];
  const scores = scoreEvents({ labelled, alerts });
  assert.deepEqual(scores, {
    events: 4,
    foundEvents: 2,
    alerts: 6,
    falseAlerts: 3,
    recall: 0.5,
    precision: 0.5,
    f1: 0.5,
  });
});

test('one alert may find several events', () => {
  const { foundEvents, alerts, precision, recall } = scoreEvents({
    labelled: [event(0, 10), event(20, 30)],
    alerts: [event(5, 25)],
  });
  assert.deepEqual(
    { foundEvents, alerts, precision, recall },
    { foundEvents: 2, alerts: 1, precision: 1, recall: 1 },
  );
});

test('what cannot be said of events is NaN', () => {
  const some = [event(0, 1)];
  assert.deepEqual(shares([], []), [NaN, NaN, NaN]);
  assert.deepEqual(shares(some, []), [0, NaN, 0]);
  assert.deepEqual(shares([], some), [NaN, 0, 0]);
  assert.throws(() => scoreEvents({ labelled: [event(3, 3)], alerts: [] }), {
    name: 'EvaluationError',
    message: /runs from 3 to 3/,
  });
  assert.throws(() => scoreEvents({ labelled: [], alerts: [event(0, NaN)] }), { name: 'EvaluationError' });
});

test('the delay runs from the start of an event to the first alert that overlaps it', () => {
  const labelled = [event(100, 200), event(300, 400), event(500, 600), event(700, 800)];
  const alerts = [
    { ...event(150, 160), alertedAt: 155 },
    { ...event(120, 140), alertedAt: 130 },
    // Out before the event: no delay, and no foresight.
    { ...event(280, 310), alertedAt: 290 },
    { ...event(590, 650), alertedAt: 620 },
    // Of nobody.
    { ...event(401, 402), alertedAt: 402 },
  ];
  const { delays, mean, median, missed } = measureDelays({ labelled, alerts });
  assert.deepEqual([...delays], [30, 0, 120, NaN]);
  assert.deepEqual([mean, median, missed], [50, 30, 1]);
});

test('nothing found has no delay', () => {
  const { mean, median, missed } = measureDelays({ labelled: [event(0, 1)], alerts: [] });
  assert.deepEqual([mean, median, missed], [NaN, NaN, 1]);
  assert.equal(measureDelays({ labelled: [], alerts: [] }).missed, 0);
});

test('false alarms are counted per day of wall clock, whatever the number of entities', () => {
  const hour = 3_600_000;
  // Two entities beside each other for two hours, and a gap.
  const times = Float64Array.of(0, hour, 30 * hour, 0, hour);
  const watched = watchedTime({ times, step: hour });
  assert.equal(watched, 3 * hour);
  assert.equal(falseAlarmsPerDay({ falseAlerts: 2, watched }), 16);
  for (const nothing of [0, -1, NaN, Infinity])
    assert.throws(() => falseAlarmsPerDay({ falseAlerts: 0, watched: nothing }), {
      name: 'EvaluationError',
      message: new RegExp(`^${nothing} ms`),
    });
});

test('flags and the events made of them hold the same rows', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 1, maxLength: 60 }), (flags) => {
      const events = eventsOf(flags);
      for (const [row, flag] of flags.entries()) {
        const inside = events.filter(({ start, end }) => row * STEP >= start && row * STEP < end);
        assert.equal(inside.length, flag);
      }
      assert.deepEqual(
        shares(events, events).map((share) => share || NaN),
        events.length ? [1, 1, 1] : [NaN, NaN, NaN],
      );
    }),
  );
});

function eventsOf(flags: readonly number[]): readonly TimeEvent[] {
  return findEvents({
    flags: Uint8Array.from(flags),
    entities: ['a'],
    entityOf: new Uint32Array(flags.length),
    times: Float64Array.from(flags, (_, row) => row * STEP),
    step: STEP,
  });
}

function event(start: number, end: number, entity = 'a'): TimeEvent {
  return { entity, start, end };
}

function shares(labelled: readonly TimeEvent[], alerts: readonly TimeEvent[]): number[] {
  const { recall, precision, f1 } = scoreEvents({ labelled, alerts });
  return [recall, precision, f1];
}
