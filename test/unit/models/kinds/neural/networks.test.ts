/** What holds for all four networks, and does not show in the suite for every model. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FeatureMatrix } from '../../../../../lib/features/feature-matrix.ts';
import type { FitRun, FittedModel, ModelState } from '../../../../../lib/models/framework/contract.ts';
import { attention, bilstm, lstm, lstmAutoencoder } from '../../../../../lib/models/kinds/neural/model.ts';
import { NO_DEADLINE, rocAuc, toMatrix } from '../../../../helpers/feature-matrices.ts';
import { NAMES, sliceRows, TINY, waves, withHoles } from './matrices.ts';

const RUN: FitRun = { seed: 3, deadline: NO_DEADLINE };
const NETWORKS = [lstmAutoencoder, lstm, bilstm, attention];
const WIDTH = NAMES.length;
/** An anomaly that each row by itself tells: two metrics that go together stand apart. */
const ANOMALIES = [
  60, 61, 62, 100, 101, 102, 103, 150, 151, 190, 191, 192, 240, 241, 242, 243, 285, 286, 287,
];

function fit(
  model: (typeof NETWORKS)[number],
  x: FeatureMatrix,
  given: { readonly params?: Readonly<Record<string, number>>; readonly run?: Partial<FitRun> } = {},
): Promise<FittedModel> {
  return model.fit(x, model.parseParams({ ...TINY, ...given.params }), { ...RUN, ...given.run });
}

function withAnomalies(x: FeatureMatrix): { readonly x: FeatureMatrix; readonly labels: Uint8Array } {
  const labels = Uint8Array.from(x.times, (_, row) => (ANOMALIES.includes(row) ? 1 : 0));
  const values = x.values.map((value, i) =>
    labels[Math.floor(i / WIDTH)] === 1 && i % WIDTH === 1 ? -value : value,
  );
  return { x: { ...x, values }, labels };
}

for (const model of NETWORKS) {
  test(`${model.kind}: a row scores the same however its history is cut, with holes and a gap in it`, async () => {
    const fitted = await fit(model, withHoles(waves(150, 1)));
    const whole = withHoles(waves(120, 2));
    const gapped = { ...whole, times: whole.times.map((time, row) => (row < 80 ? time : time + 600_000)) };
    const { contextRows } = fitted;
    const all = await fitted.score(gapped);
    for (const [row, score] of all.entries())
      assert.equal(
        Number.isNaN(score),
        row < contextRows || (row >= 80 && row < 80 + contextRows),
        `row ${row}`,
      );
    for (let from = contextRows; from < 120; from += 13) {
      const to = Math.min(from + 13, 120);
      const part = await fitted.score(sliceRows(gapped, from - contextRows, to));
      assert.deepEqual(part.slice(contextRows), all.slice(from, to));
    }
  });

  test(`${model.kind}: values of any size are scored, and a farther one higher`, async () => {
    const fitted = await fit(model, waves(150, 1));
    const scores: number[] = [];
    for (const value of [2, 20, 200, 1e6, 1e18]) {
      const x = waves(40, 2);
      x.values[39 * WIDTH] = value;
      scores.push((await fitted.score(x))[39]!);
      assert.equal((await fitted.explain(x, Uint32Array.of(39)))[0]![0]!.feature, 'cpu');
    }
    assert.ok(scores.every(Number.isFinite));
    assert.deepEqual(
      scores,
      scores.toSorted((a, b) => a - b),
    );
    // Training on such values ends in numbers, too.
    const wild = waves(150, 1);
    for (const at of [50, 51, 200]) wild.values[at * 2] = at % 2 === 0 ? 1e18 : -200;
    assert.ok(
      (await (await fit(model, wild)).score(wild)).subarray(fitted.contextRows).every(Number.isFinite),
    );
  });

  test(`${model.kind}: a training that is cut short again and again gives the bytes of one that is not`, async () => {
    const x = withHoles(waves(150, 1));
    const labels = model === attention ? withAnomalies(waves(150, 1)).labels : undefined;
    const whole = await fit(model, x, { run: { labels } as Partial<FitRun> });
    let stored: ModelState | undefined;
    const checkpoint = {
      read: async () => stored,
      write: async (state: ModelState) => {
        stored = structuredClone(state);
      },
    };
    for (let runs = 1; runs < 60; runs++) {
      let left = 70;
      try {
        const parts = await fit(model, x, {
          run: { ...(labels && { labels }), checkpoint, deadline: { remaining: () => (left -= 10) } },
        });
        assert.ok(runs > 3, `${runs} runs`);
        assert.deepEqual(parts.save(), whole.save());
        assert.deepEqual(parts.summary, whole.summary);
        return;
      } catch (error) {
        assert.equal((error as Error).name, 'RetryLaterError', String(error));
      }
    }
    assert.fail('it did not end');
  });

  test(`${model.kind}: fine-tuning starts where the other version ended, and takes fewer epochs`, async () => {
    const x = waves(200, 1);
    const base = await fit(model, x, { params: { epochs: 30 } });
    const tuned = await fit(model, waves(200, 2), {
      params: { fineTuneEpochs: 2 },
      run: { startFrom: base.save() },
    });
    const [fresh] = (await fit(model, waves(200, 2))).summary.history!.epochs;
    const history = tuned.summary.history!.epochs;
    assert.equal(history.length, 2);
    assert.ok(history[0]!.loss < fresh!.loss / 2, `${history[0]!.loss} after ${fresh!.loss}`);
    assert.match(tuned.summary.notes.join(' '), /Fine-tuned/);
    for (const [startFrom, what] of [
      [(await fit(model, x, { params: { hidden: 5 } })).save(), /hidden is 5, not 4/],
      [(await fit(model, { ...x, names: ['a', 'b', 'c'] })).save(), /columns are a, b, c, not cpu/],
      [(await fit(model, x, { params: { minSequences: 1000 } })).save(), /of kind reconstruction/],
    ] as const)
      await assert.rejects(fit(model, x, { run: { startFrom } }), {
        name: 'ModelError',
        code: 'start-mismatch',
        message: what,
      });
  });

  test(`${model.kind}: a damaged state is refused`, async () => {
    const state = (await fit(model, waves(60, 1))).save();
    const kernel = state.layersModel!.weights[0]!.name;
    const json = state.json as Readonly<Record<string, number>>;
    const change = (name: string, values: Float32Array): ModelState => ({
      ...state,
      arrays: { ...state.arrays, [name]: values },
    });
    const first = state.arrays[kernel] as Float32Array;
    for (const damaged of [
      change(kernel, first.slice(1)),
      change(kernel, first.with(2, NaN)),
      change('errors/scales', Float32Array.of(1, 0, 1)),
      change('normalizer/deviations', Float32Array.of(1, Infinity, 1)),
      { ...state, json: { ...json, hidden: 5 } },
      { ...state, json: { ...json, task: 'guess' } },
      { ...state, json: { ...json, build: 'fast' } },
      { ...state, layersModel: undefined },
    ])
      assert.throws(() => model.load(damaged), { name: 'ArtifactError', code: 'bad-model' });
  });
}

test('lstm-autoencoder: an explanation tells at which steps of the sequence a column was off', async () => {
  const fitted = await fit(lstmAutoencoder, waves(150, 1));
  const x = waves(40, 2);
  // Three rows before the last one.
  x.values[36 * WIDTH + 2] = 60;
  const [contributions] = await fitted.explain(x, Uint32Array.of(39));
  for (const { steps } of contributions!) {
    assert.equal(steps!.length, TINY.sequenceLength);
    assert.ok(Math.abs(steps!.reduce((sum, share) => sum + share, 0) - 1) < 1e-9);
  }
  const { steps } = contributions!.find(({ feature }) => feature === x.names[2])!;
  assert.equal(steps!.indexOf(Math.max(...steps!)), TINY.sequenceLength - 4);
});

for (const model of [lstm, bilstm, attention]) {
  test(`${model.kind}: what a forecaster expects of a row does not depend on that row`, async () => {
    const fitted = await fit(model, waves(150, 1));
    const expectation = async (value: number): Promise<unknown> => {
      const x = waves(40, 2);
      x.values[39 * WIDTH + 2] = value;
      const [contributions] = await fitted.explain(x, Uint32Array.of(39));
      return contributions!
        .map(({ feature, expected, low, high }) => ({ feature, expected, low, high }))
        .sort((a, b) => (a.feature < b.feature ? -1 : 1));
    };
    assert.equal(fitted.contextRows, TINY.sequenceLength);
    assert.deepEqual(await expectation(100), await expectation(0));
  });

  test(`${model.kind}: with labels it tells the anomalies of another day, and its history says how well`, async () => {
    const train = withAnomalies(waves(300, 1));
    const fitted = await fit(model, train.x, {
      params: { epochs: 25, hidden: 8 },
      run: { labels: train.labels },
    });
    assert.equal(fitted.contextRows, TINY.sequenceLength - 1);
    const test = withAnomalies(waves(300, 2));
    const scores = await fitted.score(test.x);
    const from = fitted.contextRows;
    const auc = rocAuc(scores.subarray(from), test.labels.subarray(from));
    assert.ok(auc > 0.95, `AUC ${auc}`);
    const { measure, epochs } = fitted.summary.history!;
    assert.equal(measure, 'weighted cross-entropy');
    const last = epochs.at(-1)!;
    for (const each of [last.metrics!, last.validationMetrics!])
      assert.ok(each.auc! > 0.9 && each.accuracy > 0.7 && each.precision! > 0.2, JSON.stringify(each));
    const [contributions] = await fitted.explain(test.x, Uint32Array.of(101));
    assert.equal(contributions![0]!.expected, undefined);
    const loaded = await model.load(fitted.save());
    assert.deepEqual(await loaded.score(test.x), scores);
  });
}

test('labels out of reach of every sequence are not trained on, and that is said', async () => {
  const labels = new Uint8Array(100);
  labels[2] = 1;
  const fitted = await fit(lstm, waves(100, 1), { run: { labels } });
  assert.equal(fitted.contextRows, TINY.sequenceLength);
  assert.match(fitted.summary.notes[0] ?? '', /0 of 95 sequences end in a labelled anomaly/);
});

test('an autoencoder does not learn what is labelled anomalous', async () => {
  const { x, labels } = withAnomalies(waves(300, 1));
  const fitted = await fit(lstmAutoencoder, x, { params: { epochs: 30, hidden: 8 }, run: { labels } });
  const test = withAnomalies(waves(300, 2));
  const scores = await fitted.score(test.x);
  const from = fitted.contextRows;
  assert.ok(rocAuc(scores.subarray(from), test.labels.subarray(from)) > 0.9);
});

test('of too many sequences some are taken, evenly, and that is said', async () => {
  const fitted = await fit(lstm, waves(150, 1), { params: { maxSequences: 50 } });
  assert.match(fitted.summary.notes.join(' '), /Trained on 50 of 117 sequences/);
});

test('too few sequences for a network: reconstruction takes its place, says so, and is loaded as what it is', async () => {
  const fitted = await lstm.fit(waves(400, 1), lstm.parseParams({}), RUN);
  assert.equal(fitted.kind, 'reconstruction');
  assert.equal(fitted.contextRows, 0);
  assert.match(
    fitted.summary.notes[0] ?? '',
    /reconstruction takes the place of lstm: 340 sequences of 60 rows.*1000/,
  );
  const loaded = await lstm.load(fitted.save());
  assert.deepEqual(await loaded.score(waves(50, 2)), await fitted.score(waves(50, 2)));
});

test('one constant metric, or one that was never measured, is trained on and takes part in what it says', async () => {
  const rows = Array.from({ length: 120 }, (_, row) => [Math.sin(row / 4), 5, NaN]);
  const fitted = await fit(lstmAutoencoder, toMatrix(rows));
  const moved = toMatrix(rows.with(119, [Math.sin(119 / 4), 105, 7]));
  const scores = await fitted.score(moved);
  assert.ok(scores[119]! > 3 * scores[118]!, `${scores[119]} after ${scores[118]}`);
  const [contributions] = await fitted.explain(moved, Uint32Array.of(119));
  assert.equal(contributions![0]!.feature, 'm1');
  assert.ok(Math.abs(contributions![0]!.expected! - 5) < 1);
  const constant = await fit(lstm, toMatrix(Array.from({ length: 60 }, () => [1])));
  assert.ok((await constant.score(toMatrix(Array.from({ length: 20 }, () => [1]))))[19]! < 1);
});

test('data that cannot carry a fit is refused by name', async () => {
  for (const [x, code] of [
    [toMatrix([[1]]), 'too-few-rows'],
    [toMatrix(Array.from({ length: 100 }, () => [NaN])), 'nothing-measured'],
    [toMatrix(Array.from({ length: 100 }, (_, row) => [row === 50 ? Infinity : row])), 'infinite-value'],
  ] as const)
    await assert.rejects(fit(lstm, x), { name: 'ModelError', code });
  await assert.rejects(fit(lstm, waves(100, 1), { params: { learningRate: 1 }, run: { seed: -1 } }), {
    code: 'bad-seed',
  });
});

test('a time too short for one epoch is an error that says what one takes, where no checkpoint can be left', async () => {
  let left = 70;
  await assert.rejects(fit(lstm, waves(150, 1), { run: { deadline: { remaining: () => (left -= 10) } } }), {
    name: 'ModelError',
    code: 'deadline-too-short',
    message: /one takes about 80 ms/,
  });
});

test('a checkpoint of another training, or half a one, is refused', async () => {
  const x = waves(150, 1);
  let stored: ModelState | undefined;
  let left = 70;
  const write = async (state: ModelState): Promise<void> => {
    stored = state;
  };
  const deadline = { remaining: () => (left -= 10) };
  await assert.rejects(
    fit(lstm, x, { run: { deadline, checkpoint: { read: async () => undefined, write } } }),
  );
  const read = async (): Promise<ModelState | undefined> => stored;
  await assert.rejects(fit(lstm, x, { run: { seed: 4, checkpoint: { read, write } } }), {
    name: 'ArtifactError',
    code: 'bad-checkpoint',
  });
  const half = Object.fromEntries(Object.entries(stored!.arrays).slice(0, -1));
  stored = { ...stored!, arrays: half };
  await assert.rejects(fit(lstm, x, { run: { checkpoint: { read, write } } }), { code: 'bad-checkpoint' });
});

test('parameters have limits, and an unknown one is named', () => {
  assert.equal(lstm.parseParams({}).sequenceLength, 60);
  for (const [given, message] of [
    [{ sequenceLength: 1 }, /lstm sequenceLength is 1, not a whole number from 2 to 1000/],
    [{ hidden: 6.5 }, /hidden is 6.5/],
    [{ dropout: 1 }, /dropout is 1, not a number from 0 to 0.9/],
    [{ learningRate: 'fast' }, /learningRate is "fast"/],
    [{ sequence_length: 60 }, /lstm has no parameter sequence_length; it has sequenceLength/],
  ] as const)
    assert.throws(() => lstm.parseParams(given), { name: 'ModelError', message });
});
