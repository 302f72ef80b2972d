/** What is planned for a backfill of years, beside what days of one ask of a bucket. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseManifest } from '../../../../lib/config/manifest.ts';
import { listUnits } from '../../../../lib/config/work-unit.ts';
import { exportDay } from '../../../../lib/jobs/export/export-day.ts';
import { exportDue } from '../../../../lib/jobs/export/export-due.ts';
import { openLocalBucket } from '../../../../lib/jobs/offline/local-bucket.ts';
import { planDeployment } from '../../../../lib/jobs/plan/plan-deployment.ts';
import { DEFAULT_PRICES } from '../../../../lib/jobs/plan/price-table.ts';
import { requestsOfTraining } from '../../../../lib/jobs/plan/requests.ts';
import { scoreWindows } from '../../../../lib/jobs/score/score-windows.ts';
import { loadDetector } from '../../../../lib/jobs/shared/load-detectors.ts';
import { trainModel } from '../../../../lib/jobs/train/train-model.ts';
import { onlySource } from '../../../../lib/source/open-sources.ts';
import { countRequests, countStore, type Requests } from '../../../../lib/store/count-requests.ts';
import { manifestKey, unitOfWindowKey } from '../../../../lib/store/keys.ts';
import { createMemoryTelemetry } from '../../../helpers/memory-telemetry.ts';
import { EPOCH, makeWindow } from '../../../helpers/synthetic-window.ts';
import { tellWindow } from '../../../helpers/window-source.ts';
import { halfHourlyManifest } from './simulated-day.ts';

const MINUTE = 60_000;
const HALF_HOUR = 30 * MINUTE;
const DAY = 86_400_000;
const DAYS = 12;
const KINDS = ['reads', 'lists', 'writes'] as const;

const manifestOf = (shards: number): string => halfHourlyManifest({ shards, lookback: '400d' });

for (const shards of [1, 2])
  test(`a backfill asks of the bucket what was planned, in ${shards} shards`, async () => {
    const counted = await runBackfill(shards);
    const { backfill, detectors } = plan(shards, DAYS);
    const { usage, costs } = backfill!.total;
    for (const kind of KINDS) {
      assertNear(usage.functions.export.requests[kind], counted.export[kind], `export, ${kind}`);
      // One more look at everything is what the training asks for.
      assertNear(usage.functions.score.requests[kind], counted.score[kind], `score, ${kind}`);
      const training = detectors.reduce(
        (sum, { load }) => sum + requestsOfTraining(load, { windows: DAYS })[kind],
        0,
      );
      assert.equal(usage.functions.train.requests[kind], training, kind);
    }
    assert.equal(usage.windows, DAYS * shards);
    assert.equal(usage.transitions, 4 + 3 * DAYS);
    assert.ok(Math.abs(costs.workflows - 0.025 * (40 / 1000)) < 1e-12);
    assert.deepEqual([costs.storage, costs.alarms, costs.metrics], [0, 0, 0]);
  });

test('only what is asked for is planned, and a day that is too much for one window is several', () => {
  assert.equal(plan(1, undefined).backfill, undefined);
  // 1,440 cells of 2,778 series are more than four million samples.
  const [fits, beyond] = [2_777, 2_778].map(
    (entities) => plan(1, 10, entities).backfill!.total.usage.windows,
  );
  assert.deepEqual([fits, beyond], [10, 10 * 48]);
});

function plan(shards: number, backfillDays: number | undefined, entities = 4) {
  const detector = parseManifest(manifestOf(shards), { source: 'shop.yml' });
  return planDeployment([{ detector, known: { entities } }], {
    age: 1,
    detectorMetrics: false,
    prices: DEFAULT_PRICES,
    backfillDays,
  });
}

/** After a day of the schedule, which has trained a model. */
async function runBackfill(shards: number): Promise<Readonly<Record<'export' | 'score', Requests>>> {
  const units = listUnits('shop', shards);
  const end = EPOCH + (DAYS + 3) * DAY;
  const clock = { now: end - DAY };
  const telemetry = createMemoryTelemetry();
  const bucket = openLocalBucket({ telemetry, now: () => clock.now });
  const store = countStore(bucket.store);
  const ignore = async (): Promise<void> => {};
  const queue = { requestTraining: ignore, requestScoring: ignore, requestNotifying: ignore };
  const context = { ...bucket.context, telemetry, store, queue };
  await store.put(manifestKey('shop'), new TextEncoder().encode(manifestOf(shards)));
  const entities = ['a', 'b', 'c', 'd'];
  const rows = (end - EPOCH) / MINUTE;
  const source = tellWindow(makeWindow({ detector: 'shop', from: 0, rows, entities, metrics: ['cpu'] }));
  const score = async (key: string): Promise<unknown> =>
    scoreWindows(await loadDetector(context, unitOfWindowKey(key)!), context, { arrived: [key] });
  for (; clock.now < end; clock.now += HALF_HOUR) {
    const { exported } = await exportDue(onlySource(source), context);
    for (const result of exported.values()) for (const key of result.exported) await score(key);
  }
  const train = async (): Promise<void> => {
    for (const unit of units) await trainModel(await loadDetector(context, unit), context);
  };
  const scoreAll = async (): Promise<void> => {
    for (const unit of units) await scoreWindows(await loadDetector(context, unit), context);
  };
  await train();
  await scoreAll();

  const counts = { export: [] as Requests[], score: [] as Requests[] };
  for (let day = 1; day <= DAYS; day++) {
    let keys: readonly string[] = [];
    const name = new Date(EPOCH + day * DAY).toISOString().slice(0, 10);
    counts.export.push(
      await countRequests(store, async () => {
        const loaded = await loadDetector(context, 'shop');
        ({ exported: keys } = await exportDay({ ...loaded, source, day: name }, context));
      }),
    );
    for (const key of keys) counts.score.push(await countRequests(store, () => score(key)));
  }
  await train();
  counts.score.push(await countRequests(store, scoreAll));
  const sum = (all: readonly Requests[]): Requests =>
    Object.fromEntries(
      KINDS.map((kind) => [kind, all.reduce((total, each) => total + each[kind], 0)]),
    ) as unknown as Requests;
  return { export: sum(counts.export), score: sum(counts.score) };
}

/** Within a tenth, as a plan has to be. */
function assertNear(planned: number, actual: number, what: string): void {
  assert.ok(
    Math.abs(planned - actual) <= 0.1 * actual,
    `${what}: planned ${planned}, and there were ${actual}`,
  );
}
