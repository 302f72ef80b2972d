/** Exclusions as people write them: what they are of, and what is refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Exclusion, parseExclusion } from '../../../lib/answers/exclusion.ts';
import { formatMatcher } from '../../../lib/answers/matcher.ts';
import { AnswerError } from '../../../lib/base/errors.ts';

const parse = (text: string): Exclusion => parseExclusion(text, { source: 'e.yml', name: 'e' });

test('an exclusion has a range, and matchers or none', () => {
  const { matchers, ...rest } = parse(
    'matchers: [detector = shop, \'entity =~ "db/.*"\', workload != a]\nfrom: 2026-11-22T08:30Z\nuntil: 2026-11-23\ncomment: load test\nby: ada\n',
  );
  assert.deepEqual(matchers.map(formatMatcher), [
    'detector = "shop"',
    'entity =~ "db/.*"',
    'workload != "a"',
  ]);
  assert.deepEqual(rest, {
    name: 'e',
    from: Date.UTC(2026, 10, 22, 8, 30),
    until: Date.UTC(2026, 10, 23),
    comment: 'load test',
    by: 'ada',
  });
  assert.deepEqual(parse('from: 2026-11-22\nuntil: 2026-11-23').matchers, []);
});

test('what cannot be meant is refused, each with its value', () => {
  const range = 'from: 2026-11-22\nuntil: 2026-11-23\n';
  for (const [text, problem] of [
    ['- a', /must be a map with from and until/],
    ['from: 2026-11-22', /until must be a time .* and is missing/],
    ['from: yesterday\nuntil: 2026-11-23', /from must be a time .* not "yesterday"/],
    ['from: 2026-11-23\nuntil: 2026-11-23', /must have a from before its until/],
    [`${range}matchers: []`, /must have a matcher, or be left out/],
    [
      `${range}matchers: [metric = cpu]`,
      /must be a matcher of detector, entity, workload, not "metric = cpu"/,
    ],
    [`${range}matchers: ['entity =~ "a("']`, /regular expression/],
    [`${range}matcher: [entity = a]`, /matcher is no field here; did you mean matchers\?/],
    [`${range}every: {}`, /every is no field here/],
  ] as const)
    assert.throws(
      () => parse(text),
      (error: unknown) => error instanceof AnswerError && problem.test(error.message),
      text,
    );
});
