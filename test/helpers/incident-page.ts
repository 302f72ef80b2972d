/** An incident of the Sock Shop sample, told of by the notify stage, which then writes its page. */
import type { AnomalyFacts, Reason } from '../../lib/alert/alert.ts';
import { workloadOf } from '../../lib/base/workload.ts';
import { notify } from '../../lib/jobs/notify/notify.ts';
import type { PendingChange } from '../../lib/store/detector-state.ts';
import { updateState } from '../../lib/store/detector-states.ts';
import { incidentPageKey, scoresKey, windowKey } from '../../lib/store/keys.ts';
import { readWindowFile } from '../../lib/window/read-file.ts';
import { selectRows } from '../../lib/window/select-rows.ts';
import type { MetricWindow } from '../../lib/window/window.ts';
import { writeWindow } from '../../lib/window/write-window.ts';
import { createAnomaly } from './alerts.ts';
import type { MemoryObjectStore } from './memory-object-store.ts';
import { createNotifyContext } from './notify-context.ts';
import { trainSockShop } from './sockshop-report.ts';

const DETECTOR = 'sockshop';
const CPU = 'container_cpu_usage_seconds_total';
const MEMORY = 'container_memory_working_set_bytes';
const CACHE = 'container_memory_cache';
/** What a name may try. */
export const HOSTILE = { entity: '<img src=x onerror=alert(1)>"\'&', metric: '<script>alert(2)</script>' };
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = Date.parse('2023-08-17T02:30:00Z');
const LENGTH = 45 * 60_000;
const ROLLOUT = { workload: 'sock-shop/payment', from: '5ff676694b', to: 'cfd6b84cb' };
const PODS = [
  'payment-cfd6b84cb-7d2b9',
  'payment-cfd6b84cb-mhzxg',
  'carts-5ff676694b-fzj9z',
  'carts-5ff676694b-srh9v',
  HOSTILE.entity,
  'front-end-d75fdb4bc-8vl6n',
  'catalogue-55f4dd45d6-9hnhq',
  'catalogue-55f4dd45d6-wcvck',
];

export interface SampleIncident {
  readonly store: MemoryObjectStore;
  readonly page: string;
  /** Of hours before, about the same pod. */
  readonly earlier: string;
}

export async function writeSampleIncident(): Promise<SampleIncident> {
  const { store, manifest } = await trainSockShop('robust-z');
  await exportByHour(store);
  const model = {
    version: manifest.version,
    kind: manifest.kind,
    trainedFrom: '2023-08-12T00:00:00.000Z',
    trainedTo: '2023-08-17T07:00:00.000Z',
  };
  const earlier = await tell(store, model, { pods: PODS.slice(0, 1), start: START - DAY });
  const id = await tell(store, model, { pods: PODS, start: START });
  return { store, earlier, page: store.text(incidentPageKey(id)) ?? '' };
}

/** Opened, then resolved. @returns the incident's id */
async function tell(
  store: MemoryObjectStore,
  model: AnomalyFacts['model'],
  { pods, start }: { readonly pods: readonly string[]; readonly start: number },
): Promise<string> {
  const told: string[] = [];
  const context = createNotifyContext(store, {
    renderPage: undefined,
    now: () => start + LENGTH + HOUR,
    publisher: {
      async publish({ incidentId }) {
        told.push(incidentId);
        return { messageId: `m${told.length}` };
      },
    },
  });
  for (const state of ['opened', 'resolved'] as const) {
    const changes = pods.map((entity, at) => changeOf({ entity, state, model, start: start + at * 60_000 }));
    await updateState(store, DETECTOR, (before) => ({ ...before, outbox: [...before.outbox, ...changes] }));
    await notify(context, [DETECTOR]);
  }
  return told[0]!;
}

function changeOf(given: {
  readonly entity: string;
  readonly state: 'opened' | 'resolved';
  readonly model: AnomalyFacts['model'];
  readonly start: number;
}): PendingChange {
  const { entity, state, model, start } = given;
  const stamp = new Date(start).toISOString();
  const id = `${stamp.replaceAll(/[-:]|\.000/g, '')}-${String(PODS.indexOf(entity)).padStart(12, '0')}`;
  const sequence = state === 'opened' ? 1 : 2;
  const end = new Date(start + LENGTH).toISOString();
  const hour = Math.floor(start / HOUR) * HOUR;
  const window = windowKey(DETECTOR, { start: hour, end: hour + HOUR });
  const anomaly = createAnomaly({
    detector: DETECTOR,
    targetService: 'sock-shop',
    entity,
    anomalyId: id,
    changeId: `${id}-000${sequence}`,
    state,
    summary: `${entity}: cpu usage 0.83 cores (usual 0.01–0.05) and 2 more metrics, since ${stamp.slice(11, 16)} UTC, 45 min`,
    reasons: reasonsOf(),
    rollouts: [{ ...ROLLOUT, at: new Date(START - 12 * 60_000).toISOString() }],
    by: 'evidence',
    score: 7.25,
    threshold: 1,
    falseAlarms: { count: 1, per: 7 * DAY },
    start: stamp,
    lastAnomalous: end,
    end: state === 'resolved' ? end : null,
    model,
    objects: { window, scores: scoresKey(window) },
  });
  const about = { workload: workloadOf(entity).name, siblings: 2, dependsOn: [], step: 60_000 };
  return { anomaly, sequence, about };
}

function reasonsOf(): readonly Reason[] {
  const usual = { usualLow: 0.01, usualHigh: 0.05, usual: 0.02 };
  return [
    { ...usual, metric: CPU, share: 0.61, value: 0.83, unit: 'cores' },
    { metric: MEMORY, share: 0.22, value: 9.5e8, usualLow: 2e8, usualHigh: 4e8, usual: 3e8, unit: 'bytes' },
    { ...usual, metric: HOSTILE.metric, share: 0.1, value: 3 },
    { ...usual, metric: CPU, derived: 'change over 5m', share: 0.07, value: 0.6 },
  ];
}

/** The sample's days as windows of an hour, as an export would write them, with the fault in them. */
async function exportByHour(store: MemoryObjectStore): Promise<void> {
  for (const key of store.keys().filter((key) => key.startsWith(`windows/detector=${DETECTOR}/2023`))) {
    const window = await readWindowFile((await store.get(key)).body, { detector: DETECTOR, source: key });
    await store.delete(key);
    for (let start = window.range.start; start < window.range.end; start += HOUR) {
      const end = Math.min(window.range.end, start + HOUR);
      const rows = selectRows(window, (row) => window.times[row]! >= start && window.times[row]! < end);
      if (rows.times.length === 0) continue;
      const range = { start, end };
      await store.put(
        windowKey(DETECTOR, range),
        writeWindow({ ...withFault(rows), range }, { manifestHash: 'sample' }),
      );
    }
  }
}

function withFault(window: MetricWindow): MetricWindow {
  const factors: Record<string, number> = { [CPU]: 20, [MEMORY]: 2.5, [CACHE]: 3 };
  return {
    ...window,
    metrics: window.metrics.map((metric) => (metric === CACHE ? HOSTILE.metric : metric)),
    columns: window.columns.map((column, m) =>
      column.map((value, row) => {
        const at = PODS.indexOf(window.entities[window.entityOf[row]!]!);
        const since = window.times[row]! - START - at * 60_000;
        return at < 0 || since < 0 || since >= LENGTH ? value : value * (factors[window.metrics[m]!] ?? 1);
      }),
    ),
  };
}
