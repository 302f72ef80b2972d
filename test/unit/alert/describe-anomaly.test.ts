import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AlertSettled, AnomalyFacts, DescribedAnomaly, Reason } from '../../../lib/alert/alert.ts';
import { describedAnomalySchema } from '../../../lib/alert/anomaly-schema.ts';
import { describeAnomaly } from '../../../lib/alert/describe-anomaly.ts';
import { defaultDetector } from '../../../lib/config/defaults.ts';
import type { Detector } from '../../../lib/config/detector.ts';
import { KUBERNETES } from '../../../lib/config/presets/kubernetes.ts';
import type { Transition } from '../../../lib/decision/contract.ts';

const START = Date.parse('2026-11-22T14:32:00Z');
const MINUTE = 60_000;
const CPU: Reason = {
  metric: 'container_cpu_usage',
  share: 0.6,
  value: 0.83,
  usualLow: 0.01,
  usualHigh: 0.05,
  usual: 0.03,
};
const MEMORY: Reason = {
  metric: 'memory_bytes',
  share: 0.3,
  value: 2 ** 31,
  usualLow: 2 ** 20,
  usualHigh: 2 ** 21,
  usual: 2 ** 20,
};
const READY: Reason = { metric: 'ready_ratio', share: 0.1, value: 1, usualLow: 0.9, usualHigh: 1, usual: 1 };
const LOST: Reason = {
  metric: 'latency_seconds',
  share: 0.05,
  value: null,
  usualLow: 0.01,
  usualHigh: 0.25,
  usual: 0.1,
};

test('an anomaly carries what the transition, the detector and the model say', () => {
  const anomaly = build({ reasons: [CPU, MEMORY, READY, LOST] });
  assert.deepEqual(anomaly, {
    formatVersion: 1,
    anomalyId: '20261122T143200Z-0123456789ab',
    changeId: '20261122T143200Z-0123456789ab-0001',
    state: 'opened',
    detector: 'shop',
    targetService: null,
    entity: 'payment',
    severity: 'warning',
    summary: 'payment: container_cpu_usage 0.83 (usual 0.01–0.05) and 2 more metrics, since 14:32 UTC, 6 min',
    reasons: [
      { ...CPU, deviation: 40 },
      { ...MEMORY, unit: 'bytes', deviation: 4094 },
      { ...READY, unit: 'ratio', deviation: 0 },
      { ...LOST, unit: 'seconds', deviation: null },
    ],
    reasonsLeftOut: 0,
    score: 0.71,
    threshold: 0.62,
    start: '2026-11-22T14:32:00.000Z',
    lastAnomalous: '2026-11-22T14:37:00.000Z',
    end: null,
    model: MODEL,
    objects: OBJECTS,
  } satisfies DescribedAnomaly);
});

test('a deviation is in halves of the usual band, signed and to three decimals', () => {
  const deviationOf = (reason: Partial<Reason>) =>
    build({ reasons: [{ ...CPU, usualLow: 8, usualHigh: 14, usual: 10, ...reason }] }).reasons[0]?.deviation;
  assert.equal(deviationOf({ value: 14 }), 1.333);
  assert.equal(deviationOf({ value: 3 }), -2.333);
  assert.equal(deviationOf({ value: 9.9999 }), 0);
  assert.equal(deviationOf({ value: null }), null);
  assert.equal(deviationOf({ value: 12, usualLow: 10, usualHigh: 10 }), null);
  assert.equal(deviationOf({ value: 10, usualLow: 10, usualHigh: 10 }), null);
  // An older one lacks it.
  const { deviation: _, ...before } = build({ reasons: [CPU] }).reasons[0]!;
  assert.deepEqual(before, CPU);
  const anomaly = { ...build({ reasons: [] }), reasons: [before] };
  assert.deepEqual(read(anomaly), anomaly);
});

test('one sentence for each thing that can be said', () => {
  const cases: [given: Parameters<typeof build>[0], summary: string][] = [
    [{ reasons: [CPU] }, 'payment: container_cpu_usage 0.83 (usual 0.01–0.05), since 14:32 UTC, 6 min'],
    // A metric within its usual range does not speak for the alert while another left it.
    [{ reasons: [READY, MEMORY] }, 'payment: memory_bytes 2 GiB (usual 1–2 MiB), since 14:32 UTC, 6 min'],
    [{ reasons: [LOST] }, 'payment: latency_seconds missing (usual 10–250 ms), since 14:32 UTC, 6 min'],
    [{ reasons: [READY] }, 'payment: unusual ready_ratio 100% (usual 90–100%), since 14:32 UTC, 6 min'],
    [
      { reasons: [{ ...CPU, value: 0.04 }, READY, { ...MEMORY, value: 2 ** 20 }] },
      'payment: unusual combination of container_cpu_usage 0.04 (usual 0.01–0.05) and ready_ratio 100% (usual 90–100%), since 14:32 UTC, 6 min',
    ],
    [{ reasons: [] }, 'payment: score 0.71 (alerts from 0.62), since 14:32 UTC, 6 min'],
    [
      { reasons: [CPU], transition: { state: 'updated', sequence: 2, lastAnomalous: START + 80 * MINUTE } },
      'payment: getting worse, container_cpu_usage 0.83 (usual 0.01–0.05), since 14:32 UTC, 1 h 21 min',
    ],
    [
      { reasons: [CPU, MEMORY], transition: { state: 'resolved', sequence: 3, end: START + 20 * MINUTE } },
      'payment: over at 14:52 UTC after 20 min; it was container_cpu_usage 0.83 (usual 0.01–0.05) and 1 more metric',
    ],
    [
      { reasons: [], transition: { state: 'resolved', sequence: 3, end: START + 20 * MINUTE } },
      'payment: over at 14:52 UTC after 20 min',
    ],
    [
      {
        reasons: [{ ...READY, metric: 'requests', value: 36, usualLow: 118, usualHigh: 142, byHour: true }],
        transition: { state: 'settled', sequence: 3, end: START + 180 * MINUTE },
      },
      'payment: settled at a new level at 17:32 UTC after 3 h; it began with requests 36 (expected 118–142 at this hour)',
    ],
    [
      {
        reasons: [MEMORY],
        settled: { metric: 'memory_bytes', value: 1.5 * 2 ** 30, usual: 2 ** 20 },
        transition: { state: 'settled', sequence: 3, end: START + 180 * MINUTE },
      },
      'payment: settled at a new level at 17:32 UTC after 3 h: memory_bytes 1.5 GiB in place of 1 MiB',
    ],
    [
      { reasons: [], transition: { state: 'settled', sequence: 3, end: START + 180 * MINUTE } },
      'payment: settled at a new level at 17:32 UTC after 3 h',
    ],
    [{ reasons: [], by: 'evidence' }, 'payment: evidence 0.71 (alerts from 0.62), since 14:32 UTC, 6 min'],
    [
      { reasons: [CPU], transition: { lastAnomalous: START + 10 * 60 * MINUTE } },
      'payment: container_cpu_usage 0.83 (usual 0.01–0.05), since 2026-11-22 14:32 UTC, 10 h 1 min',
    ],
    [
      { reasons: [CPU], transition: { entity: '' } },
      'shop: container_cpu_usage 0.83 (usual 0.01–0.05), since 14:32 UTC, 6 min',
    ],
    [
      { reasons: [CPU], transition: { entity: '' }, detector: { targetService: 'checkout' } },
      'checkout: container_cpu_usage 0.83 (usual 0.01–0.05), since 14:32 UTC, 6 min',
    ],
    // Names come from dropped files: no line breaks, no escape sequences, no essays.
    [
      {
        reasons: [{ ...CPU, metric: `c\u001b[31m${'x'.repeat(100)}` }],
        transition: { entity: 'a\nb\u2028c\ud800' },
      },
      `a b c\ufffd: c [31m${'x'.repeat(73)}… 0.83 (usual 0.01–0.05), since 14:32 UTC, 6 min`,
    ],
  ];
  for (const [given, summary] of cases) assert.equal(build(given).summary, summary);
});

test('by evidence: how often normal data goes as far as the threshold, and no rarity of a score', () => {
  const rarity = { onceIn: 4000, isBound: false, heldBack: true };
  const anomaly = build({ reasons: [CPU], by: 'evidence', rarity });
  assert.equal(anomaly.by, 'evidence');
  assert.deepEqual(anomaly.falseAlarms, { count: 1, per: 7 * 24 * 60 * MINUTE });
  assert.equal(anomaly.rarity, undefined);
  const byScore = build({ reasons: [CPU], rarity });
  assert.deepEqual([byScore.by, byScore.falseAlarms, byScore.rarity], [undefined, undefined, rarity]);
});

test('the preset knows its units', () => {
  const { name, query } = KUBERNETES.metrics.find((metric) => metric.name === 'pod_cpu_usage')!;
  const anomaly = build({ reasons: [{ ...CPU, metric: name }], detector: { metrics: [{ name, query }] } });
  assert.equal(anomaly.reasons[0]?.unit, 'cores');
  assert.equal(
    anomaly.summary,
    'payment: pod_cpu_usage 0.83 cores (usual 0.01–0.05), since 14:32 UTC, 6 min',
  );
});

test('the top 20 reasons are kept and the rest is counted', () => {
  const reasons = Array.from({ length: 50 }, (_, index) => ({ ...CPU, metric: `m${index}` }));
  const anomaly = build({ reasons });
  assert.deepEqual(
    anomaly.reasons.map(({ metric }) => metric),
    reasons.slice(0, 20).map(({ metric }) => metric),
  );
  assert.equal(anomaly.reasonsLeftOut, 30);
  assert.match(anomaly.summary, / and 49 more metrics, /);
});

const MODEL: AnomalyFacts['model'] = {
  version: 'v7',
  kind: 'isolation-forest',
  trainedFrom: '2026-11-14T00:00:00.000Z',
  trainedTo: '2026-11-21T00:00:00.000Z',
};
const OBJECTS: AnomalyFacts['objects'] = { window: 'windows/w', scores: 'scores/s' };

test('a restart before or in an anomaly is told, and not where there is none', () => {
  const restart = { metric: 'uptime', at: '2026-11-22T14:31:00.000Z', from: 64_800, to: 20 };
  const anomaly = build({ reasons: [CPU], restarts: new Array(7).fill(restart) });
  assert.equal(
    anomaly.summary,
    'payment: container_cpu_usage 0.83 (usual 0.01–0.05), since 14:32 UTC, 6 min; restarted at 14:31 UTC',
  );
  assert.deepEqual(anomaly.restarts, new Array(5).fill(restart));
  assert.deepEqual(read(anomaly), anomaly);
  assert.equal('restarts' in build({ reasons: [CPU] }), false);
});

test('rollouts before or in an anomaly are told, the newest of many, and read back', () => {
  const rollouts = ['31', '32', '33', '34', '35', '36'].map((minute) => ({
    workload: 'shop/checkout',
    at: `2026-11-22T14:${minute}:00.000Z`,
    from: '6d4cf56db6',
    to: '7f9cb5c8d6',
  }));
  const anomaly = build({ reasons: [CPU], rollouts });
  assert.deepEqual(anomaly.rollouts, rollouts.slice(1));
  assert.deepEqual(read(anomaly), anomaly);
  assert.equal('rollouts' in build({ reasons: [CPU] }), false);
});

function build(given: {
  readonly settled?: AlertSettled;
  reasons: readonly Reason[];
  transition?: Partial<Transition>;
  detector?: Partial<Detector>;
  by?: AnomalyFacts['by'];
  rarity?: AnomalyFacts['rarity'];
  restarts?: NonNullable<AnomalyFacts['restarts']>;
  rollouts?: NonNullable<AnomalyFacts['rollouts']>;
}): DescribedAnomaly {
  return describeAnomaly({
    transition: {
      anomalyId: '20261122T143200Z-0123456789ab',
      entity: 'payment',
      state: 'opened',
      sequence: 1,
      start: START,
      lastAnomalous: START + 5 * MINUTE,
      end: undefined,
      tellingRow: 3,
      peakScore: 0.71,
      ...given.transition,
    },
    reasons: given.reasons,
    detector: { ...defaultDetector('shop'), ...given.detector },
    step: MINUTE,
    model: MODEL,
    by: given.by,
    threshold: 0.62,
    rarity: given.rarity,
    restarts: given.restarts ?? [],
    ...(given.settled !== undefined && { settled: given.settled }),
    rollouts: given.rollouts ?? [],
    objects: OBJECTS,
  });
}

/** As it is stored and read back. */
function read(anomaly: DescribedAnomaly): DescribedAnomaly {
  return describedAnomalySchema.parse(JSON.parse(JSON.stringify(anomaly)));
}
