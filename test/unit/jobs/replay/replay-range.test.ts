/** A range is scored again, and nobody hears of it. */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { type LocalBucket, openLocalBucket } from '../../../../lib/jobs/offline/local-bucket.ts';
import { replayRange } from '../../../../lib/jobs/replay/replay-range.ts';
import { scoreWindows } from '../../../../lib/jobs/score/score-windows.ts';
import { loadDetector } from '../../../../lib/jobs/shared/load-detectors.ts';
import { trainModel } from '../../../../lib/jobs/train/train-model.ts';
import { readState, updateState } from '../../../../lib/store/detector-states.ts';
import { currentModelKey, scoresKey } from '../../../../lib/store/keys.ts';
import { readLate } from '../../../../lib/store/scored-windows.ts';
import { readTable } from '../../../../lib/window/parquet.ts';
import { writeWindow } from '../../../../lib/window/write-window.ts';
import { createMemoryTelemetry } from '../../../helpers/memory-telemetry.ts';
import { dropWindow, EPOCH, makeWindow, STEP } from '../../../helpers/synthetic-window.ts';

const FAULT = { entity: 'payment', from: 1450, to: 1465 };
const DROPPED = 'windows/detector=shop/dropped.parquet';

let bucket: LocalBucket;
let telemetry: ReturnType<typeof createMemoryTelemetry>;
let keys: string[];

const at = (step: number): number => EPOCH + step * STEP;
const score = async () => scoreWindows(await loadDetector(bucket.context, 'shop'), bucket.context);
const replay = async (from: number, to: number, dryRun = false) =>
  replayRange(
    { ...(await loadDetector(bucket.context, 'shop')), range: { start: at(from), end: at(to) }, dryRun },
    bucket.context,
  );

/** All but `anomalous`: what counted as usual while an incident was open is not known of rows that are long decided on. */
async function readScores(key: string): Promise<unknown> {
  const table = readTable((await bucket.store.get(scoresKey(key))).body, 'scores');
  return table.schema.fields
    .filter(({ name }) => name !== 'anomalous')
    .map(({ name }) => [name, table.getChild(name)?.toJSON()]);
}

describe('a range of a detector that told of something in it', () => {
  before(async () => {
    telemetry = createMemoryTelemetry();
    bucket = openLocalBucket({ telemetry, now: () => at(1600) });
    await dropWindow(bucket.store, { from: 0, rows: 1440 });
    await trainModel(await loadDetector(bucket.context, 'shop'), { ...bucket.context, withoutReports: true });
    keys = [];
    for (const from of [1440, 1470, 1500]) {
      keys.push(await dropWindow(bucket.store, { from, rows: 30, fault: FAULT }));
      await score();
    }
    await bucket.store.put(
      DROPPED,
      writeWindow(makeWindow({ from: 1530, rows: 30 }), { manifestHash: 'test' }),
    );
    await score();
  });

  test('a dry run names what it would take away, and takes nothing', async () => {
    const replayed = await replay(1445, 1471, true);
    assert.deepEqual(replayed.windows, keys.slice(0, 2));
    for (const key of keys) await bucket.store.head(scoresKey(key));
  });

  test('the same scores, the same state, no alert, no late row; a range is half-open', async () => {
    assert.deepEqual(
      bucket.found.map(({ anomaly }) => anomaly.state),
      ['opened', 'resolved'],
    );
    const told = bucket.found.length;
    const scores = await Promise.all(keys.map(readScores));
    const { state } = await readState(bucket.store, 'shop');
    const late = telemetry.total('LateRows');
    assert.deepEqual((await replay(1440, 1500)).windows, keys.slice(0, 2));
    await assert.rejects(bucket.store.head(scoresKey(keys[0]!)), { code: 'not-found' });
    const { scored } = await score();
    assert.deepEqual(
      scored.map(({ key }) => key),
      keys.slice(0, 2),
    );
    assert.equal(bucket.found.length, told);
    assert.deepEqual((await readState(bucket.store, 'shop')).state, state);
    assert.deepEqual(await Promise.all(keys.map(readScores)), scores);
    assert.deepEqual(await readLate(bucket.store, 'shop'), []);
    assert.equal(telemetry.total('LateRows'), late);
  });

  test('files that were dropped under a name of their own are found by their rows', async () => {
    assert.deepEqual((await replay(1540, 1541)).windows, [DROPPED]);
    const again = await replay(1540, 1541);
    assert.deepEqual([again.windows, again.unscored], [[], [DROPPED]]);
    await score();
  });

  test('a state that knows nothing any more stops it: people would be told again', async () => {
    await updateState(bucket.store, 'shop', (state) => ({ ...state, entities: {}, decided: [] }));
    await assert.rejects(replay(1440, 1500), { code: 'nothing-remembered' });
    await bucket.store.head(scoresKey(keys[0]!));
  });

  test('without a version nothing is taken away', async () => {
    await bucket.store.delete(currentModelKey('shop'));
    await assert.rejects(replay(1440, 1500), { code: 'no-version' });
    await bucket.store.head(scoresKey(keys[0]!));
  });
});
