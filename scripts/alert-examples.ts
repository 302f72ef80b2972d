/** An alert of each state, as the code makes it: through the notify stage, from what scoring leaves to it. */
import type { Alert } from '../lib/alert/alert.ts';
import { describeAnomaly } from '../lib/alert/describe-anomaly.ts';
import { DEFAULT_GROUPING, type GroupingPolicy } from '../lib/config/grouping.ts';
import { parseManifest } from '../lib/config/manifest.ts';
import type { AnomalyState } from '../lib/decision/contract.ts';
import { isEnd } from '../lib/incident/contract.ts';
import { notify } from '../lib/jobs/notify/notify.ts';
import type { PendingChange } from '../lib/store/detector-state.ts';
import { updateState } from '../lib/store/detector-states.ts';
import { createMemoryObjectStore } from '../lib/store/memory-object-store.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const NINE = Date.parse('2026-11-23T09:00:00Z');
const WINDOW = 'detector=payment/date=2026-11-23/20261123T090000Z_20261123T091500Z.parquet';
const DETECTOR = parseManifest(
  `kind: AnomalyDetector
metadata:
  name: payment
  labels: { team: payments }
  annotations:
    runbook: https://wiki.example.com/runbooks/payment
    dashboard: https://grafana.example.com/d/payment
spec:
  target_service: payment
  alert_severity: critical
  metrics: [{ name: cpu, query: 'sum by (pod) (rate(container_cpu_usage_seconds_total[5m]))' }]
`,
  { source: 'payment.yml' },
);

const RELATED = [
  { detector: 'payment', entity: 'shop/orders-7c9d5b6f4-q8w2z', metric: 'cpu', correlation: 0.914 },
  { detector: 'payment', entity: 'shop/catalogue-6b8f9d7c5-m4k7t', metric: 'cpu', correlation: -0.823 },
];

interface Change {
  readonly pod: number;
  readonly state: AnomalyState;
  readonly sequence?: number;
  /** Minutes after nine. */
  readonly start?: number;
  readonly level?: number;
  /** `cpu` where left out. */
  readonly metric?: string;
  readonly isSilence?: boolean;
}

/** Minutes after nine → what scoring leaves then. */
type Story = Readonly<Record<number, readonly Change[]>>;

/** Of one pod, which becomes one of three, and ends. */
const OUTAGE: Story = {
  2: [{ pod: 0, state: 'opened' }],
  4: [
    { pod: 1, state: 'opened', start: 1 },
    { pod: 2, state: 'opened', start: 2 },
  ],
  12: [{ pod: 0, state: 'updated', sequence: 2, level: 12 }],
  20: [
    { pod: 0, state: 'resolved', sequence: 3 },
    { pod: 1, state: 'resolved', sequence: 2, start: 1 },
    { pod: 2, state: 'resolved', sequence: 2, start: 2 },
  ],
};

/** State, or `silence`, in the order of docs/alerts.md. */
export async function makeAlertExamples(): Promise<ReadonlyMap<string, Alert>> {
  const endedAs = (state: Change['state']): Promise<readonly Alert[]> =>
    play({ 2: [{ pod: 0, state: 'opened' }], 20: [{ pod: 0, state, sequence: 2 }] });
  const outage = await play(OUTAGE);
  const told = [
    ...outage,
    ...(await endedAs('settled')).slice(1),
    ...(await endedAs('retracted')).slice(1),
    ...(await play(
      {
        2: [{ pod: 0, state: 'opened' }],
        40: [{ pod: 1, state: 'opened', start: 38, metric: 'error_ratio' }],
      },
      { incidentsADay: 0 },
    )),
  ];
  const silent = await play({ 16: [{ pod: 0, state: 'opened', isSilence: true }] });
  return new Map([...told.map((alert) => [alert.state, alert] as const), ['silence', silent[0]!]]);
}

/** Every message of a day, looked at each minute. */
async function play(story: Story, policy: Partial<GroupingPolicy> = {}): Promise<readonly Alert[]> {
  let now = NINE;
  const store = createMemoryObjectStore({ now: () => now });
  const sent: Alert[] = [];
  const context = {
    store,
    telemetry: { info() {}, warn() {}, error() {}, count() {} },
    now: () => now,
    deadline: { remaining: () => Infinity },
    grouping: { ...DEFAULT_GROUPING, ...policy },
    place: { bucket: 'tidewatch-prod-123456789012-eu-west-1', region: 'eu-west-1' },
    publisher: {
      async publish(alert: Alert) {
        sent.push(alert);
        return { messageId: `message-${sent.length}` };
      },
    },
    wakeIn: async () => {},
  };
  const times = new Set([...Object.keys(story).map(Number), ...minutesAfter(story)]);
  for (const minute of [...times].sort((a, b) => a - b)) {
    now = NINE + minute * MINUTE;
    const changes = (story[minute] ?? []).map((change) => toPending(change, now));
    await updateState(store, DETECTOR.name, (state) => ({ ...state, outbox: [...state.outbox, ...changes] }));
    await notify(context, [DETECTOR.name]);
  }
  return sent;
}

/** Each minute up to ten after the last change, then the next morning's digest. */
function minutesAfter(story: Story): number[] {
  const last = Math.max(...Object.keys(story).map(Number));
  return [...Array.from({ length: last + 10 }, (_, minute) => minute), (DAY - 60 * MINUTE) / MINUTE];
}

function toPending(change: Change, now: number): PendingChange {
  const { pod, state, sequence = 1, start = 0, level = 1.8, metric = 'cpu', isSilence = false } = change;
  const entity = `shop/payment-5ff676694b-${['fzj9z', 'k2p4d', 'x8wqm'][pod]}`;
  const isOver = isEnd(state);
  const anomalyId = `20261123T09${String(start).padStart(2, '0')}00Z-3f9a1c7e5d2${pod}`;
  const anomaly = describeAnomaly({
    transition: {
      anomalyId,
      entity,
      state,
      sequence,
      start: NINE + start * MINUTE,
      lastAnomalous: now - 2 * MINUTE,
      end: isOver ? now - MINUTE : undefined,
      tellingRow: undefined,
      peakScore: isSilence ? 900 : level,
    },
    ...(isSilence || isOver ? {} : { related: RELATED }),
    reasons: isSilence
      ? []
      : [
          {
            metric,
            share: 1,
            value: state === 'retracted' ? 0.13 : 0.4 + level / 10,
            usualLow: 0.08,
            usualHigh: 0.21,
            usual: 0.12,
          },
        ],
    detector: DETECTOR,
    step: MINUTE,
    model: {
      version: '20261122T000000Z-0123456789ab',
      kind: 'auto',
      trainedFrom: '2026-11-08T00:00:00.000Z',
      trainedTo: '2026-11-22T00:00:00.000Z',
    },
    by: isSilence ? 'silence' : 'evidence',
    ...(isSilence && {
      silence: {
        kind: 'entity',
        metrics: [],
        lastHeard: new Date(NINE - MINUTE).toISOString(),
        cameLate: false,
      },
    }),
    ...(state === 'settled' && { settled: { metric, value: 0.41, usual: 0.12 } }),
    threshold: isSilence ? 900 : 1,
    objects: { window: `windows/${WINDOW}`, scores: `scores/${WINDOW}` },
  });
  const about = { namespace: 'shop', workload: 'payment', siblings: 4, dependsOn: [], step: MINUTE };
  return { anomaly, sequence, about };
}
