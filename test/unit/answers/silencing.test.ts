/** Silences as people write them: what they match, when they hold, and what is refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MATCHED_NAMES, matchesAll, readMatcher } from '../../../lib/answers/matcher.ts';
import { isActive, parseSilencing, type Silencing } from '../../../lib/answers/silencing.ts';

const SUBJECT = {
  detector: 'checkout',
  entity: 'shop/payment-0',
  workload: 'payment',
  metric: 'cpu',
  severity: 'warning',
};
const parse = (text: string): Silencing => parseSilencing(text, { source: 's.yml', name: 's' });
const matches = (text: string): boolean => {
  const matcher = readMatcher(text, MATCHED_NAMES);
  assert.ok(!('problem' in matcher), text);
  return matchesAll([matcher], SUBJECT);
};

test('matchers are those of Alertmanager, regular expressions of the whole value', () => {
  for (const text of [
    'detector=checkout',
    'detector = "checkout"',
    'entity =~ shop/.*',
    'entity=~"shop/payment-\\d"',
    'metric != memory',
    'severity !~ "critical|info"',
    'metric =~ "a|cpu"',
  ])
    assert.ok(matches(text), text);
  for (const text of ['detector=check', 'entity =~ shop', 'metric !~ "c.u"', 'workload != payment'])
    assert.ok(!matches(text), text);
});

test('what is no matcher says why', () => {
  for (const [text, problem] of [
    ['detector', /such as detector = checkout/],
    ['pod = a', /detector, entity, workload, metric, severity/],
    ['entity =~ "a("', /regular expression/],
    ['entity =~ a)(b', /regular expression/],
    ['entity = "a', /double quotes/],
    ['severity = high', /info or warning or critical/],
    [`entity = ${'a'.repeat(501)}`, /at most 500/],
  ] as const) {
    const read = readMatcher(text, MATCHED_NAMES);
    assert.ok('problem' in read, text);
    assert.match(read.problem, problem);
  }
});

test('from and until bound a silence, the end exclusive', () => {
  const silencing = parse('matchers: [detector = a]\nfrom: 2026-11-27T20:00Z\nuntil: 2026-11-28\n');
  const at = (time: string): boolean => isActive(silencing, Date.parse(time));
  assert.deepEqual(
    ['2026-11-27T19:59:59Z', '2026-11-27T20:00:00Z', '2026-11-27T23:59:59Z', '2026-11-28T00:00:00Z'].map(at),
    [false, true, true, false],
  );
});

test('hours that come again go by the clocks of their zone, over midnight and daylight saving', () => {
  const silencing = parse(
    'matchers: [detector = a]\nevery: {days: [friday, saturday], start: "22:00", end: "06:00", time_zone: Europe/Berlin}\n',
  );
  const at = (time: string): boolean => isActive(silencing, Date.parse(time));
  // 2026-11-27 is a Friday, at UTC+1; 2026-07-03 another one, at UTC+2.
  assert.deepEqual(['2026-11-27T20:59Z', '2026-11-27T21:00Z', '2026-11-28T04:59Z'].map(at), [
    false,
    true,
    true,
  ]);
  assert.deepEqual(['2026-11-28T05:00Z', '2026-11-29T04:59Z', '2026-11-29T21:00Z'].map(at), [
    false,
    true,
    false,
  ]);
  assert.deepEqual(['2026-07-03T19:59Z', '2026-07-03T20:00Z'].map(at), [false, true]);
  // Friday's night goes into Saturday, and Thursday's into nothing.
  assert.equal(at('2026-11-27T02:00Z'), false);
});

test('without days it is every day, and a whole day is 00:00 to 24:00', () => {
  const silencing = parse(
    'matchers: [detector = a]\nuntil: 2026-12-01\nevery: {start: "00:00", end: "24:00", time_zone: UTC}\n',
  );
  assert.equal(isActive(silencing, Date.parse('2026-11-30T23:59Z')), true);
  assert.equal(isActive(silencing, Date.parse('2026-12-01T00:00Z')), false);
});

test('a file is read strictly: every problem is named with its value', () => {
  for (const [text, message] of [
    ['matchers: [detector = a]', /until, or every/],
    ['matchers: []\nuntil: 2026-12-01', /must have a matcher/],
    ['matchers: [pod = a]\nuntil: 2026-12-01', /matchers\.0 .*not "pod = a"/],
    ['matchers: [detector = a]\nuntill: 2026-12-01', /untill is no field here; did you mean until\?/],
    ['matchers: [detector = a]\nuntil: soon', /until must be a time .* not "soon"/],
    ['matchers: [detector = a]\nfrom: 2026-12-02\nuntil: 2026-12-01', /from before its until/],
    ['matchers: [detector = a]\nevery: {start: "8", end: "24:30", time_zone: Mars}', /3 problems/],
    ['matchers: [detector = a]\nevery: {start: "08:00", end: "08:00", time_zone: UTC}', /whole day/],
    [
      'matchers: [detector = a]\nevery: {days: [fri], start: "08:00", end: "09:00", time_zone: UTC}',
      /not "fri"/,
    ],
    ['just text', /must be a map/],
    ['a: [', /no valid YAML/],
  ] as const)
    assert.throws(() => parse(text), { name: 'AnswerError', code: 'bad-answer', message });
});
