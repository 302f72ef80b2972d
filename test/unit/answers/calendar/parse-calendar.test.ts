/** Calendars as Google Calendar and Outlook export them: when their events last, what they silence, and what is refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDuring } from '../../../../lib/answers/calendar/calendar-event.ts';
import { parseCalendar } from '../../../../lib/answers/calendar/parse-calendar.ts';
import { isActive, parseSilencingCalendar } from '../../../../lib/answers/silencing.ts';

const calendar = (...lines: readonly string[]): string =>
  ['BEGIN:VCALENDAR', 'PRODID:-//x//y//EN', 'VERSION:2.0', ...lines, 'END:VCALENDAR', ''].join('\r\n');
const event = (...lines: readonly string[]): string => ['BEGIN:VEVENT', ...lines, 'END:VEVENT'].join('\r\n');
const lasts = (text: string, time: string): boolean =>
  parseCalendar(text, { source: 's.ics' }).events.some((each) => isDuring(each, Date.parse(time)));

/** @param hours that last; the moments before and after each do not */
function assertLasts(text: string, hours: readonly (readonly [string, string])[]): void {
  for (const [from, to] of hours) {
    const at = (time: string, ms: number): boolean =>
      lasts(text, new Date(Date.parse(time) + ms).toISOString());
    assert.deepEqual(
      [at(from, -1000), at(from, 0), at(to, -1000), at(to, 0)],
      [false, true, true, false],
      `${from} to ${to}`,
    );
  }
}

const GOOGLE = calendar(
  'X-WR-CALNAME:Maintenance',
  'X-WR-TIMEZONE:Europe/Berlin',
  'BEGIN:VTIMEZONE',
  'TZID:Europe/Berlin',
  'X-LIC-LOCATION:Europe/Berlin',
  'BEGIN:DAYLIGHT',
  'TZOFFSETFROM:+0100',
  'TZOFFSETTO:+0200',
  'TZNAME:CEST',
  'DTSTART:19700329T020000',
  'RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU',
  'END:DAYLIGHT',
  'BEGIN:STANDARD',
  'TZOFFSETFROM:+0200',
  'TZOFFSETTO:+0100',
  'TZNAME:CET',
  'DTSTART:19701025T030000',
  'RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU',
  'END:STANDARD',
  'END:VTIMEZONE',
  event(
    'DTSTART;TZID=Europe/Berlin:20260306T220000',
    'DTEND;TZID=Europe/Berlin:20260307T060000',
    'RRULE:FREQ=WEEKLY;WKST=MO;UNTIL=20260430T215959Z;BYDAY=FR,SA',
    'EXDATE;TZID=Europe/Berlin:20260313T220000',
    'UID:backup@google.com',
    'SUMMARY:Backup',
    'DESCRIPTION:The nightly one.<br>tidewatch: entity =~ &quot;db/.*&quot;<br><b>tid',
    ' ewatch:</b> severity != critical',
    'TRANSP:OPAQUE',
    'BEGIN:VALARM',
    'ACTION:DISPLAY',
    'TRIGGER:-P0DT0H30M0S',
    'END:VALARM',
  ),
  event(
    'DTSTART;TZID=Europe/Berlin:20260321T230000',
    'DTEND;TZID=Europe/Berlin:20260322T010000',
    'UID:backup@google.com',
    'RECURRENCE-ID;TZID=Europe/Berlin:20260321T220000',
  ),
  event(
    'STATUS:CANCELLED',
    'DTSTART;TZID=Europe/Berlin:20260410T220000',
    'UID:backup@google.com',
    'RECURRENCE-ID;TZID=Europe/Berlin:20260410T220000',
  ),
  event(
    'DTSTART;VALUE=DATE:20260501',
    'DTEND;VALUE=DATE:20260503',
    'UID:move@google.com',
    'TRANSP:TRANSPARENT',
  ),
);

test('a weekly night of Google Calendar goes by the clocks, with what is left out, moved and called off', () => {
  assertLasts(GOOGLE, [
    ['2026-03-06T21:00Z', '2026-03-07T05:00Z'],
    // The clocks change on the 29th, at 02:00.
    ['2026-03-28T21:00Z', '2026-03-29T04:00Z'],
    ['2026-04-03T20:00Z', '2026-04-04T04:00Z'],
    ['2026-03-21T22:00Z', '2026-03-22T00:00Z'],
    ['2026-04-25T20:00Z', '2026-04-26T04:00Z'],
  ]);
  for (const time of ['2026-03-13T23:00Z', '2026-03-21T21:30Z', '2026-04-10T23:00Z', '2026-05-09T23:00Z'])
    assert.ok(!lasts(GOOGLE, time), time);
});

test('an event that is marked as free silences, with times too', () => {
  const times = ['DTSTART:20260501T080000Z', 'DTEND:20260501T090000Z'];
  assertLasts(calendar(event(...times, 'TRANSP:TRANSPARENT')), [['2026-05-01T08:00Z', '2026-05-01T09:00Z']]);
});

test('a whole day is one by the clocks of the calendar', () => {
  assertLasts(GOOGLE, [['2026-04-30T22:00Z', '2026-05-02T22:00Z']]);
  assertLasts(calendar(event('DTSTART;VALUE=DATE:20260501')), [['2026-05-01T00:00Z', '2026-05-02T00:00Z']]);
});

test('a zone that only Outlook knows is the one that the file describes', () => {
  const outlook = calendar(
    'METHOD:PUBLISH',
    'BEGIN:VTIMEZONE',
    'TZID:W. Europe Standard Time',
    'BEGIN:STANDARD',
    'DTSTART:16010101T030000',
    'TZOFFSETFROM:+0200',
    'TZOFFSETTO:+0100',
    'RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10',
    'END:STANDARD',
    'BEGIN:DAYLIGHT',
    'DTSTART:16010101T020000',
    'TZOFFSETFROM:+0100',
    'TZOFFSETTO:+0200',
    'RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3',
    'END:DAYLIGHT',
    'END:VTIMEZONE',
    event(
      'DTSTART;TZID="W. Europe Standard Time":20261020T080000',
      'DURATION:PT90M',
      'RRULE:FREQ=MONTHLY;BYDAY=TU;BYSETPOS=3',
      'X-MICROSOFT-CDO-BUSYSTATUS:BUSY',
    ),
  );
  assertLasts(outlook, [
    ['2026-10-20T06:00Z', '2026-10-20T07:30Z'],
    ['2026-11-17T07:00Z', '2026-11-17T08:30Z'],
    ['2027-04-20T06:00Z', '2027-04-20T07:30Z'],
  ]);
});

test('further times, periods, UTC and lengths over two zones', () => {
  const text = calendar(
    event(
      'DTSTART:20260302T100000Z',
      'DTEND:20260302T110000Z',
      'RDATE:20260305T100000Z,20260306T100000Z',
      'RDATE;VALUE=PERIOD:20260310T100000Z/20260310T100500Z,20260311T100000Z/P1DT1H',
      'EXDATE:20260306T100000Z',
    ),
    event('DTSTART;TZID=America/New_York:20260401T080000', 'DTEND;TZID=Europe/Berlin:20260401T160000'),
  );
  assertLasts(text, [
    ['2026-03-02T10:00Z', '2026-03-02T11:00Z'],
    ['2026-03-05T10:00Z', '2026-03-05T11:00Z'],
    ['2026-03-10T10:00Z', '2026-03-10T10:05Z'],
    ['2026-03-11T10:00Z', '2026-03-12T11:00Z'],
    ['2026-04-01T12:00Z', '2026-04-01T14:00Z'],
  ]);
  assert.ok(!lasts(text, '2026-03-06T10:30Z'));
});

test('a time that the clocks leave out is taken by those before, and of two the first', () => {
  const nightly = calendar(
    'X-WR-TIMEZONE:America/New_York',
    event('DTSTART:20260301T023000', 'DURATION:PT10M', 'RRULE:FREQ=DAILY'),
    event('DTSTART:20261001T013000', 'DURATION:PT10M', 'RRULE:FREQ=DAILY'),
  );
  assertLasts(nightly, [
    ['2026-03-08T07:30Z', '2026-03-08T07:40Z'],
    ['2026-11-01T05:30Z', '2026-11-01T05:40Z'],
  ]);
});

test('events of each kind of matcher are a silence, and of none one of everything', () => {
  const { silencings: silences } = parseSilencingCalendar(GOOGLE, {
    source: 'silences/nights.ics',
    name: 'nights.ics',
  });
  assert.deepEqual(
    silences.map(({ name, matchers, events }) => [name, matchers.map(({ value }) => value), events?.length]),
    [
      ['nights.ics', ['db/.*', 'critical'], 1],
      ['nights.ics', [], 2],
    ],
  );
  const at = (time: string): readonly boolean[] => silences.map((each) => isActive(each, Date.parse(time)));
  assert.deepEqual(at('2026-03-07T00:00Z'), [true, false]);
  assert.deepEqual(at('2026-05-01T12:00Z'), [false, true]);
});

test('an event that is not understood is left out and named, and the others count', () => {
  const good = event('DTSTART:20260301T100000Z', 'DURATION:PT1H');
  const other = ['2026-03-01T10:00Z', '2026-03-01T11:00Z'] as const;
  for (const [lines, ...messages] of [
    [
      [
        event('SUMMARY:Jobs\\, nightly', 'UID:a', 'DTSTART:20260501T000000Z', 'RRULE:FREQ=MINUTELY'),
        event('DTSTART:2026-05-01'),
      ],
      /^event "Jobs, nightly" \(UID "a"\) silences nobody: line 8: RRULE has FREQ MINUTELY/,
      /^event \(without a UID\) silences nobody: line 11: DTSTART "2026-05-01" is no day or time/,
    ],
    // The series and what changes it from one day on: neither is what somebody meant.
    [
      [
        event('UID:a', 'DTSTART:20260501', 'RRULE:FREQ=DAILY'),
        event('UID:a', 'DTSTART:20260502', 'RECURRENCE-ID;RANGE=THISANDFUTURE:20260502'),
      ],
      /"a".*line 12: RECURRENCE-ID with RANGE/,
      /"a".*line 12: RECURRENCE-ID with RANGE/,
    ],
    // Of a zone that cannot be read only what is in it, and of a line that is none its event.
    [
      [
        'BEGIN:VTIMEZONE\r\nTZID:Ours\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nEND:STANDARD\r\nEND:VTIMEZONE',
        event('UID:a', 'DTSTART;TZID=Ours:20260501T000000', 'DURATION:P1D'),
      ],
      /"a".*line 6: STANDARD needs DTSTART, TZOFFSETFROM and TZOFFSETTO/,
    ],
    [
      [event('UID:a', 'DTSTART:20260501', 'DESCRIPTION:as it was', 'written by hand')],
      /"a".*line 8: "written by hand" is no line of an iCalendar file/,
    ],
    [
      [event('UID:a', 'DTSTART:20260501', 'DESCRIPTION:tidewatch: pod = a')],
      /"a".*line 7: "tidewatch: pod = a" must be/,
    ],
  ] as const) {
    const text = calendar(...lines, good);
    const { events, leftOut } = parseCalendar(text, { source: 's.ics' });
    assert.deepEqual(
      leftOut.map(({ code, count }) => [code, count]),
      messages.map(() => ['event-not-understood', 1]),
    );
    for (const [i, message] of messages.entries()) assert.match(leftOut[i]?.message ?? '', message);
    assert.equal(events.length, 1);
    assertLasts(text, [other]);
    assert.ok(!lasts(text, '2026-05-01T12:00Z'));
    // In any order.
    assert.equal(parseCalendar(calendar(good, ...lines), { source: 's.ics' }).leftOut.length, leftOut.length);
  }
});

test('of very many events that are not understood the first are named and the others counted', () => {
  const bad = Array.from({ length: 150 }, () => event('DTSTART:never'));
  const { leftOut } = parseCalendar(calendar(...bad, event('DTSTART:20260101')), { source: 's.ics' });
  assert.deepEqual(
    [leftOut.length, leftOut.reduce((sum, { count }) => sum + count, 0), leftOut.at(-1)?.message],
    [101, 150, '50 more events are not understood either, and silence nobody'],
  );
});

test('every two hours, and at night by the clocks', () => {
  const text = calendar(
    event(
      'DTSTART;TZID=Europe/Berlin:20261127T220000',
      'DURATION:PT20M',
      'RRULE:FREQ=HOURLY;INTERVAL=2;BYHOUR=22,23,0,1,2,3',
    ),
  );
  assertLasts(text, [
    ['2026-11-27T21:00Z', '2026-11-27T21:20Z'],
    ['2026-11-27T23:00Z', '2026-11-27T23:20Z'],
    ['2026-11-28T01:00Z', '2026-11-28T01:20Z'],
  ]);
  for (const time of ['2026-11-27T22:10Z', '2026-11-28T03:10Z']) assert.ok(!lasts(text, time), time);
});

test('what cannot be told is refused with its line', () => {
  for (const [text, problem] of [
    ['', /^s\.ics: line 1: has no VCALENDAR/],
    ['matchers: [detector = a]', /line 1: "matchers: \[detector = a\]" is no line of an iCalendar file/],
    ['BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20260101', /line 2: VEVENT has no end/],
    ['BEGIN:VCALENDAR\nEND:VEVENT', /line 2: "END:VEVENT" ends no VCALENDAR/],
    [calendar(event('UID:1')), /line 4: an event has no DTSTART/],
    [calendar(event('DTSTART:2026-01-01')), /line 5: DTSTART "2026-01-01" is no day or time/],
    [calendar(event('DTSTART:20260230')), /DTSTART "20260230"/],
    [
      calendar(event('DTSTART;TZID=Mars/Olympus:20260101T000000')),
      /time zone "Mars\/Olympus", which is neither/,
    ],
    [calendar('X-WR-TIMEZONE:Mars/Olympus', event('DTSTART:20260101T000000')), /time zone "Mars\/Olympus"/],
    [calendar(event('DTSTART:20260102T000000Z', 'DTEND:20260101T000000Z')), /ends before it starts/],
    [calendar(event('DTSTART:20260102T000000Z', 'DURATION:-PT1H')), /DURATION "-PT1H"/],
    [calendar(event('DTSTART:20260102T000000Z', 'RRULE:FREQ=MINUTELY')), /line 6: RRULE has FREQ MINUTELY/],
    [calendar(event('DTSTART:20260102', 'DURATION:P400D', 'RRULE:FREQ=YEARLY')), /longer than a year/],
    [
      calendar(event('DTSTART:20260102', 'DESCRIPTION:For us\\ntidewatch: pod = a')),
      /line 6: "tidewatch: pod = a" must be a matcher of detector/,
    ],
    [
      calendar(
        event('DTSTART:20260102', 'UID:1'),
        event('DTSTART:20260103', 'UID:1', 'RECURRENCE-ID;RANGE=THISANDFUTURE:20260102'),
      ),
      /RECURRENCE-ID with RANGE is not read/,
    ],
  ] as const)
    assert.throws(
      () => parseCalendar(text, { source: 's.ics' }),
      { code: 'bad-answer', message: problem },
      text,
    );
});
