/** What comes again comes when python-dateutil says it does; scripts/reference/recurrences.py made the figures. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseLocal, toEpoch } from '../../../../lib/answers/calendar/local-time.ts';
import { readRecurrence } from '../../../../lib/answers/calendar/read-recurrence.ts';
import { listOccurrences, type Recurrence } from '../../../../lib/answers/calendar/recurrence.ts';
import { getZoneClock } from '../../../../lib/features/zone-clock.ts';

interface Reference {
  readonly zone: string;
  readonly rules: readonly {
    readonly start: string;
    readonly rule: string;
    readonly local: readonly string[];
    readonly utc: readonly string[];
    readonly end: string | null;
  }[];
}

const DAY = 86_400_000;
const reference: Reference = JSON.parse(
  readFileSync(new URL('../../../fixtures/dateutil/recurrences.json', import.meta.url), 'utf8'),
);
const clock = getZoneClock(reference.zone);
const localOf = (text: string): number => parseLocal(text)!.local;

function read(text: string, start: string): Recurrence {
  const rule = readRecurrence(text, {
    start: localOf(start),
    isDate: false,
    toLocal: (time) => time + clock.offsetAt(time),
  });
  assert.ok(!('problem' in rule), `${text}: ${JSON.stringify(rule)}`);
  return rule;
}

function problemOf(text: string): string {
  const rule = readRecurrence(text, { start: localOf('20261122T080000'), isDate: false, toLocal: (t) => t });
  assert.ok('problem' in rule, text);
  return rule.problem;
}

test('the rules of RFC 5545 and 300 others have the occurrences that dateutil finds', () => {
  assert.ok(reference.rules.length >= 340);
  for (const { start, rule: text, local, utc, end } of reference.rules) {
    const expected = local.map(localOf);
    const to = end === null ? expected.at(-1)! + 1 : localOf(end) + 1;
    const found = [...listOccurrences(read(text, start), { start: localOf(start), from: -Infinity, to })];
    assert.deepEqual(found, expected, `${start} ${text}`);
    assert.deepEqual(
      found.map((time) => toEpoch(time, clock)),
      utc.map(localOf),
      `${start} ${text} in UTC`,
    );
  }
});

test('a range has those of the whole that lie in it', () => {
  for (const { start, rule: text, local } of reference.rules) {
    const rule = read(text, start);
    const all = local.map(localOf);
    for (const [at, from] of all.entries()) {
      if (at % 7 !== 0) continue;
      const to = Math.min(from + 40 * DAY, all.at(-1)!);
      const expected = all.filter((time) => time >= from && time < to);
      assert.deepEqual(
        [...listOccurrences(rule, { start: all[0]!, from, to })],
        expected,
        `${start} ${text}`,
      );
    }
  }
});

test('a rule that never comes true ends', () => {
  const start = localOf('20260130T090000');
  for (const text of ['FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30', 'FREQ=MONTHLY;BYDAY=MO;BYSETPOS=9'])
    assert.deepEqual(
      [...listOccurrences(read(text, '20260130T090000'), { start, from: start + 1, to: start + 1000 * DAY })],
      [],
    );
});

test('what a silence cannot be is refused with the part and its value', () => {
  for (const [text, problem] of [
    ['FREQ=MINUTELY', /FREQ MINUTELY.*HOURLY, DAILY, WEEKLY, MONTHLY, YEARLY.*BYMINUTE/],
    ['FREQ=HOURLY;BYWEEKNO=3', /BYWEEKNO, which says nothing for FREQ=HOURLY/],
    ['FREQ=HOURLY;BYMINUTE=0,30', /more than 24 times a day/],
    ['INTERVAL=2', /FREQ nowhere/],
    ['FREQ=DAILY;INTERVAL=0', /INTERVAL "0": a whole number from 1 to 10000/],
    ['FREQ=DAILY;COUNT=3;UNTIL=20261231', /both COUNT and UNTIL/],
    ['FREQ=DAILY;UNTIL=2026-12-31', /UNTIL "2026-12-31"/],
    ['FREQ=DAILY;BYMONTH=13', /BYMONTH "13": a whole number from 1 to 12/],
    ['FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=2', /COUNT 2, which takes more than 100 years/],
    ['FREQ=WEEKLY;BYMONTHDAY=3', /BYMONTHDAY, which says nothing for FREQ=WEEKLY/],
    ['FREQ=WEEKLY;BYDAY=1MO', /BYDAY "1MO"/],
    ['FREQ=WEEKLY;BYDAY=XX', /BYDAY "XX"/],
    ['FREQ=DAILY;BYHOUR=1,2;BYMINUTE=1,2,3,4,5,6,7,8,9,10,11,12,13', /more than 24 times a day/],
    ['FREQ=DAILY;FREQ=DAILY', /FREQ twice/],
    ['FREQ=DAILY;BYEASTER=0', /"BYEASTER=0", which is no part/],
  ] as const)
    assert.match(problemOf(text), problem);
});
