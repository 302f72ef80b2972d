/** What is decided once stays as it was decided, whoever asks again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultDetector } from '../../../../lib/config/defaults.ts';
import { commitDecision } from '../../../../lib/jobs/score/commit-decision.ts';
import { initialState, readState, updateState } from '../../../../lib/store/detector-states.ts';
import { createMemoryObjectStore } from '../../../helpers/memory-object-store.ts';
import { createMemoryTelemetry } from '../../../helpers/memory-telemetry.ts';

const MINUTE = 60_000;
const START = Date.UTC(2026, 10, 1);

/** Two rows of which the model says 1.5 times what opens an incident, of an entity for which 1 has come to be usual. */
function given(windowKey: string, from: number): Parameters<typeof commitDecision>[0] {
  const none = Float64Array.of(0, 0);
  const scored = {
    entities: ['cart'],
    entityOf: Uint32Array.of(0, 0),
    times: Float64Array.of(from, from + MINUTE),
    scores: none,
    deviations: none,
    evidence: {
      metrics: none,
      joint: Float64Array.of(1.5, 0),
      anchored: none,
      telling: Int32Array.of(-2, -2),
      series: Int32Array.of(-1, -1),
      stretch: Uint16Array.of(0, 0),
      sinceOnset: Uint8Array.of(0, 0),
      jointSinceOnset: Uint8Array.of(0, 0),
    },
  };
  const manifest = {
    version: 'v',
    step: MINUTE,
    trainingRange: { start: '2026-10-01T00:00:00Z', end: '2026-10-31T00:00:00Z' },
    policy: { by: 'evidence', threshold: 1, holdAbove: 0.6, minDeviation: 0, k: 1, n: 1, resolveAfter: 5 },
  };
  // Without a change of state nothing else of a version is looked at.
  const fitted = { manifest, plan: { columns: [] }, scaler: { entities: new Map(), pooled: [] } };
  return {
    detector: defaultDetector('shop'),
    fitted,
    rows: { scored },
    window: scored,
    windowKey,
    etag: '"e"',
    arrival: from + 2 * MINUTE,
  } as unknown as Parameters<typeof commitDecision>[0];
}

test('a row that had come to be usual is so for the run after one that died before it wrote the scores', async () => {
  const store = createMemoryObjectStore();
  const context = { store, telemetry: createMemoryTelemetry(), now: () => START + 3_600_000 };
  await updateState(store, 'shop', () => ({
    ...initialState('shop'),
    phase: 'active',
    entities: {
      cart: {
        decidedUntil: START - MINUTE,
        recent: [],
        open: undefined,
        usualJoint: { level: 1, below: 0, modelVersion: 'v' },
      },
    },
  }));
  const first = await commitDecision(given('windows/detector=shop/a.parquet', START), context);
  const again = await commitDecision(given('windows/detector=shop/a.parquet', START), context);
  assert.deepEqual([...first.anomalous], [0, 0]);
  assert.deepEqual([...again.anomalous], [...first.anomalous]);

  for (let window = 1; window <= 20; window++)
    await commitDecision(
      given(`windows/detector=shop/${window}.parquet`, START + 2 * window * MINUTE),
      context,
    );
  const { usualRows } = (await readState(store, 'shop')).state;
  assert.equal(usualRows?.length, 8);
  assert.equal(usualRows.at(-1)?.window, 'windows/detector=shop/20.parquet@"e"');
});

test('more entities than fit on the stack are decided on', async () => {
  const store = createMemoryObjectStore();
  const context = { store, telemetry: createMemoryTelemetry(), now: () => START + 3_600_000 };
  const track = { decidedUntil: START - MINUTE, recent: [], open: undefined };
  const entities = {
    ...Object.fromEntries(Array.from({ length: 130_000 }, (_, i) => [`job-${i}`, track])),
    cart: { ...track, usualJoint: { level: 1, below: 0, modelVersion: 'v' } },
  };
  await updateState(store, 'shop', () => ({ ...initialState('shop'), phase: 'active', entities }));
  const { transitions } = await commitDecision(given('windows/detector=shop/a.parquet', START), context);
  assert.equal(typeof transitions, 'number');
});
