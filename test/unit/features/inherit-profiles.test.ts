import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Profile, UNMEASURED } from '../../../lib/features/profile.ts';
import { type FittedScaler, profilesOf, scaleValue } from '../../../lib/features/scaler.ts';

function varies(center: number): Profile {
  return { shape: 'varies', center, scale: 1, low: center - 3, high: center + 3, offset: center, divisor: 1 };
}

function constant(center: number): Profile {
  return { ...varies(center), shape: 'constant', scale: 0, low: center, high: center };
}

const POOLED = varies(1000);

function scalerOf(...columns: readonly (readonly Profile[])[]): FittedScaler {
  const pods = columns[0]!.map((_, pod) => columns.map((profiles) => profiles[pod]!));
  return {
    kind: 'robust',
    columns: columns.map((_, column) => `m${column}`),
    entities: new Map(pods.map((profiles, pod) => [`shop/web-6d4cf56db6-x2x4${'bcdf'[pod]!}`, profiles])),
    pooled: columns.map(() => POOLED),
  };
}

const NEW = 'shop/web-7f9c8bd5d4-zz9zz';

test('a new pod is on the scale of the middle one of its workload, and as wide as all of them', () => {
  const [own] = profilesOf(scalerOf([varies(11), varies(8), varies(9)]), NEW);
  assert.deepEqual(own, { ...varies(9), low: 5, high: 14 });
});

test('what is constant for all of them is for a new one; of what they do not agree on the pooled one is known', () => {
  const [same, differing, half, never] = profilesOf(
    scalerOf(
      [constant(4), constant(4), constant(4)],
      [constant(4), constant(4), constant(5)],
      [varies(7), varies(6), constant(5)],
      [UNMEASURED, UNMEASURED, constant(2)],
    ),
    NEW,
  );
  assert.deepEqual(same, constant(4));
  assert.equal(differing, POOLED);
  assert.equal(half?.center, 7);
  assert.equal(never, POOLED);
});

test('a known pod has its own, and one of another workload the pooled ones', () => {
  const scaler = scalerOf([varies(12), varies(8)]);
  assert.deepEqual(profilesOf(scaler, 'shop/web-6d4cf56db6-x2x4b'), [varies(12)]);
  assert.deepEqual(profilesOf(scaler, 'shop/cart-7f9c8bd5d4-zz9zz'), [POOLED]);
});

test('pods that stand at levels of their own leave a new one a scale that covers them all: it may be at any of them', () => {
  const [uneven] = profilesOf(scalerOf([varies(10), varies(20), varies(30)]), NEW);
  // All but one value in a hundred of the three lie between 7 and 33.
  const scale = 26 / 5.1516586071978;
  assert.deepEqual(uneven, { ...varies(20), low: 7, high: 33, scale, divisor: scale });
});

test('by whichever scaler, the middle of a new pod is where the model knows that of the others', () => {
  // By range: 0 is the least value of each, 1 its largest.
  const byRange = [10, 20, 30].map((center) => ({ ...varies(center), offset: center - 2, divisor: 10 }));
  const [uneven] = profilesOf(scalerOf(byRange), NEW);
  assert.ok(Math.abs(scaleValue(20, uneven!) - scaleValue(20, byRange[1]!)) < 1e-12);
  // Far from it by a share of what all of them have.
  const wider = 26 / 5.1516586071978;
  assert.ok(Math.abs(scaleValue(30, uneven!) - (0.2 + 1 / wider)) < 1e-12);
  const [one] = profilesOf(scalerOf(byRange.map((each) => ({ ...each, low: 0, high: 40 }))), NEW);
  assert.deepEqual(one, { ...byRange[1]!, low: 0, high: 40 });
});
