/** What every registered model has to do, whatever it is inside. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { KIND_FACTS, learnsBySteps, MODEL_KINDS, type ModelKind } from '../../lib/config/model-kind.ts';
import type { FeatureMatrix } from '../../lib/features/feature-matrix.ts';
import { seedRandom } from '../../lib/maths/random.ts';
import type { FittedModel, ModelState } from '../../lib/models/framework/contract.ts';
import { getModel } from '../../lib/models/registry.ts';
import { BAD_INPUT } from '../helpers/bad-input.ts';
import { NO_DEADLINE, readRealSample, rocAuc, toMatrix } from '../helpers/feature-matrices.ts';

const WIDTH = 5;
/** Twelve hours of minutes: the load goes up and down once. */
const PERIOD = 720;
const RUN = { seed: 17, deadline: NO_DEADLINE };
/** Sizes at which a kind that is trained in epochs takes a second, where its defaults take minutes. */
const SMALL_NETWORK = { sequenceLength: 16, hidden: 16, epochs: 15 };

/** Least area under the ROC curve on a real machine whose faults lie mostly among values that it has shown before. */
const LEAST_REAL_AUC = 0.85;
/** Of a kind that is for single metrics, and looks for values that were never there. */
const LEAST_REAL_AUC_OF: Readonly<Partial<Record<ModelKind, number>>> = { 'nearest-value': 0.7 };

for (const kind of MODEL_KINDS) {
  const model = await getModel(kind);
  describe(`model ${kind}`, () => {
    const { draws } = KIND_FACTS[kind];
    const params = model.parseParams(learnsBySteps(kind) ? SMALL_NETWORK : {});
    const training = loadMatrix({ rows: 1500, seed: 1 });
    /** One fit for all tests that ask a fitted model something: none of them changes it, which one test makes sure of. */
    const fitDefault = once(() => model.fit(training, params, RUN));

    test('higher is more anomalous: rows of a fault score above the rest, AUC at least 0.95', async () => {
      const labels = new Uint8Array(800);
      for (const start of [200, 330, 460, 590, 720]) labels.fill(1, start, start + 8);
      const x = loadMatrix({ rows: 800, seed: 2, faults: labels });
      const fitted = await fitDefault();
      const auc = judge(fitted, await fitted.score(x), labels);
      assert.ok(auc >= 0.95, `${auc}`);
    });

    test('the farther a fault goes, the higher its score, on average', async () => {
      const fitted = await fitDefault();
      const means: number[] = [];
      for (const size of [0, 1, 3]) {
        const labels = new Uint8Array(400).fill(1, 300, 340);
        const scores = await fitted.score(loadMatrix({ rows: 400, seed: 3, faults: labels, size }));
        means.push(scores.subarray(300, 340).reduce((sum, score) => sum + score, 0) / 40);
      }
      assert.ok(means[0]! < means[1]! && means[1]! < means[2]!, `${means}`);
    });

    const least = LEAST_REAL_AUC_OF[kind] ?? LEAST_REAL_AUC;
    test(`a real machine: AUC at least ${least} on SMD machine-1-2`, async () => {
      const fitted = await model.fit(readRealSample('smd-machine-1-2', 'train').x, params, RUN);
      const { x, labels } = readRealSample('smd-machine-1-2', 'test');
      const auc = judge(fitted, await fitted.score(x), labels);
      assert.ok(auc >= least, `${auc}`);
    });

    test(`the same matrix, params and seed give the same bytes, told of its progress or not, another seed ${draws ? 'other ones' : 'the same: nothing is drawn'}`, async () => {
      const seen: number[] = [];
      const onProgress = (done: number): void => void seen.push(done);
      const [first, again] = [await fitDefault(), await model.fit(training, params, { ...RUN, onProgress })];
      assert.equal(seen.at(-1), 1, 'progress ends at 1');
      assert.deepEqual(
        seen,
        seen.toSorted((a, b) => a - b),
        'progress never goes back',
      );
      assert.deepEqual(bytesOf(again.save()), bytesOf(first.save()));
      const other = await model.fit(training, params, { ...RUN, seed: 18 });
      const compare: (actual: unknown, expected: unknown) => void = draws
        ? assert.notDeepEqual
        : assert.deepEqual;
      compare(bytesOf(other.save()), bytesOf(first.save()));
    });

    test('fitting, scoring and explaining change neither their input nor the model', async () => {
      const before = structuredClone(training);
      const fitted = await fitDefault();
      assert.deepEqual(training, before);
      const saved = bytesOf(fitted.save());
      const x = loadMatrix({ rows: 300, seed: 4 });
      const unscored = structuredClone(x);
      const scores = await fitted.score(x);
      await fitted.explain(x, Uint32Array.of(299));
      assert.deepEqual(await fitted.score(x), scores);
      assert.deepEqual(x, unscored);
      assert.deepEqual(bytesOf(fitted.save()), saved);
    });

    test('a model that was saved and loaded scores and explains as before', async () => {
      const fitted = await fitDefault();
      const loaded = await model.load(fitted.save());
      const x = loadMatrix({ rows: 300, seed: 5 });
      assert.deepEqual(await loaded.score(x), await fitted.score(x));
      const rows = Uint32Array.of(250, 299);
      assert.deepEqual(await loaded.explain(x, rows), await fitted.explain(x, rows));
      assert.deepEqual(bytesOf(loaded.save()), bytesOf(fitted.save()));
      assert.equal(loaded.contextRows, fitted.contextRows);
    });

    test('constant input is fitted and scored, and a constant that moves stands out', async () => {
      const constant = toMatrix(Array.from({ length: 600 }, () => [0, 0, 0]));
      const fitted = await model.fit(constant, params, RUN);
      const moved = { ...constant, values: constant.values.with(3 * 599 + 1, 100) };
      const scores = await fitted.score(moved);
      const usual = scores.subarray(fitted.unscoredRows, 599);
      assert.ok(usual.every(Number.isFinite));
      assert.ok(scores[599]! > Math.max(...usual), `${scores[599]} against ${Math.max(...usual)}`);
      const [contributions] = await fitted.explain(moved, Uint32Array.of(599));
      assert.equal(contributions![0]!.feature, 'm1');
    });

    test('missing values, single and in stretches, are fitted and scored', async () => {
      const withGaps = (x: FeatureMatrix): FeatureMatrix => ({
        ...x,
        values: x.values.map((value, i) => {
          const row = Math.floor(i / WIDTH);
          return i % 37 === 0 || (row >= 100 && row < 140) ? NaN : value;
        }),
      });
      const fitted = await model.fit(withGaps(training), params, RUN);
      const scores = await fitted.score(withGaps(loadMatrix({ rows: 400, seed: 6 })));
      assert.ok(scores.subarray(fitted.unscoredRows).every(Number.isFinite));
      const rows = Uint32Array.of(399);
      assert.ok((await fitted.explain(withGaps(loadMatrix({ rows: 400, seed: 6 })), rows))[0]!.length > 0);
    });

    test('only the first rows of an entity go without a score; short windows and none do no harm', async () => {
      const fitted = await fitDefault();
      for (const rows of [0, 1, 2, 5, fitted.unscoredRows + 1]) {
        const scores = await fitted.score(loadMatrix({ rows, seed: 7 }));
        assert.equal(scores.length, rows);
        for (const [row, score] of scores.entries())
          assert.equal(Number.isNaN(score), row < fitted.unscoredRows, `row ${row} of ${rows}`);
      }
      const two = joinEntities(loadMatrix({ rows: 300, seed: 8 }), loadMatrix({ rows: 300, seed: 9 }));
      const scores = await fitted.score(two);
      for (const [row, score] of scores.entries())
        assert.equal(Number.isNaN(score), row % 300 < fitted.unscoredRows, `row ${row}`);
    });

    test('an entity scores the same alone and beside another', async () => {
      const fitted = await fitDefault();
      const [a, b] = [loadMatrix({ rows: 300, seed: 8 }), loadMatrix({ rows: 301, seed: 9 })];
      const together = await fitted.score(joinEntities(a, b));
      assert.deepEqual(together.slice(0, 300), await fitted.score(a));
      assert.deepEqual(together.slice(300), await fitted.score(b));
    });

    test('rows from a time on score to the bit as among all of them, whatever they look back on', async () => {
      const fitted = await fitDefault();
      const withGaps = (x: FeatureMatrix): FeatureMatrix => ({
        ...x,
        values: x.values.map((value, i) => (i % 41 === 0 ? NaN : value)),
      });
      const x = withGaps(
        joinEntities(loadMatrix({ rows: 300, seed: 8 }), loadMatrix({ rows: 301, seed: 9 })),
      );
      const all = await fitted.score(x);
      const last = x.times.reduce((a, b) => Math.max(a, b));
      for (const from of [0, x.times[40]!, x.times[173]!, x.times[285]!, last, last + 1]) {
        const scores = await fitted.score(x, from);
        const differing = [...x.times.keys()].filter(
          (row) => x.times[row]! >= from && !Object.is(scores[row], all[row]),
        );
        assert.equal(scores.length, all.length);
        assert.deepEqual(differing, [], `from ${from}`);
        // What looks back on nothing has no earlier rows to leave out.
        const left = [...x.times.keys()].filter((row) => x.times[row]! < from && !Number.isNaN(scores[row]));
        if (fitted.contextRows > 0) assert.deepEqual(left, [], `earlier rows scored, from ${from}`);
      }
    });

    test('other columns, or the same in another order, are an error', async () => {
      const fitted = await fitDefault();
      const x = loadMatrix({ rows: 300, seed: 10 });
      for (const names of [
        x.names.toReversed(),
        ['m0', 'm1', 'm2', 'm3', 'other'],
        ['m0', 'm1', 'm2', 'm3'],
        [...x.names, 'm5'],
      ]) {
        const given = { ...x, names, values: new Float32Array(300 * names.length) };
        await assert.rejects(fitted.score(given), { name: 'FeatureError' });
        await assert.rejects(fitted.explain(given, Uint32Array.of(299)), { name: 'FeatureError' });
      }
    });

    test('shares are positive, largest first, of known columns, and add up to 1', async () => {
      const fitted = await fitDefault();
      const x = loadMatrix({ rows: 300, seed: 11, faults: new Uint8Array(300).fill(1, 290) });
      const rows = Uint32Array.of(260, 295, 299);
      const explained = await fitted.explain(x, rows);
      assert.equal(explained.length, rows.length);
      for (const contributions of explained) {
        const shares = contributions.map(({ share }) => share);
        assert.ok(shares.every((share) => share > 0 && share <= 1));
        assert.deepEqual(
          shares,
          shares.toSorted((a, b) => b - a),
        );
        assert.ok(Math.abs(shares.reduce((sum, share) => sum + share, 0) - 1) < 1e-9);
        assert.ok(contributions.every(({ feature }) => x.names.includes(feature)));
      }
      await assert.rejects(fitted.explain(x, Uint32Array.of(300)), { name: 'FeatureError' });
    });

    test('a metric that leaves its range alone is named first', async () => {
      const fitted = await fitDefault();
      for (let c = 0; c < WIDTH; c++) {
        const x = loadMatrix({ rows: 300, seed: 12 });
        for (let row = 290; row < 300; row++) x.values[row * WIDTH + c] = 25;
        const [contributions] = await fitted.explain(x, Uint32Array.of(295));
        assert.equal(contributions![0]!.feature, `m${c}`);
      }
    });

    for (const [what, { train, next, odd }] of Object.entries(BAD_INPUT)) {
      test(`${what}: fitted, every row scored with a number, and a value far outside stands out`, async () => {
        const fitted = await model.fit(toMatrix(train), params, RUN);
        const rows = [...train, ...next, next.at(-1)!.with(0, odd)];
        const scores = await fitted.score(toMatrix(rows));
        const last = rows.length - 1;
        assert.ok(scores.subarray(fitted.unscoredRows).every(Number.isFinite), `${scores}`);
        const usual = scores.subarray(fitted.unscoredRows, train.length).toSorted();
        assert.ok(scores[last]! > usual[usual.length >> 1]!, `${scores[last]} beside ${usual}`);
        const [contributions] = await fitted.explain(toMatrix(rows), Uint32Array.of(last));
        const numbers = contributions!.flatMap(({ share, expected, low, high }) => [
          share,
          expected,
          low,
          high,
        ]);
        assert.ok(
          numbers.every((number) => number === undefined || Number.isFinite(number)),
          `${numbers}`,
        );
      });
    }

    test('a deadline that has passed stops the fit, and leaves no half of a model', async () => {
      await assert.rejects(model.fit(training, params, { ...RUN, deadline: { remaining: () => 0 } }), {
        name: 'RetryLaterError',
      });
    });

    test('too little data, an unknown parameter and a foreign state are named errors', async () => {
      await assert.rejects(model.fit(loadMatrix({ rows: 0, seed: 1 }), params, RUN), { name: 'ModelError' });
      assert.throws(() => model.parseParams({ noSuchParameter: 1 }), {
        name: 'ModelError',
        message: /noSuchParameter/,
      });
      const state = (await fitDefault()).save();
      for (const foreign of [
        { ...state, kind: 'other' as ModelState['kind'] },
        { ...state, formatVersion: 999 },
        { ...state, arrays: {} },
        { ...state, json: null },
      ])
        await assert.rejects(model.load(foreign), { name: 'ArtifactError' });
    });
  });
}

interface Load {
  readonly rows: number;
  readonly seed: number;
  /** Rows with 1: the first column leaves its range by `size`, and takes no part in the common load. */
  readonly faults?: Uint8Array;
  readonly size?: number;
}

/** Metrics that follow one load up and down, each with some noise of its own. Scaled: about -2 to 2. */
function loadMatrix({ rows, seed, faults, size = 3 }: Load): FeatureMatrix {
  const random = seedRandom(seed);
  const noise = (): number => random.nextFloat() + random.nextFloat() + random.nextFloat() - 1.5;
  const table = Array.from({ length: rows }, (_, row) => {
    const load = 1.4 * Math.sin((2 * Math.PI * row) / PERIOD);
    const values = Array.from({ length: WIDTH }, (_, c) => (c % 2 === 0 ? load : -load) + 0.4 * noise());
    return faults?.[row] === 1 ? values.with(0, values[0]! + 1.5 * size) : values;
  });
  return toMatrix(
    table,
    Array.from({ length: WIDTH }, (_, c) => `m${c}`),
  );
}

function joinEntities(a: FeatureMatrix, b: FeatureMatrix): FeatureMatrix {
  return {
    names: a.names,
    entities: ['a', 'b'],
    entityOf: Uint32Array.from([...a.entityOf.map(() => 0), ...b.entityOf.map(() => 1)]),
    times: Float64Array.from([...a.times, ...b.times]),
    values: Float32Array.from([...a.values, ...b.values]),
  };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

function judge({ unscoredRows }: FittedModel, scores: Float64Array, labels: Uint8Array): number {
  return rocAuc(scores.subarray(unscoredRows), labels.subarray(unscoredRows));
}

/** Deep copies with each array as its bytes, so that NaN and -0 compare as they are stored. */
function bytesOf({ arrays, ...rest }: ModelState): unknown {
  const bytes = Object.entries(arrays).map(([name, { buffer, byteOffset, byteLength }]) => [
    name,
    Buffer.from(buffer, byteOffset, byteLength).toString('base64'),
  ]);
  return structuredClone({ ...rest, bytes });
}
