/** A pod that has lived one evening, beside pods of its workload that have lived for a week. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { calibrateEvidence } from '../../../lib/evidence/calibrate-evidence.ts';
import { gatherEvidence } from '../../../lib/evidence/evidence.ts';
import { openSiblings } from '../../../lib/evidence/siblings.ts';
import { findTellingColumns } from '../../../lib/evidence/telling-metrics.ts';
import { NO_SEASON } from '../../../lib/expectation/seasonal-curve.ts';
import type { FeatureMatrix } from '../../../lib/features/feature-matrix.ts';
import type { Profile } from '../../../lib/features/profile.ts';
import { seedRandom } from '../../../lib/maths/random.ts';

const STEP = 300_000;
const DAY_ROWS = 288;
const TRAINED = 7 * DAY_ROWS;
const OLD = ['shop/web-6d4b75cb6d-x2x4z', 'shop/web-6d4b75cb6d-b7b8c', 'shop/web-6d4b75cb6d-kk5kk'];
const YOUNG = 'shop/web-6d4b75cb6d-q9q9q';
/** Rows of the last evening that training saw of the young one: from 16:00 on. */
const BORN = TRAINED - 96;
/** Each pod on a scale of its own. */
const profileOf = (divisor: number): Profile => ({
  shape: 'varies',
  center: 0.3,
  scale: divisor,
  low: 0.1,
  high: 0.6,
  offset: 0.3,
  divisor,
});
const PROFILES = [0.1, 0.12, 0.09, 0.02].map((divisor) => [profileOf(divisor)]);

interface Drawn {
  /** What a pod's value is multiplied by at a row; 1 if left out. */
  readonly times?: (entity: string, row: number) => number;
  readonly entities?: readonly string[];
  readonly isYoung?: string;
}

/** Busy until midnight and quiet in the night. */
function draw({ times = () => 1, entities = [...OLD, YOUNG], isYoung = YOUNG }: Drawn): FeatureMatrix {
  const random = seedRandom(1);
  const rows = entities.flatMap((entity, at) =>
    Array.from({ length: TRAINED + DAY_ROWS }, (_, row) => ({ entity, at, row })).filter(
      ({ row }) => entity !== isYoung || row >= BORN,
    ),
  );
  const values = rows.map(({ entity, at, row }) => {
    const isBusy = row % DAY_ROWS >= 96;
    const cpu = (isBusy ? 0.4 : 0.24) * (1 + 0.04 * (random.nextFloat() - 0.5)) * times(entity, row);
    const { offset, divisor } = PROFILES[at]![0]!;
    return (cpu - offset) / divisor;
  });
  return {
    names: ['pod_cpu_usage'],
    entities,
    entityOf: Uint32Array.from(rows, ({ at }) => at),
    times: Float64Array.from(rows, ({ row }) => row * STEP),
    values: Float32Array.from(values),
    profiles: PROFILES,
  };
}

const LEAST_CHANGES = () => new Float64Array(1);

function fit(drawn: Drawn) {
  const x = draw(drawn);
  const learned = Uint8Array.from(x.times, (time) => Number(time < TRAINED * STEP));
  const scores = Float64Array.from(x.values, (value) => Math.abs(value));
  const fitted = calibrateEvidence({
    whole: { x, learned, scores },
    folds: [],
    settings: {
      step: STEP,
      settleAfter: 3 * 3_600_000,
      budget: { count: 1, per: 7 * 86_400_000 },
      leastChanges: LEAST_CHANGES,
      directions: ['both'],
    },
  });
  return { x, scores, fitted, leastChanges: LEAST_CHANGES };
}

/**
 * Largest evidence of an entity's metrics on the day after the training.
 * @param workloads as the owners of pods tell them
 */
function judge(drawn: Drawn, entity: string, workloads?: ReadonlyMap<string, string>): number {
  const given = fit(drawn);
  const { x, fitted } = given;
  const expectation = { ...fitted.expectation, workloads };
  const { metrics } = gatherEvidence({ ...given, fitted: { ...fitted, expectation }, lookback: 0 });
  return Math.max(...metrics.filter((_, row) => isOf(x, row, entity)));
}

function isOf(x: FeatureMatrix, row: number, entity: string): boolean {
  return x.entities[x.entityOf[row]!] === entity && x.times[row]! >= TRAINED * STEP;
}

const isAtTwo = (row: number): boolean => row >= TRAINED + 24 && row < TRAINED + 36;

test('a young pod in its first night is as usual if the older pods are, and do the same', () => {
  assert.ok(judge({}, YOUNG) < 1);
});

test('a pod that is no pod of a workload is judged by itself', () => {
  assert.ok(judge({ entities: [...OLD, 'shop/web'], isYoung: 'shop/web' }, 'shop/web') > 1);
});

test('pods whose names tell nothing are those of one workload by their owners', () => {
  const entities = ['shop/a', 'shop/b', 'shop/c', 'shop/d'];
  const workloads = new Map(entities.map((name) => [name, 'shop/web']));
  assert.ok(judge({ entities, isYoung: 'shop/d' }, 'shop/d') > 1);
  assert.ok(judge({ entities, isYoung: 'shop/d' }, 'shop/d', workloads) < 1);
});

test('of older pods at several levels the middle one is the measure', () => {
  assert.ok(judge({ times: (entity) => (entity === OLD[0] ? 2 : 1) }, YOUNG) < 1);
});

test('a young pod that does what the older ones do not is told of', () => {
  assert.ok(judge({ times: (entity, row) => (entity === YOUNG && isAtTwo(row) ? 2 : 1) }, YOUNG) > 1);
});

test('older pods that are off themselves excuse nobody', () => {
  const times = (_: string, row: number): number => (isAtTwo(row) ? 3 : 1);
  for (const entity of [OLD[0]!, YOUNG]) assert.ok(judge({ times }, entity) > 1);
});

test('what tells of a row goes by the same siblings as its evidence', () => {
  const { x, fitted } = fit({});
  const rows = Uint32Array.from(x.times.keys()).filter((row) => isOf(x, row, YOUNG));
  const found = findTellingColumns({ x, fitted, leastChanges: LEAST_CHANGES, offWhat: 'both' }, rows);
  assert.ok(found.every((columns) => columns.every(({ ratio }) => ratio < 1)));
});

test('of a fleet with a young pod in each workload, little is kept of each value', () => {
  const [workloads, rows] = [100, 4032];
  const entities = Array.from({ length: workloads }, (_, at) =>
    ['x2x4z', 'q9q9q'].map((pod) => `shop/web${at}x-6d4b75cb6d-${pod}`),
  ).flat();
  const series = { center: 0, spread: 1, low: -1, high: 1, slope: 0 };
  const none = { day: new Float32Array(), week: new Float32Array(), scatter: new Float32Array() };
  const old = { ...series, season: { ...none, day: new Float32Array(288) } };
  const expectation = {
    columns: ['cpu'],
    entities: new Map(entities.filter((_, at) => at % 2 === 0).map((entity) => [entity, [old]])),
    pooled: [{ ...series, season: none }],
  };
  const count = workloads * rows;
  const x = {
    names: ['cpu'],
    entities,
    entityOf: Uint32Array.from({ length: count }, (_, row) => 2 * Math.floor(row / rows)),
    times: Float64Array.from({ length: count }, (_, row) => (row % rows) * STEP),
    values: Float32Array.from({ length: count }, (_, row) => Math.sin(row)),
    profiles: entities.map(() => [profileOf(0.1)]),
  };
  const siblings = openSiblings({ x, expectation, step: STEP });
  const places = Float64Array.of(-1, 7, 8, rows - 1, rows);
  const before = measureMemory();
  for (const entity of entities.keys()) {
    const others = siblings.valuesAt(entity, 0, places);
    if (entity % 2 === 0) assert.equal(others, undefined);
    else {
      const first = (entity >> 1) * rows;
      const known = [7, 8, rows - 1].map((place) => x.values[first + place]!);
      const off = others!.map((value, at) => Math.abs(value - [Number.NaN, ...known, Number.NaN][at]!));
      assert.deepEqual([...off].map(Number.isNaN), [true, false, false, false, true]);
      assert.ok(off.every((each) => !(each > 1e-12)));
    }
  }
  const kept = measureMemory() - before;
  assert.ok(kept < 30 * count, `${kept / count} bytes a value`);
  assert.ok(siblings.valuesAt(1, 0, places) !== undefined);
});

function measureMemory(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

test('an older pod strays farther in its restless hours, and is as usual then', () => {
  const series = { center: 0, spread: 1, low: -3, high: 3, slope: 0, season: NO_SEASON };
  const knowing = (scatter: number): typeof series => ({
    ...series,
    season: { ...NO_SEASON, day: new Float32Array(DAY_ROWS), scatter: new Float32Array(24).fill(scatter) },
  });
  const entities = [OLD[0]!, YOUNG];
  const valueBeside = (scatter: number): number | undefined =>
    openSiblings({
      x: {
        names: ['cpu'],
        entities,
        entityOf: Uint32Array.of(0, 1),
        times: Float64Array.of(0, 0),
        values: Float32Array.of(6, 0),
        profiles: entities.map(() => [{ ...profileOf(1), offset: 0 }]),
      },
      expectation: {
        columns: ['cpu'],
        entities: new Map([[OLD[0]!, [knowing(scatter)]]]),
        pooled: [series],
      },
      step: STEP,
    }).valuesAt(1, 0, Float64Array.of(0))?.[0];
  assert.equal(valueBeside(4), 6);
  assert.equal(valueBeside(1), undefined);
});
