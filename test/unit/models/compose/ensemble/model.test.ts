import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ModelError, RetryLaterError } from '../../../../../lib/base/errors.ts';
import type { FeatureMatrix } from '../../../../../lib/features/feature-matrix.ts';
import { scoreEnsemble } from '../../../../../lib/models/compose/ensemble/ensemble.ts';
import { fitEnsemble } from '../../../../../lib/models/compose/ensemble/fit.ts';
import type { EnsembleParams } from '../../../../../lib/models/compose/ensemble/params.ts';
import type { Checkpoint, FittedModel, ModelState } from '../../../../../lib/models/framework/contract.ts';
import { getModel } from '../../../../../lib/models/registry.ts';
import { NO_DEADLINE, normalRows, rocAuc, toMatrix } from '../../../../helpers/feature-matrices.ts';

const ensemble = await getModel('ensemble');

const RUN = { seed: 4, deadline: NO_DEADLINE };
const FOREST = { kind: 'isolation-forest', params: { trees: 30 } };

function fit(params: Readonly<Record<string, unknown>>, x: FeatureMatrix, run = {}): Promise<FittedModel> {
  return ensemble.fit(x, ensemble.parseParams(params), { ...RUN, ...run });
}

function normal(rows: number, seed: number): FeatureMatrix {
  return toMatrix(normalRows(rows, 3, seed));
}

test('scores are surprises: a row that normal data shows once in a hundred scores 2', async () => {
  const fitted = await fit({}, normal(4000, 1));
  const scores = await fitted.score(normal(4000, 2));
  // A mean of two members says less than each of them where they do not agree.
  const share = scores.filter((score) => score >= 1.5).length / scores.length;
  assert.ok(share > 0.003 && share < 0.06, `${share}`);
});

test('an ensemble of one ranks as its member does', async () => {
  const x = normal(1000, 1);
  const alone = await (await getModel('robust-z')).fit(x, (await getModel('robust-z')).parseParams({}), RUN);
  const one = await fit({ members: [{ kind: 'robust-z' }] }, x);
  const probe = normal(300, 2);
  const [ours, theirs] = [await one.score(probe), await alone.score(probe)];
  const order = (scores: Float64Array): number[] =>
    [...scores.keys()].sort((a, b) => scores[a]! - scores[b]! || a - b);
  assert.deepEqual(order(ours).slice(30), order(theirs).slice(30));
});

test('a member that cannot be fitted is named and left out; where none can, the reasons are the error', async () => {
  const x = normal(9, 1);
  await assert.rejects(fit({ members: [{ kind: 'robust-z' }, FOREST] }, x), {
    name: 'ModelError',
    code: 'no-member',
    message: /none of 2 members.*robust-z.*isolation-forest \{"trees":30\} is left out: 9 of 9 rows/,
  });
  const refusing = async (kind: string): ReturnType<typeof getModel> => {
    const model = await getModel(kind);
    if (kind !== 'robust-z') return model;
    return { ...model, fit: () => Promise.reject(new ModelError('too-short', 'shorter than its season')) };
  };
  const params = ensemble.parseParams({}) as EnsembleParams;
  const { ensemble: fitted, summary } = await fitEnsemble(normal(500, 1), params, RUN, refusing);
  assert.deepEqual(summary.notes, ['robust-z is left out: shorter than its season.']);
  assert.ok(fitted.members.every(({ kind }) => kind !== 'robust-z'));
  assert.ok((await scoreEnsemble(fitted, normal(20, 2))).subarray(9).every(Number.isFinite));
});

test('a member that only the trial is too short for is put on scale by its training rows', async () => {
  const short = async (kind: string): ReturnType<typeof getModel> => {
    const model = await getModel(kind);
    return {
      ...model,
      fit: (x, params, run) => {
        if (x.times.length < 500)
          return Promise.reject(new ModelError('too-short', 'shorter than its season'));
        return model.fit(x, params, run);
      },
    };
  };
  const params = ensemble.parseParams({ members: [{ kind: 'robust-z' }] }) as EnsembleParams;
  const { ensemble: fitted, summary } = await fitEnsemble(normal(500, 1), params, RUN, short);
  assert.match(
    summary.notes[0] ?? '',
    /^robust-z: its scale comes from its own training rows.*shorter than its season/,
  );
  assert.equal(fitted.members[0]!.tail.rows, 500);
});

test("a member's wrong params are an error of the ensemble, however many others are right", async () => {
  await assert.rejects(
    fit({ members: [{ kind: 'robust-z' }, { ...FOREST, params: { trees: 0 } }] }, normal(200, 1)),
    {
      code: 'bad-param',
      message: /trees is 0/,
    },
  );
});

test('reasons name the members that give them', async () => {
  const fitted = await fit({}, normal(1000, 1));
  const probe = normal(50, 2);
  probe.values[49 * 3 + 1] = 40;
  const [reasons] = await fitted.explain(probe, Uint32Array.of(49));
  assert.equal(reasons![0]!.feature, 'm1');
  assert.ok(reasons![0]!.by!.length >= 1 && reasons![0]!.by!.includes('isolation-forest'));
});

test('smoothing finds a lasting fault better than single rows do, and asks for its context', async () => {
  const training = normal(2000, 1);
  const probe = normal(1000, 2);
  const labels = new Uint8Array(1000);
  for (const start of [200, 500, 800]) labels.fill(1, start, start + 40);
  for (const [row, label] of labels.entries()) if (label === 1) probe.values[row * 3]! += 1.2;
  const auc = async (smoothing: number): Promise<number> => {
    const fitted = await fit({ smoothing }, training);
    // pca looks at windows of 10 rows.
    assert.equal(fitted.contextRows, 9 + smoothing * 6);
    const scores = await fitted.score(probe);
    return rocAuc(scores.subarray(fitted.contextRows), labels.subarray(fitted.contextRows));
  };
  const [plain, smooth] = [await auc(0), await auc(4)];
  assert.ok(smooth > plain + 0.05, `${smooth} against ${plain}`);
});

test('labels set the weights, and the notes say so', async () => {
  const x = normal(2000, 1);
  const labels = new Uint8Array(2000);
  for (const start of [1600, 1700, 1800, 1900]) labels.fill(1, start, start + 10);
  for (const [row, label] of labels.entries()) if (label === 1) x.values[row * 3] = 9;
  const { notes } = (await fit({}, x, { labels })).summary;
  assert.ok(
    notes.some((note) => /weights were learned from the labels: robust-z 0\.\d\d/.test(note)),
    `${notes}`,
  );
  const equal = await fit({ combine: 'mean' }, x, { labels });
  assert.deepEqual(equal.summary.notes, []);
});

test('a fit over several runs is the one that a single run makes', async () => {
  const x = normal(1200, 1);
  const single = await fit({}, x);
  let stored: ModelState | undefined;
  const checkpoint: Checkpoint = {
    read: async () => stored,
    write: async (state) => {
      stored = structuredClone(state);
    },
  };
  let runs = 0;
  for (;;) {
    runs++;
    // Time for one part each: what is asked at its start says yes, the next part's says no.
    let parts = 0;
    const before = stored;
    const deadline = { remaining: () => (stored === before || parts++ < 0 ? Number.POSITIVE_INFINITY : 0) };
    try {
      const fitted = await fit({}, x, { checkpoint, deadline });
      assert.deepEqual(fitted.save(), single.save());
      assert.deepEqual(fitted.summary, single.summary);
      break;
    } catch (error) {
      assert.ok(error instanceof RetryLaterError);
    }
  }
  assert.ok(runs >= 4, `${runs}`);
});

test('a nested ensemble, weights that do not add up, or an array too many are refused on load', async () => {
  const state = (await fit({ members: [{ kind: 'robust-z' }, FOREST] }, normal(300, 1))).save();
  const json = state.json as { members: { weight: number; state: object }[] };
  const change = (members: readonly object[]): ModelState => ({
    ...state,
    json: { ...json, members } as ModelState['json'],
  });
  const [first, second] = json.members as [(typeof json.members)[0], (typeof json.members)[0]];
  for (const bad of [
    change([{ ...first, weight: 0.9 }, second]),
    change([{ ...first, state: { ...first.state, kind: 'ensemble' } }, second]),
    change([{ ...first, state: null }, second]),
    change([{ ...first, tail: null }, second]),
    change([]),
    { ...state, arrays: { ...state.arrays, stray: new Uint8Array(1) } },
  ])
    await assert.rejects(ensemble.load(bad), { name: 'ArtifactError' });
});

test('rows of the validation that are all in reach of a label leave the scale to the training rows, and that is said', async () => {
  const x = normal(4000, 1);
  const labels = Uint8Array.from(x.times, (_, row) => Number(row >= 3000 && row % 40 === 0));
  const fitted = await fit({ members: [{ kind: 'mahalanobis' }, { kind: 'pca' }] }, x, { labels });
  const members = (fitted.save().json as unknown as { members: readonly unknown[] }).members;
  assert.equal(members.length, 2);
  assert.match(
    fitted.summary.notes.join('\n'),
    /mahalanobis: its scale comes from its own training rows: 0 of the newest/,
  );
});

test('rows from a time on score to the bit as among all, smoothed and of forests of single rows', async () => {
  const members = [{ kind: 'isolation-forest', params: { trees: 30, window: 1 } }, { kind: 'pca' }];
  const x = normal(300, 2);
  for (const smoothing of [0, 3]) {
    const fitted = await fit({ smoothing, members }, normal(1000, 1));
    const all = await fitted.score(x);
    const from = x.times[120]!;
    const scores = await fitted.score(x, from);
    assert.deepEqual(scores.subarray(120), all.subarray(120), `smoothing ${smoothing}`);
    // What a mean looks back on is scored; what it does not reach is left out.
    assert.ok(scores.subarray(0, 120 - 6 * smoothing).every(Number.isNaN), `smoothing ${smoothing}`);
  }
});
