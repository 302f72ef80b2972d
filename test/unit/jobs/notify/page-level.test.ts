/** A page draws the band by which its incident was judged. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { saveEvidence } from '../../../../lib/evidence/state.ts';
import { countComponents, planScan } from '../../../../lib/evidence/statistics.ts';
import { fitExpectation } from '../../../../lib/expectation/expectation.ts';
import { buildMatrix } from '../../../../lib/features/build-matrix.ts';
import { saveFeatures } from '../../../../lib/features/feature-state.ts';
import { planFeatures } from '../../../../lib/features/plan.ts';
import { fitScaler } from '../../../../lib/features/scaler.ts';
import { writeIncidentPage } from '../../../../lib/jobs/notify/incident-page/write-page.ts';
import { notify } from '../../../../lib/jobs/notify/notify.ts';
import { fitScoreTail } from '../../../../lib/maths/score-tail.ts';
import { updateState } from '../../../../lib/store/detector-states.ts';
import { windowKey } from '../../../../lib/store/keys.ts';
import { saveVersion } from '../../../../lib/store/model-repository.ts';
import { writeWindow } from '../../../../lib/window/write-window.ts';
import { createAnomaly } from '../../../helpers/alerts.ts';
import { createMemoryObjectStore, type MemoryObjectStore } from '../../../helpers/memory-object-store.ts';
import { createNotifyContext } from '../../../helpers/notify-context.ts';
import { allAvailable, windowOf } from '../../features/windows.ts';

const MINUTE = 60_000;
const START = Date.parse('2026-11-22T08:00:00Z');
const INCIDENT = '20261122T080000Z-0000';

/** Expects a memory of 96 to 106 everywhere. */
async function putVersion(store: MemoryObjectStore, version: string): Promise<void> {
  const window = windowOf({ 'payment-0': { memory: Array.from({ length: 600 }, (_, i) => 96 + (i % 11)) } });
  const settings = {
    timeZone: 'UTC',
    columns: [{ kind: 'metrics', metrics: 'all', apply: [] }],
  } as const;
  const plan = planFeatures(window.metrics, { settings, step: MINUTE });
  const planned = { window, availability: allAvailable(window), plan };
  const scaler = fitScaler(planned);
  const x = buildMatrix({ ...planned, scaler });
  const scan = planScan(MINUTE, 180 * MINUTE);
  const evidence = saveEvidence({
    plan: scan,
    expectation: fitExpectation(x, new Uint8Array(600).fill(1)),
    tail: fitScoreTail(Float64Array.from({ length: 100 }, (_, i) => i)),
    reach: new Float64Array(countComponents(x.names.length, scan)).fill(4),
    pooledReach: new Float64Array(scan.lengths.length).fill(4),
    starts: new Map(),
  });
  const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
  await saveVersion(store, 'shop', version, {
    files: { 'features.json': bytes(saveFeatures({ plan, scaler })), 'evidence.json': bytes(evidence) },
    manifest: {
      detector: 'shop',
      version,
      kind: 'isolation-forest',
      params: {},
      seed: 1,
      featurePlanHash: '',
      manifestHash: '',
      inputs: [],
      rows: 600,
      entities: 1,
      step: MINUTE,
      trainingRange: { start: '2026-11-01T00:00:00.000Z', end: '2026-11-02T00:00:00.000Z' },
      softwareVersion: '0',
      percentile: 99,
      policy: { threshold: 1, minDeviation: 1, k: 1, n: 1, resolveAfter: 1 },
    },
  });
}

/** Of `memory`, when the incident began: low, centre and high. */
async function drawBand(usualMoved?: number): Promise<readonly number[]> {
  const store = createMemoryObjectStore();
  const range = { start: START, end: START + 60 * MINUTE };
  const times = Float64Array.from({ length: 60 }, (_, row) => START + row * MINUTE);
  const rows = {
    metrics: ['memory'],
    entities: ['payment-0'],
    entityOf: new Uint32Array(60),
    times,
    columns: [times.map(() => 200)],
    labels: undefined,
  };
  await store.put(
    windowKey('shop', range),
    writeWindow({ detector: 'shop', range, step: MINUTE, ...rows }, { manifestHash: 'test' }),
  );
  const reason = { metric: 'memory', share: 1, value: 200, usualLow: 136, usualHigh: 146, usual: 141 };
  const anomaly = createAnomaly({
    entity: 'payment-0',
    anomalyId: INCIDENT,
    changeId: `${INCIDENT}-0001`,
    state: 'opened',
    start: new Date(START).toISOString(),
    lastAnomalous: new Date(START + 5 * MINUTE).toISOString(),
    end: null,
    reasons: [{ ...reason, ...(usualMoved !== undefined && { usualMoved }) }],
  });
  const about = { workload: 'payment', siblings: 1, dependsOn: [], step: MINUTE };
  await putVersion(store, anomaly.model.version);
  await updateState(store, 'shop', (state) => ({ ...state, outbox: [{ anomaly, sequence: 1, about }] }));
  const publisher = { publish: async () => ({ messageId: 'm1' }) };
  await notify(
    createNotifyContext(store, { renderPage: undefined, publisher, now: () => START + 60 * MINUTE }),
    ['shop'],
  );
  const band: number[] = [];
  await writeIncidentPage(store, {
    incidentId: INCIDENT,
    step: MINUTE,
    now: START + 60 * MINUTE,
    render: ({ members }) => {
      const { low, center, high } = members[0]!.series[0]!.expected!(START);
      band.push(...[low, center, high].map((value) => Math.round(value * 1000) / 1000));
      return '';
    },
  });
  return band;
}

test('the band is that of training, or where the metric had settled before, that around the level by which it was judged', async () => {
  assert.deepEqual(await drawBand(), [96, 101, 106]);
  assert.deepEqual(await drawBand(40), [136, 141, 146]);
});
