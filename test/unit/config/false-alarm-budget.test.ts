import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatFalseAlarms, parseFalseAlarms } from '../../../lib/config/false-alarm-budget.ts';

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
