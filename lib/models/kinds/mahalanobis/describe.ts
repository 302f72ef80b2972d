/** What was made of a training, in whole sentences for the report. */
import { listNames, listWithVerb } from '../../framework/list-names.ts';
import type { JointModel } from './joint-model.ts';
import { SCALE_SETS } from './scales.ts';
import { coversDays, LEAST_DAYS } from './seasonality.ts';

/** @param times of sampled rows, ascending */
export function describeFit(model: JointModel, times: Float64Array): readonly string[] {
  const { columns, constant, seasons, scaleSet, dailySpread } = model;
  const varying = columns.filter((_, c) => constant[c] === 0);
  const seasonal = columns.filter((_, c) => seasons.curveOf[c]! >= 0);
  const changes = SCALE_SETS[scaleSet]!.length - 1;
  const notes = [
    `Metrics that vary: ${varying.length}, each judged by its level and its changes over ${changes} stretches of time.`,
  ];
  if (!coversDays(times))
    notes.push(`No daily season was looked for: that takes ${LEAST_DAYS} days of training.`);
  else if (seasonal.length > 0)
    notes.push(
      `${listWithVerb(seasonal, 'follow')} the time of day (the curve of one half of the training foretold the other half): what is usual by the half-hour is taken off first.`,
    );
  else
    notes.push(
      'No metric follows the time of day closely enough to foretell it from one half of the training to the other.',
    );
  if (dailySpread.length > 0)
    notes.push(
      `How much ${listNames(varying)} varies follows the time of day too: a change counts by what is usual at its hour.`,
    );
  return notes;
}
