import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { nextTime, parseSchedule } from '../../../../../infra/local/schedule/expression.ts';

/** The next times after `from`, ISO to the minute. */
function times(expression: string, from: string, count: number, timezone = 'UTC'): string[] {
  const schedule = parseSchedule(expression, timezone);
  const found: string[] = [];
  for (let time: number | undefined = Date.parse(from); found.length < count; ) {
    time = nextTime(schedule, time, time);
    if (time === undefined) break;
    found.push(new Date(time).toISOString().slice(0, 16));
  }
  return found;
}

describe('rate', () => {
  it('counts from when the schedule was made', () => {
    const since = Date.parse('2026-11-22T08:30:10Z');
    const schedule = parseSchedule('rate(5 minutes)');
    assert.equal(nextTime(schedule, since, since), since + 300_000);
    assert.equal(nextTime(schedule, since + 299_999, since), since + 300_000);
    assert.equal(nextTime(schedule, since + 300_000, since), since + 600_000);
  });

  it('knows minutes, hours and days, and singular from plural as AWS does', () => {
    for (const [text, everyMs] of [
      ['rate(1 minute)', 60_000],
      ['rate(2 hours)', 7_200_000],
      ['rate(7 days)', 604_800_000],
    ] as const)
      assert.deepEqual(parseSchedule(text), { kind: 'rate', everyMs });
    for (const text of [
      'rate(1 minutes)',
      'rate(2 minute)',
      'rate(0 minutes)',
      'rate(5 seconds)',
      'every(5 minutes)',
    ])
      assert.throws(
        () => parseSchedule(text),
        (error: Error) => error.message.includes(text),
      );
  });
});

describe('cron', () => {
  it('gives the times that AWS documents', () => {
    // https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#cron-based, and 2026-11-22 is a Sunday
    const from = '2026-11-22T08:30:00Z';
    assert.deepEqual(times('cron(0 10 * * ? *)', from, 2), ['2026-11-22T10:00', '2026-11-23T10:00']);
    assert.deepEqual(times('cron(15 12 ? * MON-FRI *)', from, 2), ['2026-11-23T12:15', '2026-11-24T12:15']);
    assert.deepEqual(times('cron(0 8 1 * ? *)', from, 2), ['2026-12-01T08:00', '2027-01-01T08:00']);
    assert.deepEqual(times('cron(0/20 9 ? * 7 *)', from, 4), [
      '2026-11-28T09:00',
      '2026-11-28T09:20',
      '2026-11-28T09:40',
      '2026-12-05T09:00',
    ]);
    assert.deepEqual(times('cron(5,35 14 * * ? *)', from, 2), ['2026-11-22T14:05', '2026-11-22T14:35']);
  });

  it('knows last days, nearest weekdays and the nth weekday', () => {
    const from = '2026-11-22T08:30:00Z';
    assert.deepEqual(times('cron(0 0 L * ? *)', from, 3), [
      '2026-11-30T00:00',
      '2026-12-31T00:00',
      '2027-01-31T00:00',
    ]);
    assert.deepEqual(times('cron(0 0 L FEB ? 2028)', from, 2), ['2028-02-29T00:00']);
    // The 15th of August 2026 is a Saturday, the 1st a Saturday too, the 31st of January 2027 a Sunday.
    assert.deepEqual(times('cron(0 0 15W 8 ? 2026)', '2026-08-01T00:00:00Z', 1), ['2026-08-14T00:00']);
    assert.deepEqual(times('cron(0 0 1W 8 ? 2026)', '2026-07-01T00:00:00Z', 1), ['2026-08-03T00:00']);
    assert.deepEqual(times('cron(0 0 31W 1 ? 2027)', from, 1), ['2027-01-29T00:00']);
    assert.deepEqual(times('cron(0 0 ? * 3#2 *)', from, 2), ['2026-12-08T00:00', '2027-01-12T00:00']);
    assert.deepEqual(times('cron(0 0 ? * 6L *)', from, 2), ['2026-11-27T00:00', '2026-12-25T00:00']);
    assert.deepEqual(times('cron(0 0 ? * L *)', from, 2), ['2026-11-28T00:00', '2026-12-05T00:00']);
  });

  it('ends with its last year', () => {
    assert.deepEqual(times('cron(0 0 1 1 ? 2026-2027)', '2026-06-01T00:00:00Z', 5), ['2027-01-01T00:00']);
    assert.deepEqual(times('cron(0 0 30 2 ? 2027)', '2026-06-01T00:00:00Z', 1), []);
  });

  it('goes by the clock of its time zone', () => {
    const from = '2026-10-23T12:00:00Z';
    // Berlin turns its clocks back on 2026-10-25: six o'clock is an hour later in UTC.
    assert.deepEqual(times('cron(0 6 * * ? *)', from, 3, 'Europe/Berlin'), [
      '2026-10-24T04:00',
      '2026-10-25T05:00',
      '2026-10-26T05:00',
    ]);
  });

  it('skips a time that the clock skips, and takes the first of two', () => {
    assert.deepEqual(times('cron(30 2 * * ? *)', '2026-03-28T12:00:00Z', 1, 'Europe/Berlin'), [
      '2026-03-30T00:30',
    ]);
    assert.deepEqual(times('cron(30 2 * * ? *)', '2026-10-24T12:00:00Z', 2, 'Europe/Berlin'), [
      '2026-10-25T00:30',
      '2026-10-26T01:30',
    ]);
  });

  it('names what is wrong', () => {
    for (const [text, message] of [
      ['cron(0 6 * * ?)', /has 5 fields in place of 6/],
      ['cron(0 6 * * * *)', /one of the day of the month and the day of the week is "\?"/],
      ['cron(0 6 ? * ? *)', /one of the day of the month and the day of the week is "\?"/],
      ['cron(60 6 * * ? *)', /minutes is 0 to 59, and "60" is not/],
      ['cron(0 6 * FOO ? *)', /month cannot be "FOO"/],
      ['cron(0 6 32W * ? *)', /day of the month is 1 to 31, and 32W is not/],
      ['cron(0 6 ? * 8 *)', /day of the week is 1 to 7, and "8" is not/],
      ['cron(5-1 6 * * ? *)', /minutes is 0 to 59, and "5-1" is not/],
    ] as const)
      assert.throws(() => parseSchedule(text), message, text);
    assert.throws(() => parseSchedule('cron(0 6 * * ? *)', 'Mars/Base'), /Mars\/Base is not a time zone/);
  });

  it('comes next at the first minute that matches, whatever the start', () => {
    const schedule = parseSchedule('cron(7/13 3-5 ? * TUE,SAT *)');
    const matches = (time: number): boolean => {
      const date = new Date(time);
      const day = [2, 6].includes(date.getUTCDay());
      return (
        day && [3, 4, 5].includes(date.getUTCHours()) && [7, 20, 33, 46, 59].includes(date.getUTCMinutes())
      );
    };
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_000_000_000_000 }), (after) => {
        const next = nextTime(schedule, after, after) ?? assert.fail('comes again');
        let minute = Math.floor(after / 60_000) * 60_000 + 60_000;
        while (!matches(minute)) minute += 60_000;
        assert.equal(next, minute);
      }),
      { numRuns: 50 },
    );
  });
});
