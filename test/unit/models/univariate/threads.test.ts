/** Series that are fitted on several threads: the same model as on one, and nothing left running. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { FeatureMatrix } from '../../../../lib/features/feature-matrix.ts';
import { arimaKind } from '../../../../lib/models/arima/kind.ts';
import type { Checkpoint, FitRun, Model, ModelState } from '../../../../lib/models/contract.ts';
import { nearestValueKind } from '../../../../lib/models/nearest-value/kind.ts';
import { prophetKind } from '../../../../lib/models/prophet/kind.ts';
import { seedRandom } from '../../../../lib/models/random.ts';
import { seasonalKind } from '../../../../lib/models/seasonal/kind.ts';
import type { UnivariateKind, UnivariateKindName } from '../../../../lib/models/univariate/contract.ts';
import { createUnivariateModel } from '../../../../lib/models/univariate/model.ts';
import { countThreads } from '../../../../lib/models/univariate/threads.ts';
import { NO_DEADLINE } from '../../../helpers/feature-matrices.ts';

const STEP = 300_000;
const RUN: FitRun = { seed: 1, deadline: NO_DEADLINE };

/** Of each kind the model on as many threads as asked for; a kind without an entry fails the type check. */
const MODELS: Readonly<Record<UnivariateKindName, (threads: number) => Model<object>>> = {
  arima: (threads) => createOn(arimaKind, threads),
  'nearest-value': (threads) => createOn(nearestValueKind, threads),
  prophet: (threads) => createOn(prophetKind, threads),
  seasonal: (threads) => createOn(seasonalKind, threads),
};

function createOn<Params extends object>(kind: UnivariateKind<Params>, threads: number): Model<object> {
  const model = createUnivariateModel(kind, () => threads);
  return { ...model, fit: (x, params, run) => model.fit(x, params as Params, run) };
}

/** Three days of five entities; one is too young for series of its own, one column was measured of one entity alone. */
function drawFleet(): FeatureMatrix {
  const random = seedRandom(7);
  const counts = [864, 864, 864, 864, 10];
  const rows = counts.flatMap((count, entity) => Array.from({ length: count }, (_, i) => ({ entity, i })));
  return {
    names: ['cpu', 'memory', 'rare'],
    entities: counts.map((_, entity) => `pod-${entity}`),
    entityOf: Uint32Array.from(rows, ({ entity }) => entity),
    times: Float64Array.from(rows, ({ i }) => i * STEP),
    values: Float32Array.from(
      rows.flatMap(({ entity, i }) => [
        Math.sin((2 * Math.PI * i) / 288) + 0.2 * random.nextFloat(),
        i % 9 === entity ? NaN : entity + random.nextFloat(),
        entity === 2 ? random.nextFloat() : NaN,
      ]),
    ),
  };
}

describe('threads', () => {
  for (const [name, createModel] of Object.entries(MODELS))
    test(`${name}: the same bytes on three as on one, labels and gaps included`, async () => {
      const x = drawFleet();
      const labels = Uint8Array.from(x.times, (_, row) => Number(row % 100 === 0));
      const params = createModel(1).parseParams({});
      const states: ModelState[] = [];
      for (const threads of [1, 3]) {
        const progress: number[] = [];
        const fitted = await createModel(threads).fit(x, params, {
          ...RUN,
          labels,
          onProgress: (done) => progress.push(done),
        });
        states.push(fitted.save());
        assert.deepEqual(
          progress,
          progress.map((_, i) => (i + 1) / 18),
        );
        assert.equal(progress.length, 18);
      }
      assert.deepEqual(states[1], states[0]);
      assert.ok(states[0]!.arrays['records']!.length > 0);
    });

  test('a fit that runs out of time goes on from its checkpoint, on any number of threads', async () => {
    const x = drawFleet();
    const whole = await MODELS.seasonal(1).fit(x, MODELS.seasonal(1).parseParams({}), RUN);
    let state: ModelState | undefined;
    const checkpoint: Checkpoint = {
      read: async () => state,
      write: async (written) => {
        state = written;
      },
    };
    const pauses: string[] = [];
    for (const threads of [3, 1, 4]) {
      // The time is up once four series are done; as many more as there are other threads may be under way by then.
      let done = 0;
      const model = MODELS.seasonal(threads);
      const run = {
        ...RUN,
        checkpoint,
        deadline: { remaining: () => (done < 4 ? 60_000 : 1) },
        onProgress: () => {
          done++;
        },
      };
      await assert.rejects(model.fit(x, model.parseParams({}), run), (error: Error) => {
        pauses.push(error.message);
        return error.name === 'RetryLaterError';
      });
    }
    const counts = pauses.map((message) => Number(/after (\d+) of 18 series/.exec(message)?.[1]));
    for (const [i, count] of counts.entries()) {
      const before = i === 0 ? 0 : counts[i - 1]!;
      assert.ok(count >= before + 4 && count < before + 8, `${counts}`);
    }
    const fitted = await MODELS.seasonal(3).fit(x, MODELS.seasonal(3).parseParams({}), {
      ...RUN,
      checkpoint,
    });
    assert.deepEqual(fitted.save(), whole.save());
  });

  test('a thread that fails fails the fit, with its own words', async () => {
    // The parameters are refused on the thread: the caller's kind would take them.
    const lenient = { ...seasonalKind, parseParams: () => ({ ...seasonalKind.parseParams({}), waves: 3 }) };
    const model = createUnivariateModel(lenient, () => 2);
    await assert.rejects(model.fit(drawFleet(), model.parseParams({}), RUN), /no parameter waves/);
  });

  test('are as many as the work is worth', () => {
    const kind = { valuesPerSecond: 1000 };
    assert.equal(countThreads(kind, 999), 1);
    assert.ok(countThreads(kind, 1e9) >= 1);
    assert.ok(countThreads(kind, 1000) <= 2);
  });
});
