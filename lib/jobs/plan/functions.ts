/** What serverless.yml gives the functions, and how often it runs them: a test holds the two together. */

export interface FunctionFacts {
  readonly memoryMb: number;
  /** Seconds. */
  readonly timeout: number;
}

export const FUNCTION_NAMES = ['export', 'score', 'notify', 'train'] as const;
export type PlannedFunction = (typeof FUNCTION_NAMES)[number];
export const PLANNED_FUNCTIONS: Readonly<Record<PlannedFunction, FunctionFacts>> = {
  export: { memoryMb: 1024, timeout: 300 },
  score: { memoryMb: 1769, timeout: 120 },
  notify: { memoryMb: 1024, timeout: 60 },
  train: { memoryMb: 3008, timeout: 900 },
};

/** Of a training's container, with `batch=on` and nothing else said; the most that there is; and seconds that it may take. */
export const DEFAULT_CONTAINER = { vcpus: 4, memoryMb: 30_720 } as const;
export const LARGEST_CONTAINER = { vcpus: 16, memoryMb: 122_880 } as const;
export const CONTAINER_SECONDS: number = 12 * 3600;

/** Days of a backfill at a time, with nothing else said. */
export const BACKFILL_CONCURRENCY = 2;

/** Runs by a schedule, of a day. */
export const TICKS = { export: 1440, notify: 1440, train: 24 } as const;
/** How messages come to score: at the most in one invocation, after waiting so long for others, to so many processes at once. */
export const SCORE_EVENTS = { batchSize: 10, batchingSeconds: 2, processes: 4 } as const;
/** Seconds that an export may take before the next one begins. */
export const EXPORT_RUN = 50;
/** With which a function polls its queue all the time: score, train, notify and receipt. */
export const POLLED_QUEUES = 4;
/** Metrics that alarms watch in every deployment: one that compares several counts for each of them. */
export const ALARMED_METRICS = 21;
/** Of a day: looks of the notify function at the states of all detectors. */
export const SWEEPS = 144;
