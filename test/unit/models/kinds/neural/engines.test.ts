/**
 * The networks trained by TensorFlow.js, through its own CPU backend in place of tfjs-node's: what they learn is what our
 * kernel learns, within rounding, and what is stored has the same form.
 */
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import type { FitRun, FittedModel, ModelState } from '../../../../../lib/models/framework/contract.ts';
import { attention, bilstm, lstm, lstmAutoencoder } from '../../../../../lib/models/kinds/neural/model.ts';
import { NO_DEADLINE } from '../../../../helpers/feature-matrices.ts';
import { standInForTensorFlow } from '../../../../helpers/tensorflow/stand-in-for.ts';
import { difference } from '../../../nn/helpers.ts';
import { TINY, waves, withHoles } from './matrices.ts';

const NETWORKS = [lstmAutoencoder, lstm, bilstm, attention];
const RUN: FitRun = { seed: 3, deadline: NO_DEADLINE };
const X = withHoles(waves(150, 1));

beforeEach(() => standInForTensorFlow('core'));

function fit(
  model: (typeof NETWORKS)[number],
  engine: string | undefined,
  run: Partial<FitRun> = {},
): Promise<FittedModel> {
  const params = model.parseParams({ ...TINY, ...(engine !== undefined && { engine }) });
  return model.fit(X, params, { ...RUN, ...run });
}

function assertAlike(got: FittedModel, wanted: FittedModel): void {
  const [theirs, ours] = [got.save(), wanted.save()];
  assert.deepEqual(theirs.json, ours.json);
  assert.deepEqual(theirs.layersModel, ours.layersModel);
  assert.deepEqual(Object.keys(theirs.arrays), Object.keys(ours.arrays));
  for (const [name, values] of Object.entries(ours.arrays))
    assert.ok(difference(theirs.arrays[name]!.filter(isMeasured), values.filter(isMeasured)) < 1e-3, name);
  const [curve, expected] = [got, wanted].map(({ summary }) => summary.history!);
  assert.equal(curve!.epochs.length, expected!.epochs.length);
  for (const [i, { loss, validationLoss }] of expected!.epochs.entries()) {
    assert.ok(Math.abs(curve!.epochs[i]!.loss / loss - 1) < 1e-3, `epoch ${i + 1}`);
    assert.ok(Math.abs((curve!.epochs[i]!.validationLoss ?? 1) / (validationLoss ?? 1) - 1) < 1e-3);
  }
}

function isMeasured(value: number): boolean {
  return !Number.isNaN(value);
}

for (const model of NETWORKS) {
  test(`${model.kind}: the same losses, weights and form of the state, and the same scores`, async () => {
    const [theirs, ours] = [await fit(model, 'tensorflow'), await fit(model, undefined)];
    assertAlike(theirs, ours);
    assert.match(theirs.summary.notes.join(), /Trained by TensorFlow.js 4[.\d]+ on its backend cpu\./);
    // Scored without TensorFlow.js.
    standInForTensorFlow('none');
    const loaded = model.load(theirs.save());
    const y = withHoles(waves(80, 2));
    const [got, wanted] = [await loaded.score(y), await ours.score(y)];
    assert.deepEqual(await theirs.score(y), got);
    assert.ok(difference(got.filter(isMeasured), wanted.filter(isMeasured)) < 1e-3);
  });

  test(`${model.kind}: a training that is cut short goes on to the bytes of one that is not`, async () => {
    const whole = await fit(model, 'tensorflow');
    let stored: ModelState | undefined;
    const checkpoint = {
      read: async () => stored,
      write: async (state: ModelState) => {
        stored = state;
      },
    };
    let runs = 0;
    for (;;) {
      let left = 3;
      const deadline = { remaining: () => (left-- > 0 ? 1000 : 0) };
      try {
        const cut = await fit(model, 'tensorflow', { checkpoint, deadline });
        assert.deepEqual(cut.save(), whole.save());
        break;
      } catch (error) {
        assert.equal((error as Error).name, 'RetryLaterError');
        runs++;
      }
    }
    assert.ok(runs > 2, `${runs} runs`);
    // Of another engine's training it is not gone on from.
    await assert.rejects(fit(model, undefined, { checkpoint }), { code: 'bad-checkpoint' });
  });
}

test('a checkpoint of our own engine is as it was before there were two', async () => {
  let stored: ModelState | undefined;
  const checkpoint = {
    read: async () => undefined,
    write: async (state: ModelState) => {
      stored = state;
    },
  };
  let left = 3;
  const deadline = { remaining: () => (left-- > 0 ? 1000 : 0) };
  await assert.rejects(fit(lstm, 'tidewatch', { checkpoint, deadline }), { name: 'RetryLaterError' });
  const { started, build } = stored!.json as Record<string, Record<string, unknown>>;
  assert.deepEqual(Object.keys(started!), [
    'params',
    'seed',
    'task',
    'columns',
    'rows',
    'training',
    'validation',
    'tunes',
  ]);
  assert.ok(!Object.hasOwn(started!['params'] as object, 'engine'));
  assert.ok(build !== undefined);
});

test('a classifier', async () => {
  const labels = Uint8Array.from(X.times, (_, row) => (row % 17 < 3 ? 1 : 0));
  assertAlike(await fit(lstm, 'tensorflow', { labels }), await fit(lstm, undefined, { labels }));
});

test('one engine goes on from a version that the other one has trained', async () => {
  const startFrom = (await fit(lstm, undefined)).save();
  assertAlike(await fit(lstm, 'tensorflow', { startFrom }), await fit(lstm, undefined, { startFrom }));
});

test('an engine that is none is refused with its name', () => {
  assert.throws(() => lstm.parseParams({ engine: 'torch' }), {
    code: 'bad-param',
    message: 'lstm engine is "torch", not tidewatch or tensorflow',
  });
});

test('our own engine, named or not, is no parameter of a version', () => {
  assert.deepEqual(lstm.parseParams({ engine: 'tidewatch' }), lstm.parseParams({}));
  assert.ok(!Object.hasOwn(lstm.parseParams({}), 'engine'));
});

test('without TensorFlow.js a training that wants it fails, and says what to install', async () => {
  standInForTensorFlow('none');
  await assert.rejects(fit(lstm, 'tensorflow'), {
    code: 'no-tensorflow',
    message: /npm install @tensorflow\/tfjs-node/,
  });
  await fit(lstm, 'tidewatch');
});
