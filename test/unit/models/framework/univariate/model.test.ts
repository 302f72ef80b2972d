/** The frame that models of single metrics share, on a kind that knows only means. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { FeatureMatrix } from '../../../../../lib/features/feature-matrix.ts';
import type { Checkpoint, FitRun, ModelState } from '../../../../../lib/models/framework/contract.ts';
import type { Series, UnivariateKind } from '../../../../../lib/models/framework/univariate/contract.ts';
import { countMeasured, poolSeries } from '../../../../../lib/models/framework/univariate/group-rows.ts';
import { createUnivariateModel } from '../../../../../lib/models/framework/univariate/model.ts';
import { NO_DEADLINE } from '../../../../helpers/feature-matrices.ts';

const RUN: FitRun = { seed: 1, deadline: NO_DEADLINE };

/** Record: mean. Counts its fits. */
function createMeans(): {
  readonly kind: UnivariateKind<{ readonly least: number }>;
  readonly fits: Series[];
} {
  const fits: Series[] = [];
  const fit = (series: Series): number[] => {
    fits.push(series);
    const measured = series.values.filter((value) => !Number.isNaN(value));
    return [measured.reduce((sum, value) => sum + value, 0) / measured.length];
  };
  const kind: UnivariateKind<{ readonly least: number }> = {
    kind: 'seasonal',
    recordVersion: 1,
    recordType: Float64Array,
    leastValues: ({ least }) => least,
    weigh: 'by-tail',
    valuesPerSecond: 1e6,
    contextRows: () => 0,
    unscoredRows: () => 0,
    parseParams: () => ({ least: 3 }),
    openFit: async () => ({ fit, fitPool: (all) => fit(poolSeries(all, 1000)) }),
    score: ({ values }, record, _, scores) => {
      for (let i = 0; i < values.length; i++) {
        scores.expected[i] = record[0]!;
        scores.low[i] = record[0]! - 2;
        scores.high[i] = record[0]! + 2;
        scores.residuals[i] = values[i]! - record[0]!;
      }
    },
    describeFit: (records) => [`${records.length} records`],
    findFault: (record) => (record.length === 1 ? undefined : `it has ${record.length} numbers`),
  };
  return { kind, fits };
}

/** Entity → rows of two columns. */
function toMatrix(tables: Readonly<Record<string, readonly (readonly [number, number])[]>>): FeatureMatrix {
  const rows = Object.entries(tables).flatMap(([, table], entity) =>
    table.map((values, i) => ({ entity, time: i * 60_000, values })),
  );
  return {
    names: ['a', 'b'],
    entities: Object.keys(tables),
    entityOf: Uint32Array.from(rows, ({ entity }) => entity),
    times: Float64Array.from(rows, ({ time }) => time),
    values: Float32Array.from(rows.flatMap(({ values }) => values)),
  };
}

const level = (a: number, b: number, rows = 10): (readonly [number, number])[] =>
  Array.from({ length: rows }, (_, i) => [a + (i % 2) - 0.5, b + (i % 2) - 0.5] as const);
const TRAINING = toMatrix({ x: level(0, 100), y: level(10, 200), z: level(20, 300) });

function remember(): Checkpoint & { state: ModelState | undefined } {
  return {
    state: undefined,
    async read() {
      return this.state;
    },
    async write(state) {
      this.state = state;
    },
  };
}

describe('models of single metrics', () => {
  test('each entity is held to its own past, one that was not there to that of all', async () => {
    const model = createUnivariateModel(createMeans().kind);
    const fitted = await model.fit(TRAINING, { least: 3 }, RUN);
    const x = toMatrix({ y: [[10, 200]], x: [[10, 200]], other: [[10, 200]] });
    const [y, moved, other] = await fitted.score(x);
    assert.equal(y, 0);
    assert.ok(moved! > 10);
    // The means of all three are 10 and 200.
    assert.equal(other, 0);
    const [own, , pooled] = await fitted.explain(x, Uint32Array.of(0, 1, 2));
    assert.equal(own![0]!.expected, 10);
    assert.equal(pooled![0]!.expected, 10);
    assert.deepEqual(fitted.summary.notes, ['6 records']);
  });

  test('too few values of its own: the stand-in of the column takes over', async () => {
    const model = createUnivariateModel(createMeans().kind);
    const x = toMatrix({ x: level(0, 100), y: level(10, 200), short: level(90, 900, 2) });
    const fitted = await model.fit(x, { least: 3 }, RUN);
    const [contributions] = await fitted.explain(toMatrix({ short: [[0, 0]] }), Uint32Array.of(0));
    const expected = contributions!.find(({ feature }) => feature === 'a')!.expected!;
    assert.ok(Math.abs(expected - (10 * 0 + 10 * 10 + 2 * 90) / 22) < 1e-9, `${expected}`);
  });

  test('what is explained adds up, names the column that moved and says what was expected', async () => {
    const fitted = await createUnivariateModel(createMeans().kind).fit(TRAINING, { least: 3 }, RUN);
    const [contributions] = await fitted.explain(toMatrix({ x: [[0.1, 109]] }), Uint32Array.of(0));
    assert.deepEqual(
      contributions!.map(({ feature, expected, low, high }) => [feature, expected, low, high]),
      [
        ['b', 100, 98, 102],
        ['a', 0, -2, 2],
      ],
    );
  });

  test('rows that are labelled anomalous are not learned from; labels on everything are an error', async () => {
    const model = createUnivariateModel(createMeans().kind);
    const x = toMatrix({ x: [...level(0, 100), [1000, 1000]] });
    const labels = new Uint8Array(11).fill(1, 10);
    const fitted = await model.fit(x, { least: 3 }, { ...RUN, labels });
    assert.equal((await fitted.explain(x, Uint32Array.of(10)))[0]![0]!.expected, 0);
    await assert.rejects(model.fit(x, { least: 3 }, { ...RUN, labels: labels.fill(1) }), {
      name: 'ModelError',
      code: 'nothing-measured',
    });
  });

  test('a fit that runs out of time goes on from its checkpoint, and ends with the same bytes', async () => {
    const whole = await createUnivariateModel(createMeans().kind).fit(TRAINING, { least: 3 }, RUN);
    const { kind, fits } = createMeans();
    const model = createUnivariateModel(kind);
    const checkpoint = remember();
    // Time for four series a run, whatever a look at the clock costs.
    const impatient = (): FitRun => {
      const until = fits.length + 4;
      return { ...RUN, checkpoint, deadline: { remaining: () => (fits.length < until ? 60_000 : 1) } };
    };
    const pauses: string[] = [];
    let fitted: Awaited<ReturnType<typeof model.fit>> | undefined;
    while (fitted === undefined && pauses.length < 5) {
      try {
        fitted = await model.fit(TRAINING, { least: 3 }, impatient());
      } catch (error) {
        pauses.push((error as Error).message);
      }
    }
    assert.deepEqual(
      pauses,
      [
        'fit stopped after 4 of 8 series: 1 ms of its time are left',
        'fit stopped after 8 of 8 series: 1 ms of its time are left',
      ].slice(0, pauses.length),
    );
    assert.ok(pauses.length > 0);
    assert.equal(fits.length, 8);
    assert.deepEqual(fitted!.save(), whole.save());
  });

  test('a checkpoint of another fit is refused', async () => {
    const model = createUnivariateModel(createMeans().kind);
    const checkpoint = remember();
    checkpoint.state = (await model.fit(TRAINING, { least: 3 }, RUN)).save();
    const other = toMatrix({ w: level(0, 0) });
    await assert.rejects(model.fit(other, { least: 3 }, { ...RUN, checkpoint }), { name: 'ArtifactError' });
  });

  test('a damaged state is named', async () => {
    const model = createUnivariateModel(createMeans().kind);
    const state = (await model.fit(TRAINING, { least: 3 }, RUN)).save();
    const { offsets, records, tails } = state.arrays;
    const damaged: readonly (readonly [Partial<ModelState>, RegExp])[] = [
      [{ arrays: { ...state.arrays, offsets: (offsets as Uint32Array).with(2, 0) } }, /goes back/],
      [{ arrays: { ...state.arrays, offsets: offsets!.slice(0, 4) } }, /offsets end at/],
      [{ arrays: { ...state.arrays, records: new Float32Array(records!) } }, /Float64Array/],
      [{ arrays: { ...state.arrays, tails: tails!.slice(1) } }, /tails/],
      [{ arrays: { ...state.arrays, tails: new Float32Array(tails!.length) } }, /its tail is/],
      [{ json: { ...(state.json as object), columns: [] } }, /columns/],
      [{ json: { ...(state.json as object), params: 1 } }, /params/],
    ];
    for (const [part, message] of damaged)
      assert.throws(() => model.load({ ...state, ...part }), { name: 'ArtifactError', message });
  });

  test('a pool takes evenly from every series, in order of time', () => {
    const series = Array.from({ length: 4 }, (_, s) => ({
      times: Float64Array.from({ length: 1000 }, (_, i) => i),
      values: new Float32Array(1000).fill(s),
    }));
    const pool = poolSeries(series, 100);
    assert.ok(Math.abs(countMeasured(pool) - 100) <= 4);
    assert.deepEqual(pool.times, pool.times.toSorted());
    for (let s = 0; s < 4; s++) {
      const count = pool.values.filter((value) => value === s).length;
      assert.ok(count >= 24 && count <= 26, `${count} of series ${s}`);
    }
    assert.equal(poolSeries(series, 1e6).values.length, 4000);
  });
});
