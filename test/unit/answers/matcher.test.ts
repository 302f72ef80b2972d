import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatMatcher, MATCHED_NAMES, matchesAll, readMatcher } from '../../../lib/answers/matcher.ts';

test('an expression that would backtrack for ever is matched at once', () => {
  const matcher = readMatcher('entity =~ "(\\w+[-/]?)+:8080"', MATCHED_NAMES);
  assert.ok(!('problem' in matcher));
  const entity = 'monitoring/prometheus-node-exporter-5ff67'.repeat(20);
  const subject = { detector: 'shop', entity, workload: 'w', metric: 'm', severity: 'info' };
  assert.equal(matchesAll([matcher], subject), false);
  assert.equal(matchesAll([matcher], { ...subject, entity: `${entity}:8080` }), true);
});

test('a matcher that is written out is read as it was, whatever it holds', () => {
  for (const value of ['a', 'a "b"', 'C:\\data', '\\d+', '\\\\', 'a\\', '\\"', "it's"])
    assert.deepEqual(readMatcher(formatMatcher({ name: 'entity', operator: '=', value }), MATCHED_NAMES), {
      name: 'entity',
      operator: '=',
      value,
    });
});

test('an operator that is mistyped is no part of the value', () => {
  for (const text of ['entity==a', 'entity =~~a', 'entity= =a', 'entity=~ ~a']) {
    const read = readMatcher(text, MATCHED_NAMES);
    assert.ok('problem' in read && /operators/.test(read.problem), text);
  }
  assert.deepEqual(readMatcher('entity = "=a"', MATCHED_NAMES), {
    name: 'entity',
    operator: '=',
    value: '=a',
  });
});
