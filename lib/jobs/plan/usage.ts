/** What a detector, and the deployment around it, use of AWS in a day. */

import type { Requests } from '../../store/count-requests.ts';
import { LONGEST_TRUST } from '../export/due-detectors.ts';
import { WINDOWS_READ_AT_ONCE } from '../score/context-windows.ts';
import { READ_AHEAD } from '../shared/read-ahead.ts';
import {
  INCIDENT_MINUTES,
  KEPT_DAYS,
  LOG_BYTES,
  POLLS_A_DAY,
  processorsOf,
  REQUESTS_A_MESSAGE,
  SECONDS,
  secondsOfTraining,
  VALUES_A_SECOND,
  VERSION_BYTES,
} from './assumptions.ts';
import {
  type Container,
  type ContainerUsage,
  NO_CONTAINERS,
  placeTraining,
  sumContainers,
  usageOfContainers,
} from './containers.ts';
import {
  FUNCTION_NAMES,
  PLANNED_FUNCTIONS,
  type PlannedFunction,
  POLLED_QUEUES,
  SWEEPS,
  TICKS,
} from './functions.ts';
import {
  LOAD_VERSION,
  LOOK_AT_EXPORT,
  LOOK_AT_NOTIFY,
  LOOK_AT_SILENCES,
  MOVE_INDEX,
  requestsOfAnyExport,
  requestsOfAnyHour,
  requestsOfChanges,
  requestsOfExport,
  requestsOfHour,
  requestsOfIdleScoring,
  requestsOfLookingBack,
  requestsOfPlacing,
  requestsOfRedraws,
  requestsOfScoring,
  requestsOfSweep,
  requestsOfTraining,
  requestsOfWholeLook,
  runsWithSweeps,
  sumRequests,
  TELL_INCIDENT,
  timesRequests,
} from './requests.ts';
import { secondsOfQueries, shareTime } from './together.ts';
import type { Workload } from './workload.ts';

/** Of a function, in a day. */
export interface FunctionUsage {
  readonly runs: number;
  readonly requests: Requests;
  /** That it runs for. */
  readonly seconds: number;
  readonly gbSeconds: number;
}

/** In a day, but for what is stored. */
export interface Usage {
  readonly functions: Readonly<Record<PlannedFunction, FunctionUsage>>;
  /** Of AWS Batch, for trainings that are beyond the function. */
  readonly containers: ContainerUsage;
  /** Of Step Functions: of a backfill alone. */
  readonly transitions: number;
  /** Values that Prometheus gives. */
  readonly samples: number;
  readonly rows: number;
  readonly windows: number;
  /** Requests to SQS, polling included. */
  readonly queueRequests: number;
  /** To the topic of alerts. */
  readonly messages: number;
  readonly scheduled: number;
  /** Of CloudWatch, at any time. */
  readonly customMetrics: number;
  readonly logBytes: number;
  /** At that age. */
  readonly storedBytes: number;
}

export interface UsageOptions {
  /** Days since the first window. */
  readonly age: number;
  /** Whether every count is a metric, also by detector. */
  readonly detectorMetrics: boolean;
  /** Of trainings beyond the function; absent: there are none, and every training is the function's. */
  readonly container?: Container | undefined;
}

/** WindowsExported, WindowsScored, RowsScored: what is there in every hour. */
const STEADY_METRICS = 3;
/** WatchRuns: what an alarm watches that is there in every hour. */
const FIXED_METRICS = 1;
/** Bytes of a state by entity, of which a few versions a day are kept. */
const STATE_BYTES = { base: 2_000, entity: 400 } as const;

export function usageOfDetector(
  load: Workload,
  all: readonly Workload[],
  { age, detectorMetrics, container }: UsageOptions,
): Usage {
  const { windowsADay, windowsAnExport, trainingsADay, incidentsADay, windowBytes } = load;
  const stored = { windows: windowsADay * Math.min(age, KEPT_DAYS.windows) };
  const inContainer = container !== undefined && placeTraining(load, container).place === 'job';
  const exports = load.isExported ? windowsADay / windowsAnExport : 0;
  const scorings = windowsADay / windowsAnExport;
  const together = shareTime(load, all);
  // A new version is read once in any case.
  const versions = together.unloaded * scorings + trainingsADay;
  const requests: Readonly<Record<PlannedFunction, Requests>> = {
    export: sumRequests([
      timesRequests(LOOK_AT_EXPORT, load.isAsked ? exports + looksBetween(load) : 0),
      timesRequests(requestsOfExport(load), exports),
    ]),
    score: sumRequests([
      timesRequests(requestsOfScoring(load), scorings),
      timesRequests(requestsOfIdleScoring(stored), trainingsADay),
      timesRequests(LOAD_VERSION, versions),
    ]),
    notify: sumRequests([
      requestsOfChanges(SWEEPS, load),
      timesRequests(sumRequests([TELL_INCIDENT, requestsOfRedraws(load)]), incidentsADay),
    ]),
    train: sumRequests([
      timesRequests(requestsOfHour(load), TICKS.train),
      requestsOfWholeLook(stored),
      timesRequests(inContainer ? requestsOfPlacing(load) : requestsOfTraining(load, stored), trainingsADay),
    ]),
  };
  const training = secondsOfTraining(load.kind, load.valuesTrained, PLANNED_FUNCTIONS.train.memoryMb);
  const read = Math.min(load.windowsTrained, stored.windows);
  const seconds: Readonly<Record<PlannedFunction, number>> = {
    export: exports * secondsOfExport(load, together.exports) + wait(requests.export, together.exports),
    score:
      scorings * (secondsOfScoring(load) + together.coldStarts * SECONDS.coldStart) +
      wait(requests.score, together.scorings) -
      // Windows that are looked back on are read together.
      scorings * wait(requestsOfLookingBack(load), together.scorings) * (1 - 1 / WINDOWS_READ_AT_ONCE),
    notify: wait(requests.notify, 1),
    train:
      wait(timesRequests(requestsOfHour(load), TICKS.train), together.looks) +
      wait(requestsOfWholeLook(stored), together.looks) +
      trainingsADay *
        (inContainer
          ? wait(requestsOfPlacing(load), 1)
          : training +
            wait(requestsOfTraining(load, stored), 1) -
            // Windows are read ahead of their turn.
            wait({ reads: read, lists: 0, writes: 0 }, 1) * (1 - 1 / READ_AHEAD)),
  };
  const runs = {
    export: 0,
    score: scorings / together.scorings + trainingsADay,
    notify: 2 * incidentsADay,
    train: 0,
  };
  const messages = windowsADay + trainingsADay + 2 * 2 * incidentsADay;
  return {
    functions: byFunction((name) => useFunction(name, runs[name], requests[name], seconds[name])),
    containers: inContainer ? usageOfContainers(load, { container, windows: stored.windows }) : NO_CONTAINERS,
    transitions: 0,
    samples: load.isExported ? windowsADay * load.valuesAWindow : 0,
    rows: windowsADay * load.rowsAWindow,
    windows: windowsADay,
    queueRequests: REQUESTS_A_MESSAGE * messages,
    messages: 2 * incidentsADay,
    scheduled: 0,
    customMetrics: detectorMetrics ? STEADY_METRICS : 0,
    logBytes:
      (runs.score + runs.notify) * LOG_BYTES.run +
      windowsADay * LOG_BYTES.window +
      trainingsADay * LOG_BYTES.training,
    storedBytes:
      stored.windows * windowBytes +
      windowsADay * Math.min(age, KEPT_DAYS.scores) * load.scoreBytes +
      age * trainingsADay * (VERSION_BYTES.base + VERSION_BYTES.series * load.entities * load.metrics) +
      Math.min(age, KEPT_DAYS.state) * windowsADay * replacedBytes(load),
  };
}

/** What runs however many detectors there are. */
export function usageOfDeployment(
  all: readonly Workload[],
  { detectorMetrics }: Pick<UsageOptions, 'detectorMetrics'>,
): Usage {
  const detectors = all.length;
  const requests: Readonly<Record<PlannedFunction, Requests>> = {
    export: sumRequests([
      timesRequests(requestsOfAnyExport(detectors), TICKS.export),
      timesRequests(MOVE_INDEX, movesOfIndex(all)),
    ]),
    score: NO_REQUESTS,
    notify: sumRequests([
      timesRequests(LOOK_AT_NOTIFY, TICKS.notify),
      timesRequests(LOOK_AT_SILENCES, minutesWithIncidents(all)),
      timesRequests(requestsOfSweep(detectors), SWEEPS),
    ]),
    train: sumRequests([
      timesRequests(requestsOfAnyHour(detectors), TICKS.train),
      { reads: 0, lists: 0, writes: runsWithSweeps(detectors) },
    ]),
  };
  const runs = { ...TICKS, score: 0 };
  const scheduled = TICKS.export + TICKS.notify + TICKS.train;
  return {
    functions: byFunction((name) =>
      useFunction(
        name,
        runs[name],
        requests[name],
        wait(requests[name], 1) + (name === 'train' ? TICKS.train * SECONDS.coldStart : 0),
      ),
    ),
    containers: NO_CONTAINERS,
    transitions: 0,
    samples: 0,
    rows: 0,
    windows: 0,
    queueRequests: POLLED_QUEUES * POLLS_A_DAY,
    messages: 0,
    scheduled,
    customMetrics: FIXED_METRICS + (detectorMetrics ? STEADY_METRICS : 0),
    logBytes: scheduled * LOG_BYTES.run,
    storedBytes: 0,
  };
}

export function sumUsage(all: readonly Usage[]): Usage {
  const total = (of: (usage: Usage) => number): number => all.reduce((sum, usage) => sum + of(usage), 0);
  return {
    functions: byFunction((name) => ({
      runs: total(({ functions }) => functions[name].runs),
      requests: sumRequests(all.map(({ functions }) => functions[name].requests)),
      seconds: total(({ functions }) => functions[name].seconds),
      gbSeconds: total(({ functions }) => functions[name].gbSeconds),
    })),
    containers: sumContainers(all.map(({ containers }) => containers)),
    transitions: total(({ transitions }) => transitions),
    samples: total(({ samples }) => samples),
    rows: total(({ rows }) => rows),
    windows: total(({ windows }) => windows),
    queueRequests: total(({ queueRequests }) => queueRequests),
    messages: total(({ messages }) => messages),
    scheduled: total(({ scheduled }) => scheduled),
    customMetrics: total(({ customMetrics }) => customMetrics),
    logBytes: total(({ logBytes }) => logBytes),
    storedBytes: total(({ storedBytes }) => storedBytes),
  };
}

/** To the bucket, of everybody. */
export function requestsOf({ functions, containers }: Usage): Requests {
  return sumRequests([...FUNCTION_NAMES.map((name) => functions[name].requests), containers.requests]);
}

/** Of the work alone, without its requests. @param exports at once */
function secondsOfExport(load: Workload, exports: number): number {
  return secondsOfQueries(load, exports) + secondsOfWriting(load);
}

/** Seconds in which a function waits for the bucket. @param atOnce of whom each waits for its own */
export function wait({ reads, lists, writes }: Requests, atOnce: number): number {
  return ((reads + lists + writes) * SECONDS.request) / atOnce;
}

/** Of it, what takes the processor. */
export function secondsOfWriting({ windowsAnExport, valuesAWindow }: Workload): number {
  const processors = processorsOf(PLANNED_FUNCTIONS.export.memoryMb);
  return (windowsAnExport * valuesAWindow) / (VALUES_A_SECOND.export * processors);
}

export function secondsOfScoring(load: Workload): number {
  const values = load.valuesScored + (load.windowsAnExport - 1) * load.valuesAWindow;
  return values / (VALUES_A_SECOND.score * processorsOf(PLANNED_FUNCTIONS.score.memoryMb));
}

/** Of a day: looks at a detector that is not due, for want of one within the hour. */
function looksBetween({ window, windowsAnExport, windowsADay, isExported }: Workload): number {
  if (!isExported) return 0;
  const period = window * windowsAnExport;
  return (windowsADay / windowsAnExport) * Math.max(0, Math.ceil(period / LONGEST_TRUST) - 1);
}

/** Of a day: minutes in which something is due or looked at. Those of one schedule share theirs. */
function movesOfIndex(all: readonly Workload[]): number {
  const bySchedule = new Map<number, number>();
  for (const load of all)
    if (load.isExported)
      bySchedule.set(load.window * load.windowsAnExport, scoringsOf(load) + looksBetween(load));
  return Math.min(
    TICKS.export,
    [...bySchedule.values()].reduce((sum, moves) => sum + moves, 0),
  );
}

/** Of a day, at the most: those of two incidents may be the same. */
function minutesWithIncidents(all: readonly Workload[]): number {
  const incidents = all.reduce((sum, { incidentsADay }) => sum + incidentsADay, 0);
  return Math.min(TICKS.notify, INCIDENT_MINUTES * incidents);
}

function scoringsOf({ windowsADay, windowsAnExport }: Workload): number {
  return windowsADay / windowsAnExport;
}

/** What a window leaves of objects that the next one replaces. */
function replacedBytes({ entities, windowsBack, windowBytes }: Workload): number {
  const copies = Math.min(2_700_000, (4 / 3) * windowsBack * windowBytes);
  return 2 * (STATE_BYTES.base + STATE_BYTES.entity * entities) + copies;
}

export const NO_REQUESTS: Requests = { reads: 0, lists: 0, writes: 0 };

export function useFunction(
  name: PlannedFunction,
  runs: number,
  requests: Requests,
  seconds: number,
): FunctionUsage {
  return { runs, requests, seconds, gbSeconds: (seconds * PLANNED_FUNCTIONS[name].memoryMb) / 1024 };
}

export function byFunction<T>(of: (name: PlannedFunction) => T): Readonly<Record<PlannedFunction, T>> {
  return Object.fromEntries(FUNCTION_NAMES.map((name) => [name, of(name)])) as Record<PlannedFunction, T>;
}
