/** What there is in the simulated cluster, and what happens in its fortnight: twelve faults, and what is none. */

export const MINUTE = 60_000;
export const HOUR: number = 60 * MINUTE;
export const DAY: number = 24 * HOUR;
/** 2026-11-09T00:00:00Z, a Monday. */
export const FORTNIGHT = 1_794_182_400_000;

export interface Scale {
  readonly workloads: number;
  readonly pods: number;
  /** Ms between rows. */
  readonly step: number;
  /** Of history, before. */
  readonly history: number;
  /** After the history; what happens on later days does not. */
  readonly days: number;
}

export const SCALE_NAMES = ['full', 'coarse', 'small', 'tiny'] as const;
export type ScaleName = (typeof SCALE_NAMES)[number];

/** Ways of the cluster's weeks through Tidewatch: its jobs in memory, or its functions' zips on the emulator. */
export const WAYS = ['memory', 'zips'] as const;
export type Way = (typeof WAYS)[number];

export const SCALES: Readonly<Record<ScaleName, Scale>> = {
  full: { workloads: 40, pods: 300, step: MINUTE, history: 7, days: 16 },
  coarse: { workloads: 40, pods: 300, step: 5 * MINUTE, history: 7, days: 16 },
  small: { workloads: 16, pods: 100, step: 5 * MINUTE, history: 7, days: 16 },
  tiny: { workloads: 8, pods: 24, step: 5 * MINUTE, history: 3, days: 4 },
};

export interface WorkloadPlan {
  readonly namespace: string;
  readonly name: string;
  readonly kind: 'Deployment' | 'StatefulSet' | 'CronJob';
  readonly replicas: number;
}

/** Those that something happens to come first, and are there at every scale. */
const NAMED: readonly (readonly [
  namespace: string,
  name: string,
  kind: WorkloadPlan['kind'],
  weight: number,
])[] = [
  ['shop', 'gateway', 'Deployment', 8],
  ['shop', 'checkout', 'Deployment', 2],
  ['shop', 'orders', 'Deployment', 2],
  ['data', 'orders-db', 'StatefulSet', 1],
  ['shop', 'search', 'Deployment', 1.5],
  ['shop', 'recommendations', 'Deployment', 1],
  ['pay', 'payments', 'Deployment', 1.5],
  ['shop', 'catalog', 'Deployment', 1.5],
  ['shop', 'mailer', 'Deployment', 1],
  ['users', 'accounts', 'Deployment', 1.5],
  ['data', 'users-db', 'StatefulSet', 1],
  ['shop', 'cart', 'Deployment', 1.5],
];
const OTHERS = [
  'invoices',
  'refunds',
  'fraud',
  'ledger',
  'stock',
  'shipping',
  'reviews',
  'coupons',
  'wishlist',
  'images',
  'sessions',
  'tokens',
  'profiles',
  'consent',
  'exports',
  'imports',
  'metrics-api',
  'feeds',
  'sitemap',
  'banners',
  'pricing',
  'tax',
  'returns',
  'chat',
  'push',
  'sms',
  'geo',
] as const;
const NAMESPACES = ['shop', 'pay', 'users', 'platform'] as const;
/** Runs from two o'clock for half an hour. */
export const NIGHTLY: {
  readonly namespace: string;
  readonly name: string;
  readonly at: number;
  readonly length: number;
} = { namespace: 'data', name: 'backup', at: 2 * HOUR, length: 30 * MINUTE };

export function planWorkloads({ workloads, pods }: Scale): readonly WorkloadPlan[] {
  const others = OTHERS.slice(0, Math.max(0, workloads - NAMED.length - 1)).map(
    (name, at) => [NAMESPACES[at % NAMESPACES.length]!, name, 'Deployment', 1] as const,
  );
  const all = [...NAMED, ...others].slice(0, workloads - 1);
  const weight = all.reduce((sum, each) => sum + each[3], 0);
  return [
    ...all.map(([namespace, name, kind, share]) => ({
      namespace,
      name,
      kind,
      replicas: Math.max(2, Math.round((share / weight) * pods)),
    })),
    { namespace: NIGHTLY.namespace, name: NIGHTLY.name, kind: 'CronJob', replicas: 1 },
  ];
}

export type MetricName =
  | 'pod_cpu_usage'
  | 'pod_memory_usage'
  | 'requests_per_second'
  | 'request_latency_seconds'
  | 'request_error_ratio'
  | 'container_restart_count'
  | 'filesystem_usage';

/** What a fault does to the value of a metric; `share` is how far it has come, 0 to 1. */
export interface Effect {
  readonly metric: MetricName;
  readonly times?: number;
  readonly plus?: number;
  /** `ramp`: grows from nothing to the whole over its length. */
  readonly shape?: 'step' | 'ramp';
  /** Its value is not measured. */
  readonly isMissing?: boolean;
}

/** Of workloads, or of some of their pods. Ms since the fortnight began; `to` is exclusive. */
export interface Happening {
  readonly from: number;
  readonly to: number;
  readonly workloads: readonly string[];
  /** So many of their pods, spread over them; left out: all. */
  readonly pods?: number;
  readonly effects: readonly Effect[];
  /** Its pods are not there. */
  readonly isGone?: boolean;
}

/** A fault that people have to hear of, or a show that is judged by how often they do. */
export interface KnownIncident {
  readonly name: string;
  /** The first of them is where it began. */
  readonly parts: readonly Happening[];
  /** Ms from which on people could know: of a job that is missing, when it should have begun. */
  readonly start: number;
  /** Ms behind its end within which its telling still counts. */
  readonly grace: number;
  /** Any member's workload is where it began. */
  readonly isEverywhere?: boolean;
  /** Judged apart from the twelve. */
  readonly isShow?: boolean;
}

const at = (day: number, hour: number, minute = 0): number => day * DAY + hour * HOUR + minute * MINUTE;

const fault = (
  name: string,
  parts: readonly Happening[],
  over: Partial<KnownIncident> = {},
): KnownIncident => ({
  name,
  parts,
  start: Math.min(...parts.map(({ from }) => from)),
  grace: HOUR / 2,
  ...over,
});

const all = (workload: string, from: number, length: number, ...effects: readonly Effect[]): Happening => ({
  from,
  to: from + length,
  workloads: [workload],
  effects,
});

const WEB = [
  'gateway',
  'checkout',
  'orders',
  'search',
  'recommendations',
  'catalog',
  'payments',
  'accounts',
  'cart',
];

export const INCIDENTS: readonly KnownIncident[] = [
  fault('CPU spike', [all('search', at(0, 10, 20), 40 * MINUTE, { metric: 'pod_cpu_usage', times: 3 })]),
  fault('error burst', [
    all('payments', at(1, 15, 40), 30 * MINUTE, { metric: 'request_error_ratio', plus: 0.12 }),
  ]),
  fault('memory leak', [
    all('recommendations', at(2, 6), 8 * HOUR, { metric: 'pod_memory_usage', times: 2.5, shape: 'ramp' }),
  ]),
  fault('cascade', [
    all('orders-db', at(3, 20), HOUR, { metric: 'request_latency_seconds', times: 4 }),
    all('orders', at(3, 20, 4), HOUR, { metric: 'request_latency_seconds', times: 3 }),
    all(
      'checkout',
      at(3, 20, 8),
      HOUR,
      { metric: 'request_latency_seconds', times: 2.5 },
      { metric: 'request_error_ratio', plus: 0.05 },
    ),
  ]),
  fault('traffic drop', [
    all(
      'catalog',
      at(4, 12),
      HOUR,
      { metric: 'requests_per_second', times: 0.35 },
      { metric: 'pod_cpu_usage', times: 0.45 },
    ),
  ]),
  fault('metric missing', [
    all('accounts', at(5, 9), 3 * HOUR, { metric: 'request_latency_seconds', isMissing: true }),
  ]),
  fault('missing nightly job', [{ ...all('backup', at(7, 2), HOUR / 2), isGone: true }], { grace: DAY }),
  fault('disk filling', [
    all('users-db', at(8, 8), 10 * HOUR, { metric: 'filesystem_usage', plus: 0.5, shape: 'ramp' }),
  ]),
  fault('workload gone', [{ ...all('mailer', at(9, 13), 2 * HOUR), isGone: true }]),
  fault('slow drift', [
    all('cart', at(10, 0), DAY, { metric: 'request_latency_seconds', times: 2, shape: 'ramp' }),
  ]),
  fault('one pod of many', [
    {
      ...all(
        'gateway',
        at(11, 17),
        3 * HOUR,
        { metric: 'request_latency_seconds', times: 2.5 },
        { metric: 'pod_cpu_usage', times: 1.6 },
      ),
      pods: 1,
    },
  ]),
  fault(
    'node outage',
    [
      {
        from: at(12, 16, 30),
        to: at(12, 17, 10),
        workloads: WEB,
        pods: 20,
        effects: [
          { metric: 'request_latency_seconds', times: 6 },
          { metric: 'request_error_ratio', plus: 0.4 },
          { metric: 'pod_cpu_usage', times: 0.2 },
        ],
      },
    ],
    { isEverywhere: true },
  ),
  fault(
    'flapping pod',
    Array.from({ length: 12 }, (_, turn) => ({
      ...all('search', at(14, 8) + turn * 30 * MINUTE, 15 * MINUTE, {
        metric: 'request_latency_seconds',
        times: 3,
      }),
      pods: 1,
    })),
    { isShow: true },
  ),
  fault(
    '40 pods, one cause',
    [
      {
        from: at(15, 11),
        to: at(15, 12),
        workloads: WEB,
        pods: 40,
        effects: [
          { metric: 'request_error_ratio', plus: 0.15 },
          { metric: 'request_latency_seconds', times: 2 },
        ],
      },
    ],
    { isShow: true, isEverywhere: true },
  ),
];

/** All pods of a workload are replaced, one after the other. Ms since the fortnight began. */
export const ROLLOUTS: readonly {
  readonly workload: string;
  readonly from: number;
  readonly length: number;
}[] = [
  { workload: 'checkout', from: at(3, 11), length: 15 * MINUTE },
  { workload: 'payments', from: at(11, 10), length: 15 * MINUTE },
];

/** As many pods again, for some hours. */
export const SCALE_UPS: readonly {
  readonly workload: string;
  readonly from: number;
  readonly to: number;
  readonly pods: number;
}[] = [{ workload: 'gateway', from: at(13, 18), to: at(13, 21), pods: 20 }];

/** Nothing is measured, and nothing can be asked. */
export const OUTAGE: { readonly from: number; readonly to: number } = { from: at(6, 3), to: at(6, 5) };
