import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readCalendar, takeCalendar } from '../../../lib/features/calendar.ts';
import { createZoneClock } from '../../../lib/features/zone-clock.ts';

const HOUR = 3_600_000;

/** The zone's own history: https://data.iana.org/time-zones/tzdb/ */
const CHANGES: readonly [zone: string, change: string, hoursBefore: number, hoursAfter: number][] = [
  ['Europe/Berlin', '2026-03-29T01:00Z', 1, 2],
  ['Europe/Berlin', '2026-10-25T01:00Z', 2, 1],
  ['America/New_York', '2026-03-08T07:00Z', -5, -4],
  ['Australia/Lord_Howe', '2026-04-04T15:00Z', 11, 10.5],
  // A day that Samoa did not have.
  ['Pacific/Apia', '2011-12-30T10:00Z', -10, 14],
];

for (const [zone, change, before, after] of CHANGES)
  test(`${zone} changes at ${change}, to the millisecond`, () => {
    const clock = createZoneClock(zone);
    const at = Date.parse(change);
    // Backwards and again, so that nothing hangs on the order of the calls.
    assert.equal(clock.offsetAt(at) / HOUR, after);
    assert.equal(clock.offsetAt(at - 1) / HOUR, before);
    assert.equal(clock.offsetAt(at) / HOUR, after);
  });

test('every quarter of an hour of a year is what Intl says, asked for once a day', () => {
  const calls = { count: 0 };
  const original = Intl.DateTimeFormat.prototype.formatToParts;
  Intl.DateTimeFormat.prototype.formatToParts = function (date) {
    calls.count++;
    return original.call(this, date);
  };
  try {
    const clock = createZoneClock('America/St_Johns');
    const start = Date.parse('2026-01-01T00:00Z');
    const times = Array.from({ length: 366 * 96 }, (_, i) => start + (i * HOUR) / 4);
    const offsets = times.map((time) => clock.offsetAt(time));
    assert.ok(calls.count < 450, `${calls.count} calls for ${times.length} times`);
    const format = new Intl.DateTimeFormat('en-GB', {
      timeZone: 'America/St_Johns',
      dateStyle: 'short',
      timeStyle: 'medium',
    });
    const plain = new Intl.DateTimeFormat('en-GB', {
      timeZone: 'UTC',
      dateStyle: 'short',
      timeStyle: 'medium',
    });
    for (let i = 0; i < times.length; i += 7)
      assert.equal(plain.format(times[i]! + offsets[i]!), format.format(times[i]!));
  } finally {
    Intl.DateTimeFormat.prototype.formatToParts = original;
  }
});

test('hours and days are those on the wall', () => {
  const clock = createZoneClock('Europe/Berlin');
  const read = (cycle: 'hour_of_day' | 'day_of_week', time: string): number =>
    readCalendar(cycle, clock, Date.parse(time));
  assert.equal(read('hour_of_day', '2026-03-29T00:45Z'), 1.75);
  assert.equal(read('hour_of_day', '2026-03-29T01:00Z'), 3);
  assert.equal(read('hour_of_day', '2026-10-25T00:30Z'), 2.5);
  assert.equal(read('hour_of_day', '2026-10-25T01:30Z'), 2.5);
  // Sunday there while it is Saturday in Greenwich.
  assert.equal(read('day_of_week', '2026-03-28T22:59Z'), 5);
  assert.equal(read('day_of_week', '2026-03-28T23:00Z'), 6);
  assert.equal(read('day_of_week', '2026-03-29T22:00Z'), 0);
  assert.equal(read('day_of_week', '1969-12-31T12:00Z'), 2);
});

test('a quarter of a day is a quarter of a circle', () => {
  const times = Float64Array.of(0, 6 * HOUR, 12 * HOUR, 18 * HOUR);
  const cycle = { cycle: 'hour_of_day', timeZone: 'UTC' } as const;
  const round = (values: Float64Array): number[] =>
    Array.from(values, (value) => Math.round(value * 1e12) / 1e12 + 0);
  assert.deepEqual(round(takeCalendar({ ...cycle, wave: 'sine' }, times)), [0, 1, 0, -1]);
  assert.deepEqual(round(takeCalendar({ ...cycle, wave: 'cosine' }, times)), [1, 0, -1, 0]);
});
