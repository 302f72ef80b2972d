import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WorkloadRevision } from '../../../lib/base/workload.ts';
import { followRollouts, type RolloutState } from '../../../lib/decision/rollouts.ts';

const MINUTE = 60_000;
const NINE = Date.parse('2026-11-23T09:00:00Z');
const LABELS = ['namespace', 'pod'];
const [OLD, NEW, NEWER] = ['6d4cf56db6', '7f9cb5c8d6', '84dd6f9fb9'];

/** Minutes after nine, `to` exclusive. */
type Life = readonly [pod: string, from: number, to: number];

function see(lives: readonly Life[], before?: RolloutState): RolloutState | undefined {
  const rows = lives.flatMap(([, from, to], entity) =>
    Array.from({ length: to - from }, (_, minute) => ({ entity, time: NINE + (from + minute) * MINUTE })),
  );
  const window = {
    entities: lives.map(([pod]) => `shop/${pod}`),
    entityOf: Uint32Array.from(rows, ({ entity }) => entity),
    times: Float64Array.from(rows, ({ time }) => time),
    range: { start: NINE, end: NINE + MINUTE },
    step: MINUTE,
  };
  return followRollouts(window, LABELS, before);
}

const checkout = (hash: string, pod: string, from: number, to: number): Life => [
  `checkout-${hash}-${pod}`,
  from,
  to,
];
/** A quarter of an hour of revisions that were asked for, by the minute from which on. */
function ask(
  kind: WorkloadRevision['kind'],
  from: number,
  asked: readonly (readonly [revision: string, minute: number])[],
  before?: RolloutState,
): RolloutState | undefined {
  const window = {
    entities: ['shop/checkout-0'],
    entityOf: new Uint32Array(15),
    times: Float64Array.from({ length: 15 }, (_, minute) => NINE + (from + minute) * MINUTE),
    range: { start: NINE + from * MINUTE, end: NINE + (from + 15) * MINUTE },
    step: MINUTE,
    revisions: asked.map(([revision, minute]) => ({
      workload: 'shop/checkout',
      kind,
      revision,
      first: NINE + minute * MINUTE,
    })),
  };
  return followRollouts(window, LABELS, before);
}

const told = (state: RolloutState | undefined): readonly unknown[] =>
  (state?.recent ?? []).map(({ workload, at, from, to }) => [workload, (at - NINE) / MINUTE, from, to]);

test('pods of another ReplicaSet are a rollout of their workload, once', () => {
  const first = see([checkout(OLD, 'x2x4z', 0, 15), checkout(OLD, 'bbbbb', 0, 15)]);
  assert.deepEqual(told(first), [], 'what is there when it is first looked at is no news');
  const second = see(
    [
      checkout(OLD, 'x2x4z', 15, 20),
      checkout(OLD, 'bbbbb', 15, 24),
      checkout(NEW, 'ccccc', 20, 30),
      checkout(NEW, 'ddddd', 24, 30),
    ],
    first,
  );
  assert.deepEqual(told(second), [['shop/checkout', 20, OLD, NEW]]);
  const third = see([checkout(NEW, 'ccccc', 30, 45), checkout(NEW, 'fffff', 33, 45)], second);
  assert.deepEqual(third?.recent, second?.recent);
});

test('a pod that is replaced, a workload that scales, one that was away and its return are none', () => {
  let state = see([checkout(OLD, 'x2x4z', 0, 15)]);
  state = see([checkout(OLD, 'bbbbb', 15, 30), checkout(OLD, 'ccccc', 20, 30)], state);
  state = see([['payment-5ff676694b-fzj9z', 30, 45]], state);
  state = see([checkout(OLD, 'ddddd', 600, 615)], state);
  assert.deepEqual(told(state), []);
});

test('a rollback is a rollout, and rows that come late tell of none', () => {
  let state = see([checkout(OLD, 'x2x4z', 0, 15)]);
  state = see([checkout(NEW, 'ccccc', 15, 30)], state);
  state = see([checkout(NEW, 'ccccc', 30, 60)], state);
  state = see([checkout(NEW, 'ccccc', 60, 65), checkout(OLD, 'ddddd', 65, 75)], state);
  state = see([checkout(NEWER, 'fffff', 3, 6)], state);
  assert.deepEqual(told(state), [
    ['shop/checkout', 15, OLD, NEW],
    ['shop/checkout', 65, NEW, OLD],
  ]);
});

test('a detector without pods of Deployments keeps nothing; workloads are kept, and not their pods', () => {
  assert.equal(see([['orders-db-0', 0, 5]]), undefined);
  const pods = Array.from({ length: 27 }, (_, at) => 'bcdfghjklmnpqrstvwxz2456789'[at]!.repeat(5));
  const state = see(pods.map((pod) => checkout(OLD, pod, 0, 2)))!;
  assert.deepEqual(state.revisions, { 'shop/checkout': { [OLD]: NINE + MINUTE } });
});

test('what is over for long is forgotten', () => {
  const DAY = 1440;
  let state = see([checkout(OLD, 'x2x4z', 0, 5), ['payment-5ff676694b-fzj9z', 0, 5]]);
  state = see([checkout(NEW, 'ccccc', 5, 10)], state);
  assert.equal(state?.recent.length, 1);
  state = see([checkout(NEW, 'ccccc', 2 * DAY, 2 * DAY + 5)], state);
  assert.deepEqual(state?.recent, []);
  assert.deepEqual(Object.keys(state!.revisions['shop/checkout']!), [NEW]);
  state = see([checkout(NEW, 'ccccc', 8 * DAY, 8 * DAY + 5)], state);
  assert.deepEqual(Object.keys(state!.revisions), ['shop/checkout']);
});

test('a new revision of a StatefulSet is a rollout, and so is going back to the old one minutes later', () => {
  let state = ask('StatefulSet', 0, [[OLD, 0]]);
  assert.deepEqual(told(state), [], 'what is there when it is first looked at is no news');
  state = ask(
    'StatefulSet',
    15,
    [
      [OLD, 15],
      [NEW, 22],
    ],
    state,
  );
  state = ask('StatefulSet', 30, [[NEW, 30]], state);
  state = ask('StatefulSet', 45, [[OLD, 45]], state);
  state = ask('StatefulSet', 45, [[OLD, 45]], state);
  assert.deepEqual(told(state), [
    ['shop/checkout', 22, OLD, NEW],
    ['shop/checkout', 45, NEW, OLD],
  ]);
  assert.deepEqual(
    state?.recent.map(({ kind }) => kind),
    ['StatefulSet', 'StatefulSet'],
  );
});

test('two revisions of one window are two rollouts, each from the one before; late windows tell of none', () => {
  let state = ask('DaemonSet', 0, [['4', 0]]);
  state = ask(
    'DaemonSet',
    15,
    [
      ['4', 15],
      ['5', 18],
      ['6', 20],
    ],
    state,
  );
  state = ask('DaemonSet', -30, [['3', -20]], state);
  assert.deepEqual(told(state), [
    ['shop/checkout', 18, '4', '5'],
    ['shop/checkout', 20, '5', '6'],
  ]);
});

test('a Deployment of the same name is another workload', () => {
  let state = ask('StatefulSet', 0, [[OLD, 0]]);
  state = see([checkout(NEW, 'ccccc', 15, 30)], state);
  state = ask('DaemonSet', 30, [['4', 30]], state);
  assert.deepEqual(told(state), []);
  assert.deepEqual(Object.keys(state!.revisions), [
    'StatefulSet shop/checkout',
    'shop/checkout',
    'DaemonSet shop/checkout',
  ]);
});
