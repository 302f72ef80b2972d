/** What a plan takes for granted: measured once, rounded up, and told with each plan. */
import type { ModelKind } from '../../config/model-kind.ts';
import { DEFAULT_CONCURRENCY } from '../../source/prometheus-endpoint.ts';
import { needsOfTraining, processorsOf, TRAINING_MEMORY } from '../shared/training-needs.ts';
import type { PlannedFunction } from './functions.ts';
import type { Workload } from './workload.ts';

export { processorsOf };

/** Seconds. */
export const SECONDS = {
  /** Of a request to S3, one after the other. */
  request: 0.025,
  /** From a process to its handler, which is billed like the rest. */
  coldStart: 1,
  /** From a container's pulling of its image to the command line, which is billed like the rest. */
  containerStart: 60,
  /** Of a query to Prometheus. */
  query: 0.25,
} as const;

/** Seconds of a container that are paid for at least: https://aws.amazon.com/fargate/pricing/ */
export const LEAST_BILLED = 60;

/** Values that a whole processor works through in a second. */
export const VALUES_A_SECOND = {
  /** Samples of Prometheus to a window. */
  export: 1_000_000,
  /** Those of the window with those that it looks back on. */
  score: 1_000_000,
} as const;

/** Ms between runs after which Lambda may have taken the process away. */
export const STAYS_WARM: number = 5 * 60_000;

type Working = Exclude<PlannedFunction, 'notify'>;

/** MB of a process that holds nothing yet, and bytes for each value that it holds. */
const MEMORY: Readonly<Record<Working, { readonly base: number; readonly value: number }>> = {
  export: { base: 150, value: 24 },
  score: { base: 150, value: 60 },
  train: TRAINING_MEMORY,
};

/** Bytes of the log: what Lambda and the run's own record write for each run, and what a window adds. */
export const LOG_BYTES = { run: 900, window: 1_600, training: 3_000 } as const;

/** Bytes of a version with its report, and of a series in it. */
export const VERSION_BYTES = { base: 400_000, series: 1_500 } as const;

/** Days that replaced objects under state/ are kept for, and windows. */
export const KEPT_DAYS = { state: 3, windows: 400, scores: 430 } as const;

/** Until an incident is closed. */
export const INCIDENT_MINUTES = 60;

/** Requests to SQS of one message, beside the polling: sent, and deleted. */
export const REQUESTS_A_MESSAGE = 2;
/** Polls of one queue in a day: five at a time of 20 s, which AWS lowers only without `maximumConcurrency`. */
export const POLLS_A_DAY: number = 5 * 3 * 1440;

export function secondsOfTraining(kind: ModelKind, values: number, memoryMb: number): number {
  return needsOfTraining(kind, values, processorsOf(memoryMb)).seconds;
}

/** MB at the most. */
export function memoryOf(name: Working, values: number): number {
  const { base, value } = MEMORY[name];
  return base + (values * value) / 2 ** 20;
}

/** For people: of what is planned here. @param hasContainers whether trainings may be jobs */
export function listAssumptions(loads: readonly Workload[], hasContainers: boolean): readonly string[] {
  const isExported = loads.some((load) => load.isExported);
  const queries = `, a query to Prometheus ${SECONDS.query * 1000} ms, ${DEFAULT_CONCURRENCY} of them at a time`;
  const unknown = loads.filter(({ isSizeKnown }) => !isSizeKnown).map(({ detector }) => detector);
  return [
    `a request to S3 takes ${SECONDS.request * 1000} ms${isExported ? queries : ''}, a cold start ${SECONDS.coldStart} s`,
    ...(loads.length > 1
      ? [
          `detectors of one schedule are due in the same minute: they wait for bucket${isExported ? ' and source' : ''} together`,
        ]
      : []),
    `a function starts cold where its runs are more than ${STAYS_WARM / 60_000} minutes apart`,
    `a processor scores ${VALUES_A_SECOND.score / 1e6} million values a second, with those that are looked back on`,
    ...(hasContainers
      ? [
          `a container takes ${SECONDS.containerStart} s to start, and is not on Spot; its way to the internet is not in it`,
        ]
      : []),
    `memory: ${MEMORY.train.value} bytes a value for a training, ${MEMORY.score.value} for a scoring`,
    ...(unknown.length > 0
      ? [
          `values of noise${unknown.length < loads.length ? ` where no data tell (${unknown.join(', ')})` : ''}: files of most metrics are smaller`,
        ]
      : []),
    `incidents as many as the budget of false alarms puts up with, ${INCIDENT_MINUTES} minutes and two messages each`,
    `nothing of AWS' free allowances is taken off${isExported ? '; Prometheus, VPC and NAT are not in it' : ''}`,
    'the first model is there: its training, and the history of before that, cost more once',
  ];
}
