/** Pods whose names tell nothing, by what owns them: remembered, grouped, missed and judged by it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultDetector } from '../../../../lib/config/defaults.ts';
import type { EntityTrack } from '../../../../lib/decision/contract.ts';
import { seriesOf } from '../../../../lib/expectation/expectation.ts';
import { profilesOf } from '../../../../lib/features/scaler.ts';
import { describeContexts } from '../../../../lib/jobs/score/describe-contexts.ts';
import { followOwners, ownerOf, withOwners } from '../../../../lib/jobs/score/follow-owners.ts';
import { followSilence } from '../../../../lib/jobs/score/silence-changes.ts';
import type { FittedDetector } from '../../../../lib/jobs/shared/fitted-detector.ts';

const MINUTE = 60_000;
const NOW = Date.parse('2026-11-23T09:00:00Z');
const ENGINE = { kind: 'Engine', name: 'engine' };
const DETECTOR = { ...defaultDetector('shop'), entityLabels: ['namespace', 'pod'] };
const TRACK: EntityTrack = { decidedUntil: NOW, recent: [], open: undefined };

const windowOf = (
  entities: readonly string[],
  podOwners?: Readonly<Record<string, typeof ENGINE>>,
): Parameters<typeof followOwners>[0] => ({
  entities,
  ...(podOwners !== undefined && { podOwners: new Map(Object.entries(podOwners)) }),
});

test('owners are remembered while their entities are, and a window that knows them has the last word', () => {
  const known = followOwners(windowOf(['a', 'b'], { a: ENGINE, b: ENGINE }), undefined, { a: 1, b: 1 });
  assert.deepEqual(known, { a: ENGINE, b: ENGINE });
  // One that lacks a pod, and one that knows nobody's owners.
  assert.deepEqual(followOwners(windowOf(['b'], { b: ENGINE }), known, { a: 1, b: 1 }), known);
  assert.deepEqual(followOwners(windowOf(['a', 'b']), known, { a: 1, b: 1 }), known);
  assert.deepEqual(followOwners(windowOf(['a'], {}), known, { a: 1, b: 1 }), { b: ENGINE });
  assert.deepEqual(followOwners(windowOf(['b']), known, { b: 1 }), { b: ENGINE });
  assert.equal(followOwners(windowOf(['b'], {}), known, { b: 1 }), undefined);
  assert.equal(followOwners(windowOf(['a']), undefined, {}), undefined);
  assert.deepEqual(followOwners(windowOf(['a'], { a: ENGINE, stranger: ENGINE }), undefined, {}), {
    a: ENGINE,
  });
  assert.equal(ownerOf({}, 'constructor'), undefined);
});

test('of what is forgotten, owners are remembered that the model knows the pods of, and that names do not tell', () => {
  const names = ['engine/engine-x7k2p-b7b8c', 'shop/engine-5ff676694b-fzj9z', 'shop/engine-q9q9q-kk5kk'];
  const known = Object.fromEntries(names.map((name) => [name, ENGINE]));
  const trained = new Map(names.slice(0, 2).map((name) => [name, 1]));
  assert.deepEqual(followOwners(windowOf(['a']), known, {}, trained), { [names[0]!]: ENGINE });
  assert.equal(followOwners(windowOf([names[0]!], {}), known, {}, trained), undefined);
});

test('pods of one owner are one workload', () => {
  const after = { 'shop/engine-blue': TRACK, 'shop/engine-red': TRACK, 'shop/other': TRACK };
  const owners = { 'shop/engine-blue': ENGINE, 'shop/engine-red': ENGINE };
  const contextOf = describeContexts({ detector: DETECTOR, before: {}, after, owners, step: MINUTE });
  assert.deepEqual(contextOf('shop/engine-blue'), {
    namespace: 'shop',
    workload: 'engine',
    siblings: 2,
    isStart: true,
    dependsOn: [],
    step: MINUTE,
  });
  assert.equal(contextOf('shop/other').workload, 'other');
});

/** Rows of both entities up to `gone`, from which on the second is not there. */
function silenceOf(units: readonly string[], owners: Readonly<Record<string, typeof ENGINE>> | undefined) {
  const entities = ['shop/engine-blue', 'shop/web-6d4cf56db6-x2x4z'];
  const rows = 90;
  const there = (entity: number, row: number): boolean => entity === 1 || row < 30;
  const all = entities.flatMap((_, entity) =>
    Array.from({ length: rows }, (_, row) => ({ entity, row })).filter(({ row }) => there(entity, row)),
  );
  const fitted = {
    manifest: { step: MINUTE },
    usual: {
      metrics: ['cpu'],
      sourceGap: 0,
      everyone: [0],
      units: new Map(units.map((unit) => [unit, { gap: 0, metrics: [0] }])),
    },
  } as unknown as FittedDetector;
  const { transitions } = followSilence(
    {
      detector: { ...DETECTOR, metrics: [{ name: 'cpu', query: 'cpu' }] },
      fitted,
      window: {
        detector: 'shop',
        range: { start: NOW, end: NOW + rows * MINUTE },
        step: MINUTE,
        metrics: ['cpu'],
        entities,
        entityOf: Uint32Array.from(all, ({ entity }) => entity),
        times: Float64Array.from(all, ({ row }) => NOW + row * MINUTE),
        columns: [new Float64Array(all.length)],
        labels: undefined,
      },
      arrival: NOW + rows * MINUTE,
      now: NOW + rows * MINUTE,
      watchFrom: 0,
      owners,
    },
    undefined,
  );
  return transitions.map(({ silence }) => silence.entity);
}

test('what is missed is the workload by its owner, and the pod by its name where the training knew no owners', () => {
  const owners = { 'shop/engine-blue': ENGINE };
  assert.deepEqual(silenceOf(['shop/engine', 'shop/web'], owners), ['shop/engine']);
  assert.deepEqual(silenceOf(['shop/engine-blue', 'shop/web'], owners), ['shop/engine-blue']);
  assert.deepEqual(silenceOf(['shop/engine-blue', 'shop/web'], undefined), ['shop/engine-blue']);
});

test('a pod that training did not know is judged by those of its owner, and by everybody without one', () => {
  const profile = (center: number) => [
    { shape: 'varies', center, low: center - 3, high: center + 3, offset: center, divisor: 1 },
  ];
  const series = (center: number) => [{ center, spread: 1 }];
  const entities = <T>(of: (center: number) => T) =>
    new Map([
      ['shop/engine-blue', of(50)],
      ['shop/other', of(1)],
    ]);
  const fitted = {
    scaler: { entities: entities(profile), pooled: profile(0) },
    evidence: { expectation: { entities: entities(series), pooled: series(0) } },
  } as unknown as FittedDetector;
  const owners = { 'shop/engine-blue': ENGINE, 'shop/engine-red': ENGINE };
  const owned = withOwners(fitted, DETECTOR, owners);
  const centersOf = ({ scaler, evidence }: FittedDetector, entity: string): readonly number[] => [
    profilesOf(scaler, entity)[0]!.center,
    seriesOf(evidence!.expectation, entity)[0]!.center,
  ];
  assert.deepEqual(centersOf(owned, 'shop/engine-red'), [50, 50]);
  assert.deepEqual(centersOf(owned, 'shop/stranger'), [0, 0]);
  assert.deepEqual(centersOf(fitted, 'shop/engine-red'), [0, 0]);
  assert.equal(withOwners(fitted, DETECTOR, undefined), fitted);
  // Asked before with other owners: another answer.
  const moved = withOwners(fitted, DETECTOR, { 'shop/engine-red': { kind: 'Engine', name: 'new' } });
  assert.deepEqual(centersOf(moved, 'shop/engine-red'), [0, 0]);
});
