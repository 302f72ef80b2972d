/** Runs of one training, one after the other and two at once, over a bucket in memory. */
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { ArtifactError, ModelError, RetryLaterError } from '../../../../lib/base/errors.ts';
import type { TrainContext } from '../../../../lib/jobs/shared/context.ts';
import {
  findOpenTraining,
  fitInSession,
  isClaimed,
  MAX_PAUSES,
  openSession,
  runInSession,
  type TrainingSession,
} from '../../../../lib/jobs/train/training-session.ts';
import type { Checkpoint, FittedModel, ModelState } from '../../../../lib/models/framework/contract.ts';
import { trainingPrefix, trainingProgressKey } from '../../../../lib/store/keys.ts';
import type { ObjectStore } from '../../../../lib/store/object-store.ts';
import {
  readProgress,
  type TrainingProgress,
  writeProgress,
} from '../../../../lib/store/training-progress.ts';
import {
  createMemoryObjectStore,
  createMortalStore,
  KilledError,
  type MemoryObjectStore,
} from '../../../helpers/memory-object-store.ts';
import { createMemoryTelemetry, type MemoryTelemetry } from '../../../helpers/memory-telemetry.ts';

const IDENTITY = {
  detector: 'shop',
  version: '20261101T000000Z-0123456789ab',
  inputs: [{ key: 'windows/detector=shop/a.parquet', etag: '"1"', rows: 10 }],
  lineage: undefined,
} as const;
const RUN_MS = 900_000;
const EPOCHS = 7;

let store: MemoryObjectStore;
let telemetry: MemoryTelemetry;
let clock: number;

beforeEach(() => {
  clock = 1_000_000;
  store = createMemoryObjectStore({ now: () => clock });
  telemetry = createMemoryTelemetry();
});

function createContext(through: ObjectStore = store, remaining = RUN_MS): TrainContext {
  return {
    store: through,
    telemetry,
    now: () => clock,
    deadline: { remaining: () => remaining },
    queue: { requestTraining: async () => {}, requestScoring: async () => {} },
  };
}

async function open(context: TrainContext = createContext(), identity = IDENTITY): Promise<TrainingSession> {
  return openSession({ identity, open: await findOpenTraining('shop', context) }, context);
}

/** A model that learns by epochs: its weights are what they were, changed. */
async function train(checkpoint: Checkpoint, epochs: number, seen: number[] = []): Promise<FittedModel> {
  const from = await checkpoint.read();
  let state = from ?? makeState(0, [1, 2, 3]);
  const start = (state.json as { epoch: number }).epoch;
  seen.push(start);
  for (let epoch = start; epoch < EPOCHS; epoch++) {
    if (epoch === start + epochs) {
      await checkpoint.write(state);
      throw new RetryLaterError('out-of-time', `${epoch} of ${EPOCHS} epochs`);
    }
    state = makeState(
      epoch + 1,
      Array.from(state.arrays['weights'] ?? [], (weight) => Math.fround(weight * 1.1 - epoch)),
    );
  }
  return { save: () => state } as unknown as FittedModel;
}

function makeState(epoch: number, weights: readonly number[]): ModelState {
  return {
    kind: 'isolation-forest',
    formatVersion: 1,
    json: { epoch },
    arrays: { weights: Float32Array.from(weights) },
  };
}

function run(
  context: TrainContext,
  epochs: number,
  seen?: number[],
): Promise<Awaited<ReturnType<typeof runInSession<FittedModel>>>> {
  return open(context).then((session) =>
    runInSession(session, () => fitInSession(session, (checkpoint) => train(checkpoint, epochs, seen))),
  );
}

async function progress(): Promise<TrainingProgress | undefined> {
  return (await readProgress(store, 'shop'))?.progress;
}

test('several runs come to what one run comes to', async () => {
  const whole = await run(createContext(), EPOCHS);
  store = createMemoryObjectStore();
  const seen: number[] = [];
  const outcomes: string[] = [];
  let last = await run(createContext(), 3, seen);
  for (outcomes.push(last.outcome); last.outcome === 'paused'; outcomes.push(last.outcome))
    last = await run(createContext(), 3, seen);
  assert.deepEqual(outcomes, ['paused', 'paused', 'done']);
  assert.deepEqual(seen, [0, 3, 6]);
  assert.ok(whole.outcome === 'done' && last.outcome === 'done');
  assert.deepEqual(last.result.save(), whole.result.save());
  assert.equal((await progress())?.pauses, 2);
});

test('a model that asks for no checkpoint leaves nothing in the bucket', async () => {
  const session = await open();
  assert.equal((await runInSession(session, async () => 1)).outcome, 'done');
  await session.close();
  assert.deepEqual(store.keys(), []);
});

test('a claim holds while its run may last, and no longer', async () => {
  const session = await open();
  await session.checkpoint.read();
  const found = await findOpenTraining('shop', createContext());
  assert.ok(isClaimed(found, clock + RUN_MS));
  assert.ok(!isClaimed(found, clock + 2 * RUN_MS));
  await session.close();
  assert.equal((await findOpenTraining('shop', createContext())).progress, undefined);
});

test('a terminal without a deadline claims nothing', async () => {
  const session = await open(createContext(store, Infinity));
  await session.checkpoint.read();
  assert.deepEqual(store.keys(), []);
});

test('of two runs at once, one goes on and the other gives way', async () => {
  const context = createContext();
  const [first, second] = [await open(context), await open(context)];
  const results = await Promise.all(
    [first, second].map((session) =>
      runInSession(session, () => fitInSession(session, (checkpoint) => train(checkpoint, 3))),
    ),
  );
  assert.deepEqual(results.map(({ outcome }) => outcome).sort(), ['paused', 'taken-over']);
  assert.equal((await run(context, EPOCHS)).outcome, 'done');
});

test('a run whose claim lapsed and was taken gives way at its next checkpoint', async () => {
  const slow = await open();
  const result = runInSession(slow, async () => {
    await slow.checkpoint.read();
    await run(createContext(), 3);
    await slow.checkpoint.write(makeState(1, [9]));
  });
  assert.deepEqual(await result, { outcome: 'taken-over' });
  const seen: number[] = [];
  await run(createContext(), EPOCHS, seen);
  assert.deepEqual(seen, [3], 'what the other run left stands');
});

for (const damage of ['missing', 'altered', 'truncated'] as const)
  test(`a checkpoint that is ${damage} is told of, and the training starts anew`, async () => {
    await run(createContext(), 3);
    const key = store.keys().find((name) => name.endsWith('-weights.bin')) ?? '';
    const { body } = await store.get(key);
    if (damage === 'missing') await store.delete(key);
    else await store.put(key, damage === 'altered' ? body.map((byte) => byte ^ 1) : body.slice(0, 5));
    const seen: number[] = [];
    assert.equal((await run(createContext(), 3, seen)).outcome, 'paused', 'the same bytes anew are progress');
    assert.deepEqual(seen, [0]);
    const [line] = telemetry.lines.filter(({ level }) => level === 'warn');
    assert.match(line?.message ?? '', /checkpoint cannot be used; the training starts anew/);
    assert.ok(String(line?.fields['error']).includes(key), String(line?.fields['error']));
    assert.deepEqual((await run(createContext(), 3, seen)).outcome, 'paused');
    assert.deepEqual(seen, [0, 3]);
  });

test('a checkpoint that the model refuses is dropped, and the fit starts anew', async () => {
  await run(createContext(), 3);
  const session = await open();
  const read: (ModelState | undefined)[] = [];
  await runInSession(session, () =>
    fitInSession(session, async (checkpoint) => {
      const state = await checkpoint.read();
      read.push(state);
      if (state !== undefined) throw new ArtifactError('bad-state', 'of another format');
      return train(checkpoint, EPOCHS);
    }),
  );
  assert.equal(read.length, 2);
  assert.equal(read[1], undefined);
  assert.match(String(telemetry.lines.at(-1)?.fields['error']), /of another format/);
});

test('progress that cannot be read is told of and written over', async () => {
  await store.put(trainingProgressKey('shop'), new TextEncoder().encode('{"formatVersion": 2}'));
  assert.equal((await run(createContext(), 3)).outcome, 'paused');
  assert.match(String(telemetry.lines[0]?.fields['error']), /progress\.json does not fit its format/);
});

test('a run that came no further is an error that says what to change, and the checkpoint stays', async () => {
  await run(createContext(), 3);
  await assert.rejects(run(createContext(), 0), (error) => {
    assert.ok(error instanceof ModelError);
    assert.equal(error.code, 'no-progress');
    assert.match(error.message, /shop: .*20261101T000000Z-0123456789ab.*3 of 7 epochs.*training\.lookback/);
    return true;
  });
  assert.equal((await progress())?.claimedUntil, undefined);
  const seen: number[] = [];
  await run(createContext(), EPOCHS, seen);
  assert.deepEqual(seen, [3]);
});

test('a first run that leaves no checkpoint is given up, so that newer data is taken next', async () => {
  const session = await open();
  await assert.rejects(
    runInSession(session, async () => {
      await session.checkpoint.read();
      throw new RetryLaterError('out-of-time', 'an epoch takes 20 min');
    }),
    /an epoch takes 20 min/,
  );
  assert.equal((await progress())?.phase, 'closed');
});

test('a training that never ends is given up', async () => {
  await run(createContext(), 3);
  const found = await readProgress(store, 'shop');
  assert.ok(found?.progress !== undefined);
  await writeProgress(store, { ...found.progress, pauses: MAX_PAUSES }, found.etag);
  await assert.rejects(run(createContext(), 3), { name: 'ModelError', code: 'too-many-runs' });
  assert.equal((await progress())?.phase, 'closed');
});

test('an error of ours ends the training, one of the network lets the next run go on', async () => {
  for (const [error, phase] of [
    [new ModelError('exploded', 'loss is NaN at epoch 4'), 'closed'],
    [new Error('socket hang up'), 'open'],
  ] as const) {
    await run(createContext(), 3);
    const session = await open();
    await assert.rejects(
      runInSession(session, async () => {
        await session.checkpoint.read();
        throw error;
      }),
      error,
    );
    assert.equal((await progress())?.phase, phase);
    assert.equal((await progress())?.claimedUntil, undefined);
  }
});

test('a run that is killed at any write leaves what the next run goes on from, whole', async () => {
  const alive = createMortalStore(store);
  await run(createContext(alive), 3);
  for (let atWrite = 0; atWrite < alive.writes(); atWrite++)
    for (const stage of ['before', 'after'] as const) {
      store = createMemoryObjectStore({ now: () => clock });
      const mortal = createMortalStore(store, { atWrite, stage });
      await assert.rejects(run(createContext(mortal), 3), KilledError);
      clock += 2 * RUN_MS;
      const seen: number[] = [];
      const { outcome } = await run(createContext(), EPOCHS, seen);
      assert.equal(outcome, 'done', `killed ${stage} write ${atWrite}`);
      assert.ok(seen[0] === 0 || seen[0] === 3, `from epoch ${seen[0]}`);
      assert.deepEqual(telemetry.lines, [], 'and nothing half-written is read');
    }
});

test('a training of another version starts from nothing, and what was under way is over', async () => {
  await run(createContext(), 3);
  const context = createContext();
  const other = { ...IDENTITY, version: '20261102T000000Z-ffffffffffff' };
  const session = openSession({ identity: other, open: await findOpenTraining('shop', context) }, context);
  assert.equal(await session.checkpoint.read(), undefined);
  await session.close();
  assert.equal((await progress())?.version, other.version);
  assert.ok(store.keys().every((key) => key.startsWith(trainingPrefix('shop'))));
});
