/** What a backfill of years takes, once: a state machine of Step Functions has each day exported, and the detector trained at its end. */
import { DEFAULT_CONCURRENCY } from '../../source/prometheus-endpoint.ts';
import type { Requests } from '../../store/count-requests.ts';
import { MAX_BATCH_POINTS, mostBatchSamples } from '../export/export-batch.ts';
import {
  KEPT_DAYS,
  LOG_BYTES,
  processorsOf,
  REQUESTS_A_MESSAGE,
  SECONDS,
  secondsOfTraining,
  VALUES_A_SECOND,
} from './assumptions.ts';
import { NO_CONTAINERS, placeTraining, usageOfContainers } from './containers.ts';
import { BACKFILL_CONCURRENCY, PLANNED_FUNCTIONS, type PlannedFunction } from './functions.ts';
import {
  LOAD_VERSION,
  requestsOfBackfillScoring,
  requestsOfDay,
  requestsOfIdleScoring,
  requestsOfPlacing,
  requestsOfTraining,
  sumRequests,
  timesRequests,
} from './requests.ts';
import { byFunction, NO_REQUESTS, type Usage, type UsageOptions, useFunction, wait } from './usage.ts';
import type { Workload } from './workload.ts';

/** State transitions, rounded up: of each day the start of an execution, its state and its end; the list, the map, the training and the start. */
const TRANSITIONS = { day: 3, execution: 4 } as const;
const DAY = 86_400_000;

/** In all, not of a day; `storedBytes` is what stays of it. @param days that it goes back */
export function usageOfBackfill(load: Workload, days: number, { container }: UsageOptions): Usage {
  const windowsOfDay = holdsDay(load) ? 1 : load.windowsADay;
  const windows = days * windowsOfDay;
  const valuesOfDay = load.windowsADay * load.valuesAWindow;
  const runs = { export: load.isAsked ? days + 1 : 0, score: windows + 1, notify: 0, train: 1 };
  const inContainer = container !== undefined && placeTraining(load, container).place === 'job';
  const stored = { windows };
  const ofTraining = inContainer ? requestsOfPlacing(load) : requestsOfTraining(load, stored);
  const requests: Readonly<Record<PlannedFunction, Requests>> = {
    export: timesRequests(requestsOfDay(load, windowsOfDay), days),
    score: sumRequests([
      timesRequests(requestsOfBackfillScoring(load, DAY / windowsOfDay), windows),
      requestsOfIdleScoring(stored),
      LOAD_VERSION,
    ]),
    notify: NO_REQUESTS,
    train: ofTraining,
  };
  const seconds: Readonly<Record<PlannedFunction, number>> = {
    export: wait(requests.export, 1) + days * secondsOfDay(load, valuesOfDay),
    score: wait(requests.score, 1) + secondsOfWindows(load, { windows, values: days * valuesOfDay }),
    notify: 0,
    train:
      wait(requests.train, 1) +
      (inContainer ? 0 : secondsOfTraining(load.kind, load.valuesTrained, PLANNED_FUNCTIONS.train.memoryMb)),
  };
  const containers = inContainer ? usageOfContainers(load, { container, windows }) : NO_CONTAINERS;
  return {
    functions: byFunction((name) => useFunction(name, runs[name], requests[name], seconds[name])),
    containers,
    transitions: load.isAsked ? TRANSITIONS.execution + days * TRANSITIONS.day : 0,
    samples: days * valuesOfDay,
    rows: days * load.windowsADay * load.rowsAWindow,
    windows,
    queueRequests: REQUESTS_A_MESSAGE * (windows + 1),
    messages: 0,
    scheduled: 0,
    customMetrics: 0,
    logBytes: (days + windows) * LOG_BYTES.run + windows * LOG_BYTES.window + LOG_BYTES.training,
    storedBytes: Math.min(days, KEPT_DAYS.windows) * load.windowsADay * (load.windowBytes + load.scoreBytes),
  };
}

/** Whether a day is one window: what the source gives at once, and the function takes. */
function holdsDay({ step, entities, metrics, shards }: Workload): boolean {
  const points = DAY / step;
  return points <= MAX_BATCH_POINTS && points * entities * metrics * shards <= mostBatchSamples({});
}

/** Of a day's run: one window tells how many series there are, then the rest is asked for. */
function secondsOfDay({ queries, isAsked }: Workload, values: number): number {
  const atOnce = Math.max(1, Math.floor(DEFAULT_CONCURRENCY / BACKFILL_CONCURRENCY));
  const asking = isAsked ? 2 * Math.ceil(queries / atOnce) * SECONDS.query : 0;
  return asking + values / (VALUES_A_SECOND.export * processorsOf(PLANNED_FUNCTIONS.export.memoryMb));
}

/** Each with what it looks back on. */
function secondsOfWindows(
  load: Workload,
  { windows, values }: { readonly windows: number; readonly values: number },
): number {
  const lookedBack = windows * (load.valuesScored - load.valuesAWindow);
  return (values + lookedBack) / (VALUES_A_SECOND.score * processorsOf(PLANNED_FUNCTIONS.score.memoryMb));
}
