/** Series that are fitted on several threads: the same model as on one, and nothing left running. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SERIES_KINDS } from '../../../../../lib/config/model-kind.ts';
import type { FeatureMatrix } from '../../../../../lib/features/feature-matrix.ts';
import { seedRandom } from '../../../../../lib/maths/random.ts';
import type { Checkpoint, FitRun, Model, ModelState } from '../../../../../lib/models/framework/contract.ts';
import type { Series } from '../../../../../lib/models/framework/univariate/contract.ts';
import { createUnivariateModel } from '../../../../../lib/models/framework/univariate/model.ts';
import {
  closeFitters,
  countPools,
  countThreads,
  openFitters,
} from '../../../../../lib/models/framework/univariate/threads.ts';
import { seasonalKind } from '../../../../../lib/models/kinds/seasonal/kind.ts';
import type { SeasonalParams } from '../../../../../lib/models/kinds/seasonal/params.ts';
import { loadSeriesKind } from '../../../../../lib/models/series-kinds.ts';
import { NO_DEADLINE } from '../../../../helpers/feature-matrices.ts';

const STEP = 300_000;
const RUN: FitRun = { seed: 1, deadline: NO_DEADLINE };

const createSeasonal = (threads: number): Model<SeasonalParams> =>
  createUnivariateModel(seasonalKind, () => threads);

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
  for (const name of SERIES_KINDS)
    test(`${name}: the same bytes on three as on one, labels and gaps included`, async () => {
      const x = drawFleet();
      const labels = Uint8Array.from(x.times, (_, row) => Number(row % 100 === 0));
      const kind = await loadSeriesKind(name);
      const params = kind.parseParams({});
      const states: ModelState[] = [];
      for (const threads of [1, 3]) {
        const progress: number[] = [];
        const fitted = await createUnivariateModel(kind, () => threads).fit(x, params, {
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

  test('a fit may be paused after any series, and another number of threads goes on to the same bytes', async () => {
    const x = drawFleet();
    const whole = await createSeasonal(1).fit(x, seasonalKind.parseParams({}), RUN);
    for (const threads of [1, 3])
      for (let pausedAfter = 1; pausedAfter < 18; pausedAfter++) {
        const checkpoint = remember();
        let done = 0;
        const model = createSeasonal(threads);
        const impatient: FitRun = {
          ...RUN,
          checkpoint,
          deadline: { remaining: () => (done < pausedAfter ? 60_000 : 1) },
          onProgress: () => {
            done++;
          },
        };
        // Series that are under way when the time is up are still finished: the last ones may be.
        const paused = await model
          .fit(x, model.parseParams({}), impatient)
          .catch((error: Error) => error.message);
        if (typeof paused !== 'string') {
          assert.ok(threads > 1 && pausedAfter > 15, `${pausedAfter} on ${threads}`);
          assert.deepEqual(paused.save(), whole.save());
          continue;
        }
        const reached = Number(/after (\d+) of 18 series/.exec(paused)?.[1]);
        assert.ok(reached >= pausedAfter && reached < pausedAfter + threads, `${pausedAfter}: ${paused}`);
        const other = createSeasonal(threads === 1 ? 2 : 1);
        const fitted = await other.fit(x, other.parseParams({}), { ...RUN, checkpoint });
        assert.deepEqual(fitted.save(), whole.save(), `${pausedAfter} on ${threads}`);
      }
  });

  test('a thread that fails fails the fit, with its own words, whether it has a series or not', async () => {
    // The parameters are refused on the thread: the caller's kind would take them.
    const lenient = { ...seasonalKind, parseParams: () => ({ ...seasonalKind.parseParams({}), waves: 3 }) };
    const model = createUnivariateModel(lenient, () => 8);
    const [x, params] = [drawFleet(), model.parseParams({})];
    for (let i = 0; i < 5; i++) await assert.rejects(model.fit(x, params, RUN), /no parameter waves/);
    // Most of the eight wait for nothing when they fail.
    const fitters = await openFitters(lenient, params, 8);
    const [first] = fitters;
    await assert.rejects(first!.fit([takeFirst(x)]), /no parameter waves/);
    await assert.rejects(first!.fit([takeFirst(x)]), /no parameter waves/, 'nor later');
    await closeFitters(fitters);
  });

  test('a thread that ends without a word is told of', async () => {
    const script = new URL('data:text/javascript,process.exit(3)');
    const fitters = await openFitters(seasonalKind, seasonalKind.parseParams({}), 2, script);
    await assert.rejects(fitters[0]!.fit([takeFirst(drawFleet())]), /thread fit-seasonal ended with code 3/);
    await closeFitters(fitters);
  });

  test('pools of many entities are not in all of them at the same time', () => {
    assert.deepEqual([4_032_000, 12_096_000, 1e9].map(countPools), [3, 1, 1]);
    assert.ok(countPools(1000) > 1000);
  });

  test('none is left when a fit is over', () => {
    const ports = process.getActiveResourcesInfo().filter((name) => /MessagePort|Worker/.test(name));
    assert.deepEqual(ports, []);
  });

  test('are as many as the work is worth, and no more than there are processors', () => {
    const kind = { valuesPerSecond: 1000 };
    const counts = [0, 999, 1000, 1499, 1500, 1e9].map((values) => countThreads(kind, values, 4));
    assert.deepEqual(counts, [1, 1, 2, 2, 3, 4]);
    assert.equal(countThreads(kind, 1e9, 1), 1);
  });
});

function remember(): Checkpoint {
  let state: ModelState | undefined;
  return {
    read: async () => state,
    write: async (written) => {
      state = written;
    },
  };
}

function takeFirst({ times, values, names }: FeatureMatrix): Series {
  const rows = Array.from({ length: 300 }, (_, i) => i);
  return {
    times: times.slice(0, 300),
    values: Float32Array.from(rows, (row) => values[row * names.length]!),
  };
}
