import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatFalseAlarms, parseFalseAlarms } from '../../../lib/config/false-alarm-budget.ts';
import { parseManifest } from '../../../lib/config/manifest.ts';

const DAY = 86_400_000;

test('a count and a span', () => {
  assert.deepEqual(parseFalseAlarms('1 per week'), { count: 1, per: 7 * DAY });
  assert.deepEqual(parseFalseAlarms('0.5 per day'), { count: 0.5, per: DAY });
  assert.deepEqual(parseFalseAlarms('12 per month'), { count: 12, per: 30 * DAY });
  assert.deepEqual(parseFalseAlarms('3 per hour'), { count: 3, per: 3_600_000 });
});

test('written back as it was', () => {
  for (const text of ['1 per week', '0.5 per day', '12 per month'])
    assert.equal(formatFalseAlarms(parseFalseAlarms(text)), text);
  assert.equal(formatFalseAlarms({ count: 2, per: 1.5 * DAY }), '2 per 1.5 days');
});

test('anything else is refused with what it is', () => {
  for (const text of [
    '',
    '1',
    '0 per week',
    '0.0 per day',
    '-1 per day',
    '1 per year',
    '1/week',
    'one per week',
    '1  per week',
  ])
    assert.throws(() => parseFalseAlarms(text), { code: 'bad-false-alarms', message: /1 per week/ }, text);
});

function parse(threshold: string, training = ''): ReturnType<typeof parseManifest>['threshold'] {
  const text = `kind: AnomalyDetector\nmetadata: { name: shop }\nspec:\n  threshold: ${threshold}\n${training}`;
  return parseManifest(text, { source: 'shop.yml' }).threshold;
}

test('a manifest has a budget or a percentile, and neither is the default budget', () => {
  assert.deepEqual(parse('{ false_alarms: 2 per day }').falseAlarms, { count: 2, per: DAY });
  assert.deepEqual(
    ['{ percentile: 99 }', '{ k: 3 }', '{ min_deviation: 0 }', '{ settle_after: 1h }', '{}'].map(
      (threshold) => parse(threshold).rule,
    ),
    ['percentile', 'percentile', 'percentile', 'evidence', 'evidence'],
  );
  assert.deepEqual(parse('{}').falseAlarms, { count: 1, per: 7 * DAY });
  assert.throws(() => parse('{ percentile: 99, false_alarms: 2 per day }'), {
    code: 'bad-manifest',
    message: /threshold\.false_alarms.*"2 per day" beside percentile 99; give one of them/,
  });
  assert.throws(() => parse('{ false_alarms: often }'), { message: /false_alarms.*1 per week/ });
  assert.throws(() => parse('{ false_alarms: 2 per day }', '  training: { warmup: 50 }'), {
    message: /warmup.*50 rows; threshold\.false_alarms 2 per day needs at least 100/,
  });
});
