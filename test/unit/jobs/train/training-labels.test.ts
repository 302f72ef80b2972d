/** What the criteria of a manifest do to the history that a model is fitted on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LabelError } from '../../../../lib/base/errors.ts';
import { defaultDetector } from '../../../../lib/config/defaults.ts';
import type { Detector } from '../../../../lib/config/detector.ts';
import type { LabelSettings } from '../../../../lib/config/label-settings.ts';
import { prepareRows } from '../../../../lib/features/prepare-rows.ts';
import type { JobContext } from '../../../../lib/jobs/shared/context.ts';
import { loadTrainingData, type TrainingData } from '../../../../lib/jobs/train/training-data.ts';
import { readState } from '../../../../lib/store/detector-states.ts';
import { windowKey } from '../../../../lib/store/keys.ts';
import type { MetricWindow } from '../../../../lib/window/window.ts';
import { writeWindow } from '../../../../lib/window/write-window.ts';
import { createMemoryObjectStore } from '../../../helpers/memory-object-store.ts';
import { createMemoryTelemetry } from '../../../helpers/memory-telemetry.ts';
import { EPOCH, STEP } from '../../../helpers/synthetic-window.ts';

function windowOf(
  from: number,
  columns: Readonly<Record<string, readonly number[]>>,
  labels?: readonly number[],
): MetricWindow {
  const rows = Object.values(columns)[0]!.length;
  return {
    detector: 'shop',
    range: { start: EPOCH + from * STEP, end: EPOCH + (from + rows) * STEP },
    step: STEP,
    metrics: Object.keys(columns),
    entities: ['pod'],
    entityOf: new Uint32Array(rows),
    times: Float64Array.from({ length: rows }, (_, row) => EPOCH + (from + row) * STEP),
    columns: Object.values(columns).map((values) => Float64Array.from(values)),
    labels: labels && Uint8Array.from(labels),
  };
}

async function load(
  windows: readonly MetricWindow[],
  labels: LabelSettings,
  metrics: Detector['metrics'] = [],
): Promise<TrainingData> {
  const store = createMemoryObjectStore({ now: () => EPOCH });
  for (const window of windows)
    await store.put(windowKey('shop', window.range), writeWindow(window, { manifestHash: 'test' }));
  const context: JobContext = {
    store,
    queue: {
      requestTraining: async () => {},
      requestScoring: async () => {},
      requestNotifying: async () => {},
    },
    telemetry: createMemoryTelemetry(),
    now: () => EPOCH,
    deadline: { remaining: () => Number.POSITIVE_INFINITY },
  };
  const { state } = await readState(store, 'shop');
  const data = await loadTrainingData({ ...defaultDetector('shop'), metrics, labels }, state, context);
  assert.ok(data);
  return data;
}

const OOM: LabelSettings = { criteria: [{ name: 'oom', when: 'oom > 0' }], columns: ['oom'] };

test('criteria look back over window bounds, and their own columns are no metrics', async () => {
  const data = await load(
    [windowOf(0, { cpu: [1, 2, 3], oom: [0, 0, 1] }), windowOf(3, { cpu: [4, 5], oom: [0, 0] })],
    {
      criteria: [
        { name: 'recent', when: 'max(oom, 2m) > 0' },
        { name: 'hot', when: 'cpu > 4' },
      ],
      columns: ['oom'],
    },
  );
  assert.deepEqual(data.window.metrics, ['cpu']);
  assert.equal(data.window.columns.length, 1);
  assert.deepEqual([...data.window.labels!], [0, 0, 1, 1, 1]);
  assert.deepEqual(data.labelledBy, { recent: 2, hot: 1 });
  assert.deepEqual([...data.availability], [1, 1, 1, 1, 1]);
});

test('a label column wins, where there is one', async () => {
  const data = await load(
    [windowOf(0, { cpu: [1, 2], oom: [1, 0] }, [0, 1]), windowOf(2, { cpu: [3, 4], oom: [1, 0] })],
    OOM,
  );
  assert.deepEqual([...data.window.labels!], [0, 1, 1, 0]);
});

test('what serves labels is not interpolated, and does not make a row measured', async () => {
  const gap = Number.NaN;
  const data = await load(
    [windowOf(0, { cpu: [1, gap, 3, gap, gap, gap, gap, 8], oom: [0, gap, 1, 1, 1, 1, 1, 0] })],
    OOM,
  );
  // A hole of one is filled in cpu; one of four is not, and those rows are left out.
  assert.deepEqual([...data.window.columns[0]!], [1, 2, 3, 8]);
  assert.deepEqual([...data.window.labels!], [0, 0, 1, 0]);
});

test('without criteria, data stays as it is labelled or not', async () => {
  const none: LabelSettings = { criteria: [], columns: [] };
  assert.equal((await load([windowOf(0, { cpu: [1, 2] })], none)).window.labels, undefined);
  assert.deepEqual([...(await load([windowOf(0, { cpu: [1, 2] }, [0, 1])], none)).window.labels!], [0, 1]);
});

test('an unmeasured metric is missing data; a column that is nowhere is an error', async () => {
  const windows = [windowOf(0, { cpu: [1, 2] })];
  const data = await load(windows, { ...OOM, columns: [] }, [{ name: 'oom', query: 'x' }]);
  assert.deepEqual([...data.window.labels!], [0, 0]);
  await assert.rejects(
    load(windows, { criteria: [{ name: 'hot', when: 'cpuu > 1' }], columns: [] }),
    (error: unknown) => error instanceof LabelError && error.message.includes('did you mean cpu?'),
  );
});

test('scoring never sees the columns that serve labels', () => {
  const detector = { ...defaultDetector('shop'), labels: OOM };
  const { window, availability } = prepareRows(windowOf(0, { oom: [1, 1], cpu: [1, 2] }), detector, STEP);
  assert.deepEqual(window.metrics, ['cpu']);
  assert.deepEqual([...window.columns[0]!], [1, 2]);
  assert.deepEqual([...availability], [1, 1]);
});
