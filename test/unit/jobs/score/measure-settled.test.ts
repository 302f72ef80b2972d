import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AlertSettled, Reason } from '../../../../lib/alert/alert.ts';
import { measureSettled } from '../../../../lib/jobs/score/measure-settled.ts';

const REASON: Reason = {
  metric: 'memory',
  share: 1,
  value: 90,
  unit: 'bytes',
  usualLow: 20,
  usualHigh: 40,
  usual: 30,
};
const NAN = Number.NaN;
const WINDOW = {
  entities: ['a', 'b'],
  entityOf: Uint32Array.of(0, 0, 0, 0, 0, 1),
  times: Float64Array.of(1, 2, 3, 4, 5, 5),
  metrics: ['cpu', 'memory'],
  columns: [Float64Array.of(1, 1, 1, 1, 1, 1), Float64Array.of(90, 80, NAN, 62, 60, 7)],
};
const SETTLED = { state: 'settled', entity: 'a', end: 3 } as const;

test('what has settled is at the median of its rows since its end', () => {
  const expected: AlertSettled = { metric: 'memory', value: 61, usual: 30, unit: 'bytes' };
  assert.deepEqual(measureSettled(SETTLED, [REASON], WINDOW), expected);
});

test('what has come back is not what has stayed', () => {
  const back: Reason = { ...REASON, metric: 'cpu', value: 9, usualLow: 0, usualHigh: 1, usual: 0.5 };
  assert.equal(measureSettled(SETTLED, [back, REASON], WINDOW)?.metric, 'memory');
  assert.equal(measureSettled(SETTLED, [back], WINDOW), undefined);
});

test('nothing is said where no row tells, and of what is no metric by itself or has not settled', () => {
  const none: readonly (AlertSettled | undefined)[] = [
    measureSettled({ ...SETTLED, state: 'resolved' }, [REASON], WINDOW),
    measureSettled({ ...SETTLED, end: 6 }, [REASON], WINDOW),
    measureSettled({ ...SETTLED, entity: 'c' }, [REASON], WINDOW),
    measureSettled(SETTLED, [], WINDOW),
    measureSettled(SETTLED, [{ ...REASON, derived: 'change over 5m' }], WINDOW),
    measureSettled(SETTLED, [{ ...REASON, metric: 'disk' }], WINDOW),
  ];
  assert.deepEqual(
    none,
    none.map(() => undefined),
  );
});
