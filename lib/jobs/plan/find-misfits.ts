/** What of a plan a function's memory or time, or a limit of a file, does not hold. */

import { learnsBySteps } from '../../config/model-kind.ts';
import { limitsOfFunction, MAX_ENTITIES } from '../../window/limits.ts';
import { MOST_AT_ONCE } from '../export/export-due.ts';
import { sayMb, saySeconds, sayValues } from '../shared/training-needs.ts';
import { memoryOf, SECONDS, secondsOfTraining } from './assumptions.ts';
import { type Container, placeTraining, usageOfContainers } from './containers.ts';
import { DAYS_A_MONTH, priceContainers } from './costs.ts';
import { DEFAULT_CONTAINER, EXPORT_RUN, LARGEST_CONTAINER, PLANNED_FUNCTIONS } from './functions.ts';
import type { PriceTable } from './price-table.ts';
import { LOOK_AT_EXPORT, requestsOfExport, sumRequests } from './requests.ts';
import { secondsOfScoring, secondsOfWriting } from './usage.ts';
import type { Workload } from './workload.ts';

export interface Misfit {
  /** Undefined: of all detectors together. */
  readonly detector: string | undefined;
  readonly code:
    | 'training-memory'
    | 'training-time'
    | 'scoring-memory'
    | 'scoring-time'
    | 'export-memory'
    | 'window-too-large'
    | 'exports-behind';
  readonly message: string;
}

const MINUTES_A_DAY = 1440;

export interface FitsOptions {
  /** Of trainings beyond the function; undefined: there are none. */
  readonly container?: Container | undefined;
  readonly prices: PriceTable;
}

export function findMisfits(loads: readonly Workload[], options: FitsOptions): readonly Misfit[] {
  return [
    ...loads.flatMap((load) => [...findOfTraining(load, options), ...findOwn(load)]),
    ...findShared(loads),
  ];
}

/** A container takes what the function does not. */
function findOfTraining(load: Workload, options: FitsOptions): readonly Misfit[] {
  const { detector, kind, valuesTrained } = load;
  const { train } = PLANNED_FUNCTIONS;
  const memory = memoryOf('train', valuesTrained);
  const seconds = secondsOfTraining(kind, valuesTrained, train.memoryMb);
  // A network goes on in another run.
  const isTooLong = seconds > train.timeout && !learnsBySteps(kind);
  const isTooLarge = memory > train.memoryMb;
  if (!isTooLarge && !isTooLong) return [];
  if (options.container !== undefined) {
    const judgement = placeTraining(load, options.container);
    if (judgement.place !== 'nowhere') return [];
    return [{ detector, code: isTooLarge ? 'training-memory' : 'training-time', message: judgement.reason }];
  }
  const orContainer = sayContainer(load, options);
  const found: Misfit[] = [];
  if (isTooLarge)
    found.push({
      detector,
      code: 'training-memory',
      message: `a training of ${sayValues(valuesTrained)} takes about ${sayMb(memory)}, and the function has ${sayMb(train.memoryMb)}: a shorter training.lookback, a longer step, fewer entities, more memorySize${orContainer}`,
    });
  if (isTooLong)
    found.push({
      detector,
      code: 'training-time',
      message: `a training takes about ${saySeconds(seconds)}, and the function has ${saySeconds(train.timeout)}: a shorter training.lookback, a cheaper kind of model than ${kind}${orContainer}`,
    });
  return found;
}

/** The smallest of two that holds it, and what it costs. */
function sayContainer(load: Workload, { prices }: FitsOptions): string {
  const container = [DEFAULT_CONTAINER, LARGEST_CONTAINER].find(
    (each) => placeTraining(load, each).place === 'job',
  );
  if (container === undefined) return '; no container holds it either';
  // By then, every window of the lookback is there.
  const usage = usageOfContainers(load, { container, windows: load.windowsTrained });
  const { vcpus, memoryMb } = container;
  return `, or --param=batch=on, with which a container of ${vcpus} processors and ${sayMb(memoryMb)} trains it for about ${(DAYS_A_MONTH * priceContainers(usage, prices)).toFixed(2)} ${prices.currency} a month (--batch ${vcpus},${memoryMb})`;
}

function findOwn(load: Workload): readonly Misfit[] {
  const { detector, entities, metrics, rowsAWindow, valuesAWindow } = load;
  const found: Misfit[] = [];
  const tell = (code: Misfit['code'], message: string): void => void found.push({ detector, code, message });
  const { score } = PLANNED_FUNCTIONS;
  const scored = memoryOf('score', load.valuesScored);
  if (scored > score.memoryMb)
    tell(
      'scoring-memory',
      `a scoring with the ${load.windowsBack} windows that it looks back on holds ${sayValues(load.valuesScored)}, about ${sayMb(scored)}, and the function has ${sayMb(score.memoryMb)}: fewer entities in a detector, a longer step, or more memorySize`,
    );
  const scoring = secondsOfScoring(load);
  if (scoring > score.timeout)
    tell(
      'scoring-time',
      `a scoring takes about ${saySeconds(scoring)}, and the function has ${saySeconds(score.timeout)}: fewer entities in a detector, a longer step, or more memorySize`,
    );
  // Shards are exported together.
  const valuesAsked = valuesAWindow * load.shards;
  const exported = memoryOf('export', valuesAsked);
  if (load.isAsked && exported > PLANNED_FUNCTIONS.export.memoryMb)
    tell(
      'export-memory',
      `a window of ${sayValues(valuesAsked)} takes about ${sayMb(exported)} to export, and the function has ${sayMb(PLANNED_FUNCTIONS.export.memoryMb)}: a shorter detection_window`,
    );
  const limits = limitsOfFunction(score.memoryMb);
  const more = ': more memorySize, or a shorter detection_window';
  const counted = [
    ['rows', rowsAWindow, limits.rows, more],
    ['values', valuesAWindow, limits.values, more],
    ['entities', entities, MAX_ENTITIES, ''],
  ] as const;
  for (const [what, count, limit, hint] of counted)
    if (count > limit)
      tell(
        'window-too-large',
        `a window of ${entities} entities and ${metrics} metrics has ${Math.round(count).toLocaleString('en')} ${what}, and a file may have ${limit.toLocaleString('en')}${hint}`,
      );
  return found;
}

/** Those that are due at once may take several minutes: there has to be room for all of them in the time between. */
function findShared(loads: readonly Workload[]): readonly Misfit[] {
  const exported = loads.filter(({ isExported }) => isExported);
  const perMinute = (load: Workload, seconds: number): number =>
    (load.windowsADay / load.windowsAnExport / MINUTES_A_DAY) * seconds;
  let [waiting, writing] = [0, 0];
  for (const load of exported) {
    const { reads, lists, writes } = sumRequests([
      ...(load.isAsked ? [LOOK_AT_EXPORT] : []),
      requestsOfExport(load),
    ]);
    waiting += perMinute(load, (reads + lists + writes) * SECONDS.request + load.queries * SECONDS.query);
    writing += perMinute(load, secondsOfWriting(load));
  }
  const taken = waiting / MOST_AT_ONCE + writing;
  if (taken <= EXPORT_RUN) return [];
  return [
    {
      detector: undefined,
      code: 'exports-behind',
      message: `the exports of ${exported.length} detectors take about ${saySeconds(taken)} of each minute, ${MOST_AT_ONCE} side by side, and a run has ${saySeconds(EXPORT_RUN)}: longer schedules, fewer detectors with more entities each, or several deployments`,
    },
  ];
}
