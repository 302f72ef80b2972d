import assert from 'node:assert/strict';
import { test } from 'node:test';
import { calibrateEvidence } from '../../../lib/evidence/calibrate-evidence.ts';
import { type FittedEvidence, gatherEvidence } from '../../../lib/evidence/evidence.ts';
import { fitStarts } from '../../../lib/evidence/fit-starts.ts';
import {
  boundsOf,
  countAllSpans,
  countSpans,
  knownUntil,
  leaveOutStart,
  longestOverrun,
  overrunOf,
  spanAt,
} from '../../../lib/evidence/starts.ts';
import { loadEvidence, saveEvidence } from '../../../lib/evidence/state.ts';
import { countScanRows, planScan } from '../../../lib/evidence/statistics.ts';
import { findTellingColumns } from '../../../lib/evidence/telling-metrics.ts';
import type { FeatureMatrix } from '../../../lib/features/feature-matrix.ts';
import type { Profile } from '../../../lib/features/profile.ts';
import { seedRandom } from '../../../lib/maths/random.ts';
import { drawNormal } from '../../../lib/simulate/noise.ts';

const STEP = 60_000;
const DAY = 24 * 60;
const PLAN = planScan(STEP, 180 * STEP);
const LETTERS = 'bcdfghjklmnp';
/** In the metric's own units, 10 a spread. */
const PROFILE: Profile = {
  shape: 'varies',
  center: 100,
  scale: 10,
  low: 70,
  high: 130,
  offset: 100,
  divisor: 10,
};
const LEAST_CHANGES = () => new Float64Array(1);

interface Pod {
  readonly name: string;
  /** Rows. */
  readonly from: number;
  readonly to: number;
  /** Spreads, at an age in rows. */
  readonly off: (age: number) => number;
}

/** Pods of which those that began within the history are a few spreads higher for some minutes. */
function history(count: number, minutes: (pod: number) => number): readonly Pod[] {
  return Array.from(
    { length: count },
    (_, pod): Pod => ({
      name: `shop/web-6d4cf56db6-x2x4${LETTERS[pod]!}`,
      from: pod < 2 ? 0 : Math.round((pod * 2.5 * DAY) / count),
      to: 4 * DAY,
      off: (age) => (pod >= 2 && age < minutes(pod) ? 6 : 0),
    }),
  );
}

function measure(pods: readonly Pod[]): FeatureMatrix {
  const random = seedRandom(5);
  const rows = pods.flatMap(({ from, to, off }, entity) =>
    Array.from({ length: to - from }, (_, age) => ({
      entity,
      time: (from + age) * STEP,
      value: off(age) + drawNormal(random),
    })),
  );
  return {
    names: ['cpu'],
    entities: pods.map(({ name }) => name),
    entityOf: Uint32Array.from(rows, ({ entity }) => entity),
    times: Float64Array.from(rows, ({ time }) => time),
    values: Float32Array.from(rows, ({ value }) => value),
    profiles: pods.map(() => [PROFILE]),
  };
}

function train(x: FeatureMatrix, learned = new Uint8Array(x.times.length).fill(1)): FittedEvidence {
  return calibrateEvidence({
    whole: { x, scores: Float64Array.from(x.values, Math.abs), learned },
    folds: [],
    settings: {
      step: STEP,
      settleAfter: 180 * STEP,
      budget: { count: 1, per: 7 * DAY * STEP },
      leastChanges: LEAST_CHANGES,
      directions: ['both'],
    },
  });
}

/** Age, in rows, at which a new pod opens an incident; undefined where it does not within four hours. */
function tell(
  fitted: FittedEvidence,
  off: Pod['off'],
  name = 'shop/web-79c8d6f8b9-zzzzz',
): number | undefined {
  const x = measure([{ name, from: 5 * DAY, to: 5 * DAY + 240, off }]);
  const scores = new Float64Array(240).fill(Number.NaN);
  const { metrics } = gatherEvidence({ x, scores, fitted, lookback: 0, leastChanges: LEAST_CHANGES });
  const at = metrics.findIndex((evidence) => evidence >= 1);
  return at < 0 ? undefined : at;
}

const TRAINED = train(measure(history(10, (pod) => 3 + (pod % 3))));

test('a pod that starts as its siblings did is no anomaly, and one that starts otherwise is one from its first rows on', () => {
  assert.equal(
    tell(TRAINED, (age) => (age < 4 ? 6 : 0)),
    undefined,
  );
  // Three rows make a statistic.
  assert.ok(tell(TRAINED, () => 30)! <= 3);
  assert.ok(tell(TRAINED, () => -30)! <= 3);
  // What siblings have for some minutes, this one has for a quarter of an hour.
  const at = tell(TRAINED, (age) => (age < 15 ? 8 : 0))!;
  assert.ok(at > 3 && at < 15, `told at ${at}`);
});

test('of a workload whose pods never began within the history nothing is said while a pod is young', () => {
  const young = PLAN.recent.block * 4;
  assert.equal(
    tell(TRAINED, (age) => (age < young ? 30 : 0), 'shop/other-79c8d6f8b9-zzzzz'),
    undefined,
  );
  assert.ok(tell(TRAINED, () => 30, 'shop/other-79c8d6f8b9-zzzzz')! >= young);
  const few = train(measure(history(4, () => 3)));
  assert.equal(few.starts.size, 0);
});

test('the more the starts differ, the farther out one has to be', () => {
  const wild = train(measure(history(10, (pod) => 2 + 5 * (pod % 4))));
  const of = (fitted: FittedEvidence): number =>
    boundsOf(fitted.starts, { entity: 'shop/web-79c8d6f8b9-zzzzz', column: 0 })!.high[6]!;
  assert.ok(of(wild) > of(TRAINED), `${of(wild)} and ${of(TRAINED)}`);
});

test('one that is sooner or later than its siblings by a span is as they are, and bounds have their side', () => {
  const bounds = boundsOf(TRAINED.starts, { entity: 'shop/web-79c8d6f8b9-zzzzz', column: 0 })!;
  const brief = train(measure(history(10, () => 1)));
  const next = boundsOf(brief.starts, { entity: 'shop/web-79c8d6f8b9-zzzzz', column: 0 })!;
  assert.ok(next.high[1]! > 50 && next.high[2]! < 50, [...next.high].join(' '));
  const low = history(10, () => 20).map(({ off, ...pod }) => ({
    ...pod,
    off: (age: number) => -2 * off(age),
  }));
  const below = boundsOf(train(measure(low)).starts, { entity: 'shop/web-79c8d6f8b9-zzzzz', column: 0 })!;
  for (const each of [bounds, next, below]) {
    assert.ok(each.high.every((value) => value >= 0));
    assert.ok(each.low.every((value) => value <= 0));
  }
  assert.equal(below.high[0], 0);
});

test('the more starts there are in a history, and the more is judged by one, the farther out each has to be', () => {
  const x = measure(history(10, (pod) => 3 + (pod % 3)));
  const high = (among: number): number => {
    const starts = fitStarts({
      x,
      learned: new Uint8Array(x.times.length).fill(1),
      plan: PLAN,
      expectation: TRAINED.expectation,
      leastChanges: LEAST_CHANGES,
      budget: { count: 1, per: 7 * DAY * STEP },
      among,
    });
    return boundsOf(starts, { entity: 'shop/web-79c8d6f8b9-zzzzz', column: 0 })!.high[0]!;
  };
  assert.ok(high(100) > high(1), `${high(100)} and ${high(1)}`);
});

test('of a pod that training knows by some hours alone the start is not learned from: its level is that of its start', () => {
  const brief = history(10, () => 3).map((pod, at) => (at < 2 ? pod : { ...pod, to: pod.from + 180 }));
  const some = brief
    .filter((_, at) => at >= 2)
    .map((pod) => ({ ...pod, name: pod.name.replace('web', 'cart') }));
  const { starts, expectation } = train(measure([...brief.slice(0, 2), ...some]));
  assert.ok(some.every(({ name }) => expectation.entities.has(name)));
  assert.deepEqual([...starts.keys()], []);
});

test('what is told of a young pod is off by what its siblings were not, as what opens an incident is', () => {
  const x = measure([
    { name: 'shop/web-79c8d6f8b9-zzzzz', from: 5 * DAY, to: 5 * DAY + 60, off: (age) => (age < 4 ? 8 : 0) },
  ]);
  const ratioOf = (fitted: FittedEvidence): number =>
    findTellingColumns({ x, fitted, leastChanges: LEAST_CHANGES, offWhat: 'both' }, Uint32Array.of(3))[0]?.[0]
      ?.ratio ?? 0;
  assert.ok(ratioOf(TRAINED) < 0.5);
  assert.ok(ratioOf({ ...TRAINED, starts: new Map() }) > 1);
});

test('starts are known as far as three pods lived, and what that is survives being stored', () => {
  const short = history(8, () => 2).map((pod, at) => (at < 2 ? pod : { ...pod, to: pod.from + 10 }));
  const fitted = train(measure(short));
  const bounds = boundsOf(fitted.starts, { entity: 'shop/web-79c8d6f8b9-zzzzz', column: 0 })!;
  assert.equal(bounds.high.length, countAllSpans(PLAN));
  const until = knownUntil(bounds, PLAN);
  assert.ok(until >= 10 * STEP && until < 30 * STEP, `${until / STEP} min`);
  assert.deepEqual(loadEvidence(JSON.parse(JSON.stringify(saveEvidence(fitted)))).starts, fitted.starts);
});

test('of a pod that is young, and older than those whose starts are known, nothing is said', () => {
  const short = history(8, () => 2).map((pod, at) => (at < 2 ? pod : { ...pod, to: pod.from + 10 }));
  const fitted = train(measure(short));
  const grace = PLAN.recent.block * 4;
  assert.ok(tell(fitted, () => 30)! <= 3);
  assert.equal(
    tell(fitted, (age) => (age >= 30 && age < grace ? 30 : 0)),
    undefined,
  );
});

test('a version of before knows nothing of starts, and what is not as long as it should be is refused', () => {
  const { starts: _, ...rest } = JSON.parse(JSON.stringify(saveEvidence(TRAINED)));
  assert.equal(loadEvidence(rest).starts.size, 0);
  const bad = { ...rest, starts: [{ workload: 'shop/web', bounds: 'AAAA' }] };
  assert.throws(() => loadEvidence(bad), { code: 'bad-features', message: /starts of shop\/web: 3 bytes/ });
});

/** A cache fills: five spreads below at first, and for `rows` so far that the rest of it can be seen. */
const fill = (rows: number) => (age: number) => -30 * Math.exp(-age / rows);
const SLOW = history(10, () => 0).map((pod, at) => (at < 2 ? pod : { ...pod, off: fill(40 + at) }));

test('starts that take hours are judged by those of siblings to their end, and what is otherwise is told of', () => {
  const slow = train(measure(SLOW));
  const name = 'shop/web-79c8d6f8b9-zzzzz';
  const overrun = overrunOf(slow.starts, { entity: name }) / STEP;
  assert.ok(overrun >= 30 && overrun <= 180, `${overrun} min`);
  assert.equal(tell(slow, fill(44)), undefined);
  assert.ok(tell(train(measure(history(10, () => 3))), fill(44)) !== undefined);
  // Falls while the others have long filled, or climbs beyond what they come to.
  const late = tell(slow, (age) => (age < 150 ? fill(44)(age) : -30))!;
  assert.ok(late >= 150 && late < 165, `told at ${late}`);
  assert.ok(tell(slow, (age) => fill(44)(age) + (age > 80 ? 12 : 0))! < 95);
});

test('a start goes on for as long as a quarter of the pods is off, to either side, in any column', () => {
  const slowOf = (which: (pod: number) => boolean, off: Pod['off'] = fill(44)) =>
    train(measure(history(14, () => 0).map((pod, at) => (at >= 2 && which(at) ? { ...pod, off } : pod))));
  const overrun = (fitted: FittedEvidence): number => longestOverrun(fitted.starts) / STEP;
  assert.equal(overrun(slowOf((pod) => pod < 4)), 0);
  assert.ok(overrun(slowOf((pod) => pod % 4 === 2)) > 30);
  assert.ok(
    overrun(
      slowOf(
        () => true,
        (age) => -fill(44)(age),
      ),
    ) > 30,
  );
  // Just longer than a pod is young, and not at all.
  assert.ok(
    overrun(
      slowOf(
        () => true,
        (age) => (age < 66 ? -12 : 0),
      ),
    ) > 6,
  );
  assert.equal(
    overrun(
      slowOf(
        () => true,
        (age) => (age < 59 ? -12 : 0),
      ),
    ),
    0,
  );
});

test('pods that begin together are one event: a bad release is not how a workload starts', () => {
  const together = history(14, () => 0).map((pod, at) => {
    if (at < 2) return pod;
    const from = Math.floor((at - 2) / 4) * DAY + DAY / 2 + (at % 4) * 5;
    return { ...pod, from, off: (age: number) => (at >= 6 && at < 10 && age < 180 ? 30 : 0) };
  });
  assert.equal(longestOverrun(train(measure(together)).starts), 0);
  // Nor does one hide a fault where starts do take long.
  const slow = together.map((pod, at) =>
    at < 2 ? pod : { ...pod, off: (age: number) => fill(60)(age) - 3 * pod.off(age) },
  );
  const fitted = train(measure(slow));
  assert.ok(longestOverrun(fitted.starts) > 0);
  const at = tell(fitted, (age) => fill(60)(age) - (age > 100 ? 40 : 0))!;
  assert.ok(at > 100 && at < 115, `told at ${at}`);
});

test('starts that are over within the hour go on for no longer, and are stored as they were', () => {
  assert.equal(longestOverrun(TRAINED.starts), 0);
  const [web] = JSON.parse(JSON.stringify(saveEvidence(TRAINED))).starts;
  assert.deepEqual(Object.keys(web), ['workload', 'bounds']);
  assert.equal(Buffer.from(web.bounds, 'base64').length, 2 * 4 * countSpans(PLAN));
  // One pod of ten is not how they start.
  const one = train(measure(SLOW.map((pod, at) => (at === 5 ? pod : { ...pod, off: () => 0 }))));
  assert.equal(longestOverrun(one.starts), 0);
});

test('how long starts take survives being stored, and nonsense is refused', () => {
  const slow = train(measure(SLOW));
  const raw = JSON.parse(JSON.stringify(saveEvidence(slow)));
  assert.deepEqual(loadEvidence(raw).starts, slow.starts);
  const bad = { ...raw, starts: [{ ...raw.starts[0], later: 'AAAA' }] };
  assert.throws(() => loadEvidence(bad), { code: 'bad-features', message: /later starts of shop\/web: 3/ });
  const nan = Buffer.from(raw.starts[0].later, 'base64').fill(0xff);
  const worse = { ...raw, starts: [{ ...raw.starts[0], later: nan.toString('base64') }] };
  assert.throws(() => loadEvidence(worse), { code: 'bad-features', message: /the bound NaN/ });
});

test('no level comes of a start, however long it takes, and the model is silent for as long', () => {
  const slow = train(measure(SLOW));
  const overrun = overrunOf(slow.starts, { entity: 'shop/web-79c8d6f8b9-zzzzz' }) / STEP;
  const rows = 12 * 60;
  const x = measure([{ name: 'shop/web-79c8d6f8b9-zzzzz', from: 5 * DAY, to: 5 * DAY + rows, off: () => 0 }]);
  const scores = new Float64Array(rows).fill(1e6);
  // A model counts where some metric matters: every row of these does.
  const leastChanges = () => Float64Array.of(0);
  const firstOf = (fitted: FittedEvidence): number => {
    const { joint } = gatherEvidence({ x, scores, fitted, lookback: 0, leastChanges });
    return joint.findIndex((evidence) => evidence > 0);
  };
  const withModel = (fitted: FittedEvidence) => ({ ...fitted, reach: fitted.reach.map(() => 1) });
  const known = firstOf(withModel(TRAINED));
  assert.ok(known > 0);
  assert.equal(firstOf(withModel(slow)), known + overrun);
  // A pod whose owner tells its workload is as late; another workload is not.
  const workloads = new Map([['shop/web-79c8d6f8b9-zzzzz', 'shop/cart']]);
  const owned = { ...slow, expectation: { ...slow.expectation, workloads } };
  assert.equal(firstOf(withModel(owned)), known);
});

test('what siblings were off is taken off, and never more than there is', () => {
  const spans = countSpans(PLAN);
  const bounds = { low: new Float32Array(spans).fill(-20), high: new Float32Array(spans).fill(30) };
  const ages = Float64Array.of(0, 0, 0, 0, 24 * 60 * STEP);
  const off = Float64Array.of(5, 2, -5, Number.NaN, 5);
  leaveOutStart(off, { bounds, ages, plan: PLAN, unit: 10, overrun: 0 });
  assert.deepEqual([...off], [2, 0, -3, Number.NaN, 5]);
  // What nobody knows is left as it is.
  const unknown = {
    low: bounds.low,
    high: new Float32Array(spans).fill(Number.NaN),
  };
  const beyond = Float64Array.of(5, -5);
  leaveOutStart(beyond, { bounds: unknown, ages: ages.subarray(0, 2), plan: PLAN, unit: 10, overrun: 0 });
  assert.deepEqual([...beyond], [5, -3]);
  // A metric that never moved has no unit: what its siblings were off cannot be compared.
  const still = Float64Array.of(5);
  leaveOutStart(still, { bounds, ages, plan: PLAN, unit: 0, overrun: 0 });
  assert.deepEqual([...still], [0]);
});

test('what was learned of a start counts at the age that the pod had, also where its first rows were not learned from', () => {
  const pods = history(10, () => 40);
  const x = measure(pods);
  const labelled = 20;
  const begins = pods.map(({ from }) => from * STEP);
  const isLearned = (row: number): boolean => x.times[row]! - begins[x.entityOf[row]!]! >= labelled * STEP;
  const fitted = train(
    x,
    Uint8Array.from(x.times, (_, row) => Number(isLearned(row))),
  );
  const bounds = boundsOf(fitted.starts, { entity: 'shop/web-79c8d6f8b9-zzzzz', column: 0 })!;
  assert.equal(knownUntil(bounds, PLAN), 0);
  assert.ok(bounds.high[spanAt(30 * STEP, STEP)]! > 50);
});

test('a metric that never moved is known to start as it goes on, also where a first row has no value', () => {
  const still: Profile = { ...PROFILE, shape: 'constant', center: 0, low: 0, high: 0, scale: 0, divisor: 0 };
  const pods = history(10, () => 0);
  const x = measure(pods);
  const isFirst = (row: number): boolean => x.entityOf[row] !== x.entityOf[row - 1];
  const values = x.values.map((_, row) => (isFirst(row) ? Number.NaN : 0));
  const { starts } = train({ ...x, values, profiles: pods.map(() => [still]) });
  const bounds = boundsOf(starts, { entity: 'shop/web-79c8d6f8b9-zzzzz', column: 0 })!;
  assert.equal(knownUntil(bounds, PLAN), Number.POSITIVE_INFINITY);
  assert.equal(bounds.high[0], 0);
  // Of one that moved in a start there is no unit to tell by how far.
  const moved = values.map((value, row) => (isFirst(row - 1) ? 5 : value));
  const unsteady = train({ ...x, values: moved, profiles: pods.map(() => [still]) });
  const none = boundsOf(unsteady.starts, { entity: 'shop/web-79c8d6f8b9-zzzzz', column: 0 })!;
  assert.equal(knownUntil(none, PLAN), 0);
});

test('a pod is held to how the pods of its owner start, where its name tells another workload', () => {
  const entity = 'shop/cart-79c8d6f8b9-zzzzz';
  const of = (workloads?: ReadonlyMap<string, string>) =>
    boundsOf(TRAINED.starts, { entity, column: 0, workloads });
  assert.equal(of(), undefined);
  const web = boundsOf(TRAINED.starts, { entity: 'shop/web-79c8d6f8b9-zzzzz', column: 0 });
  assert.equal(of(new Map([[entity, 'shop/web']])), web);
  const x = measure([{ name: entity, from: 5 * DAY, to: 5 * DAY + 60, off: () => 30 }]);
  const scores = new Float64Array(60).fill(Number.NaN);
  const told = (workloads: ReadonlyMap<string, string>): boolean => {
    const fitted = { ...TRAINED, expectation: { ...TRAINED.expectation, workloads } };
    const { metrics } = gatherEvidence({ x, scores, fitted, lookback: 0, leastChanges: LEAST_CHANGES });
    return metrics.some((evidence) => evidence >= 1);
  };
  assert.equal(told(new Map()), false);
  assert.equal(told(new Map([[entity, 'shop/web']])), true);
});

test('a pod that training did not know is judged the same, however much more than it has to be looked back on is there', () => {
  const window = 15;
  const name = 'shop/web-79c8d6f8b9-zzzzz';
  const slow = train(measure(SLOW));
  assert.ok(longestOverrun(slow.starts) > 0);
  for (const [fitted, off] of [TRAINED, slow].flatMap((each) =>
    [
      (age: number) => (age % 240 < 150 ? 6 : 0),
      (age: number) => (age > 600 ? 3 : 0),
      (age: number) => age / 120,
      fill(44),
    ].map((one) => [each, one] as const),
  )) {
    const reach = countScanRows(PLAN, longestOverrun(fitted.starts));
    const rows = reach + 40 * window;
    const x = measure([{ name, from: 5 * DAY, to: 5 * DAY + rows, off }]);
    const gather = (from: number, to: number): Float64Array => {
      const part = {
        ...x,
        entityOf: x.entityOf.slice(from, to),
        times: x.times.slice(from, to),
        values: x.values.slice(from, to),
      };
      const scores = new Float64Array(to - from).fill(Number.NaN);
      return gatherEvidence({ x: part, scores, fitted, lookback: 0, leastChanges: LEAST_CHANGES }).metrics;
    };
    const whole = gather(0, rows);
    for (let from = reach; from < rows; from += window) {
      const cut = gather(from - reach, from + window);
      assert.deepEqual(cut.subarray(reach), whole.subarray(from, from + window), `${off} at ${from}`);
    }
  }
});

test('of a young pod a mean is of the rows since it began', () => {
  const x = measure([{ name: 'shop/web-79c8d6f8b9-zzzzz', from: 5 * DAY, to: 5 * DAY + 240, off: () => 12 }]);
  const scores = new Float64Array(240).fill(Number.NaN);
  const { metrics, stretch } = gatherEvidence({
    x,
    scores,
    fitted: TRAINED,
    lookback: 0,
    leastChanges: LEAST_CHANGES,
  });
  const longest = Array.from(stretch, (rows, age) => (metrics[age]! > 0 ? rows - age : 0));
  assert.equal(Math.max(...longest), 1);
  assert.ok(stretch.some((rows, age) => rows === age + 1 && rows > 4));
});
