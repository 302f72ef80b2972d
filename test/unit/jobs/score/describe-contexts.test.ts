import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultDetector } from '../../../../lib/config/defaults.ts';
import type { EntityTrack } from '../../../../lib/decision/contract.ts';
import { describeContexts } from '../../../../lib/jobs/score/describe-contexts.ts';

const MINUTE = 60_000;
const NOW = Date.parse('2026-11-23T09:00:00Z');

function tracks(ages: Readonly<Record<string, number>>): Readonly<Record<string, EntityTrack>> {
  return Object.fromEntries(
    Object.entries(ages).map(([entity, age]) => [
      entity,
      { decidedUntil: NOW - age * MINUTE, recent: [], open: undefined },
    ]),
  );
}

const LABELLED = { ...defaultDetector('shop'), entityLabels: ['namespace', 'pod'] };

test('a pod is one of its workload, as many as there are by now', () => {
  const after = tracks({
    'shop/carts-5ff676694b-fzj9z': 0,
    'shop/carts-5ff676694b-x7k2p': 59,
    'shop/carts-6d5b5b8f6d-kq2xl': 61,
    'other/carts-5ff676694b-fzj9z': 0,
    'shop/orders-5ff676694b-fzj9z': 0,
  });
  const contextOf = describeContexts({ detector: LABELLED, before: after, after, step: MINUTE });
  assert.deepEqual(contextOf('shop/carts-5ff676694b-fzj9z'), {
    namespace: 'shop',
    workload: 'carts',
    siblings: 2,
    dependsOn: [],
    step: MINUTE,
  });
});

test('a pod that was not there before the window starts; of what is no pod nobody knows', () => {
  const before = tracks({ 'shop/carts-5ff676694b-fzj9z': 15 });
  const after = tracks({ 'shop/carts-5ff676694b-fzj9z': 0, 'shop/carts-5ff676694b-x7k2p': 0 });
  const contextOf = describeContexts({ detector: LABELLED, before, after, step: MINUTE });
  assert.equal(contextOf('shop/carts-5ff676694b-fzj9z').isStart, undefined);
  assert.equal(contextOf('shop/carts-5ff676694b-x7k2p').isStart, true);
  const turbines = describeContexts({
    detector: defaultDetector('turbines'),
    before: {},
    after: tracks({ north: 0 }),
    step: MINUTE,
  });
  assert.equal(turbines('north').isStart, undefined);
});

test('a detector without entities is its own workload, and says what it depends on', () => {
  const detector = { ...defaultDetector('web'), targetService: 'frontend', dependsOn: ['orders'] };
  const after = tracks({ '': 0 });
  const context = describeContexts({ detector, before: after, after, step: MINUTE })('');
  assert.deepEqual(context, { workload: 'frontend', siblings: 1, dependsOn: ['orders'], step: MINUTE });
  const digest = { time: 28_800_000, timeZone: 'Europe/Berlin' };
  const told = describeContexts({ detector: { ...detector, digest }, before: {}, after: {}, step: MINUTE })(
    '',
  );
  assert.deepEqual(told.digest, digest);
});
