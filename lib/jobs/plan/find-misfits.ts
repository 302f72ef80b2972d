/** What of a plan a function's memory or time, or a limit of a file, does not hold. */

import { learnsBySteps } from '../../config/model-kind.ts';
import { limitsOfFunction, MAX_ENTITIES } from '../../window/limits.ts';
import { MOST_AT_ONCE } from '../export/export-due.ts';
import { sayMb, saySeconds, sayValues } from '../shared/training-needs.ts';
import { memoryOf, SECONDS, secondsOfTraining } from './assumptions.ts';
import { EXPORT_RUN, PLANNED_FUNCTIONS } from './functions.ts';
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

export function findMisfits(loads: readonly Workload[]): readonly Misfit[] {
  return [...loads.flatMap(findOwn), ...findShared(loads)];
}

function findOwn(load: Workload): readonly Misfit[] {
  const { detector, kind, entities, metrics, rowsAWindow, valuesAWindow } = load;
  const found: Misfit[] = [];
  const tell = (code: Misfit['code'], message: string): void => void found.push({ detector, code, message });
  const { train, score } = PLANNED_FUNCTIONS;

  const trained = memoryOf('train', load.valuesTrained);
  if (trained > train.memoryMb)
    tell(
      'training-memory',
      `a training of ${sayValues(load.valuesTrained)} takes about ${sayMb(trained)}, and the function has ${sayMb(train.memoryMb)}: a shorter training.lookback, a longer step, fewer entities, more memorySize, or --param=batch=on`,
    );
  const training = secondsOfTraining(kind, load.valuesTrained, train.memoryMb);
  // A network goes on in another run.
  if (training > train.timeout && !learnsBySteps(kind))
    tell(
      'training-time',
      `a training takes about ${saySeconds(training)}, and the function has ${saySeconds(train.timeout)}: a shorter training.lookback, a cheaper kind of model than ${kind}, or --param=batch=on`,
    );
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
