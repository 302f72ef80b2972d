import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Reason } from '../../../../lib/alert/alert.ts';
import { UNMEASURED } from '../../../../lib/features/profile.ts';
import { goesOn, noteTold, openWorst } from '../../../../lib/jobs/score/measure-worst.ts';

const NAN = Number.NaN;
const REASON: Reason = { metric: 'memory', share: 1, value: 50, usualLow: 20, usualHigh: 40, usual: 30 };
const WINDOW = {
  entities: ['a', 'b'],
  entityOf: Uint32Array.of(0, 0, 0, 0, 0, 0, 1, 1),
  times: Float64Array.of(1, 2, 3, 4, 5, 6, 3, 4),
  metrics: ['cpu', 'memory'],
  columns: [Float64Array.of(1, 1, 9, 1, 1, 1, 1, 1), Float64Array.of(500, 50, 90, NAN, 10, 600, 700, 800)],
};
const ANOMALY = { entity: 'a', start: 2, lastAnomalous: 5 };
const USUAL = { usualLow: 25, usualHigh: 41, usual: 32 };
const FITTED = {
  plan: { columns: [{ name: 'memory', source: { kind: 'metric', metric: 'memory' }, transforms: [] }] },
  usualAt: () => ({ low: 25, high: 41, center: 32 }),
} as unknown as Pick<Parameters<typeof openWorst>[0], 'plan' | 'usualAt'>;

test('the farthest row of the anomaly itself, with what was usual', () => {
  const found = openWorst({ window: WINDOW, ...FITTED })(ANOMALY, [REASON], undefined);
  assert.deepEqual(found, { metric: 'memory', value: 90, at: 3, ...USUAL });
});

test('what a window before had stays where this one goes less far, and another metric begins anew', () => {
  const measure = openWorst({ window: WINDOW, ...FITTED });
  const before = { metric: 'memory', value: 95, at: 0, ...USUAL };
  assert.equal(measure(ANOMALY, [REASON], before), before);
  assert.equal(measure(ANOMALY, [REASON], { ...before, value: 85 })?.value, 90);
  assert.equal(measure(ANOMALY, [REASON], { ...before, metric: 'cpu' })?.value, 90);
  // Nothing of it in this window.
  assert.equal(measure({ ...ANOMALY, entity: 'c' }, [REASON], before), before);
  assert.equal(measure({ ...ANOMALY, start: 7, lastAnomalous: 9 }, [REASON], before), before);
});

test('to the side to which it went, and to either where something computed from it tells', () => {
  const measure = openWorst({ window: WINDOW, ...FITTED });
  const below = measure(ANOMALY, [{ ...REASON, value: 12 }], undefined);
  assert.deepEqual([below?.value, below?.at], [10, 5]);
  const derived = measure(ANOMALY, [{ ...REASON, value: 12, derived: 'change over 5m' }], undefined);
  assert.equal(derived?.value, 90);
});

test('it is held against what was expected at its own row', () => {
  const usualAt = (row: number) => ({ low: 30 + row, high: 34 + row, center: 32 + row, byHour: true });
  const found = openWorst({ window: WINDOW, ...FITTED, usualAt })(ANOMALY, [REASON], undefined);
  const usual = { usualLow: 32, usualHigh: 36, usual: 34, byHour: true };
  assert.deepEqual(found, { metric: 'memory', value: 90, at: 3, ...usual });
});

test('of a counter, which is expected by its rate, no value of the window is any number of it, and without a metric nothing is said', () => {
  const fitted = {
    ...FITTED,
    plan: {
      columns: [
        ...FITTED.plan.columns,
        { name: 'bytes', source: { kind: 'metric', metric: 'bytes' }, transforms: [{ kind: 'rate' }] },
      ],
    },
  } as unknown as typeof FITTED;
  const window = { ...WINDOW, metrics: ['bytes', 'memory'] };
  const measure = openWorst({ window, ...fitted });
  const rate = { ...REASON, metric: 'bytes', value: 8, usualLow: 0, usualHigh: 2, usual: 1 };
  const before = { metric: 'bytes', value: 9, at: 1, usualLow: 0, usualHigh: 2, usual: 1 };
  assert.equal(measure(ANOMALY, [rate], undefined), undefined);
  assert.equal(measure(ANOMALY, [rate], before), undefined, 'as a release before kept it');
  assert.equal(measure(ANOMALY, [], undefined), undefined);
  assert.equal(measure(ANOMALY, [{ ...REASON, metric: 'disk' }], undefined), undefined);
});

test('a metric that training never saw goes not far: nothing was usual', () => {
  const measure = openWorst({ window: WINDOW, ...FITTED, usualAt: () => UNMEASURED });
  const missing: Reason = { ...REASON, value: null };
  assert.equal(measure(ANOMALY, [missing], undefined), undefined);
  const before = { metric: 'memory', value: 95, at: 0, ...USUAL };
  assert.equal(measure(ANOMALY, [missing], before), before);
});

test('it goes on once it is twice as far as it was told, and an hour later', () => {
  const hour = 3_600_000;
  const farthest = { metric: 'memory', value: 50, at: 10, ...USUAL };
  const told = noteTold({ score: 3, reasons: [REASON], farthest }, { lastAnomalous: 20 });
  assert.deepEqual(told.told, { metric: 'memory', departure: 18, at: 20 });
  const goes = (over: Partial<typeof farthest>): boolean =>
    goesOn({ ...told, farthest: { ...farthest, ...over } });
  assert.equal(goes({ value: 68, at: 20 + hour }), true);
  assert.equal(goes({ value: 67, at: 20 + hour }), false);
  assert.equal(goes({ value: 68, at: 19 + hour }), false);
  assert.equal(goes({ value: 68, at: 20 + hour, metric: 'cpu' }), false);
  // Of before it was kept, or where no metric tells.
  assert.equal(goesOn({ farthest: { ...farthest, value: 99, at: 20 + hour } }), false);
  assert.equal(goesOn({ told: told.told }), false);
  assert.deepEqual(noteTold({ score: 3, reasons: [] }, { lastAnomalous: 20 }), { score: 3, reasons: [] });
});

test('what stood still, or was missing, and moves within its usual range goes on nowhere', () => {
  const hour = 3_600_000;
  const still = { metric: 'memory', value: USUAL.usual, at: 10, ...USUAL };
  const told = noteTold({ score: 3, reasons: [REASON], farthest: still }, { lastAnomalous: 20 });
  assert.equal(told.told?.departure, 0);
  const goes = (value: number): boolean => goesOn({ ...told, farthest: { ...still, value, at: 20 + hour } });
  assert.equal(goes(USUAL.usual + 1), false);
  assert.equal(goes(USUAL.usualHigh), false);
  assert.equal(goes(USUAL.usualHigh + 1), true);
  assert.equal(goes(USUAL.usualLow - 1), true);
});
