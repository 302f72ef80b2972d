/** What the training was like and what was made of it, in whole sentences for the report. */
import type { FeatureMatrix } from '../../features/feature-matrix.ts';
import type { JointModel } from './joint-model.ts';
import { profileColumn } from './profile-column.ts';
import { CONTEXT_ROWS, SCALE_SETS } from './scales.ts';
import { coversDays, LEAST_DAYS, type Sampled } from './seasonality.ts';

const DAY = 24 * 3_600_000;
/** Of the values: what is said of a metric above it. */
const MANY_MISSING = 0.1;
/** Robust standard deviations between the medians of both halves. */
const DRIFT = 1;

export function describeFit(given: {
  readonly x: FeatureMatrix;
  readonly columns: readonly Sampled[];
  readonly model: JointModel;
  /** Root mean square correlation of features of different metrics. */
  readonly together: number;
}): readonly string[] {
  const { x, columns, model, together } = given;
  const { names } = x;
  const profiles = columns.map(profileColumn);
  const pick = (holds: (c: number) => boolean): readonly string[] => names.filter((_, c) => holds(c));
  const varying = pick((c) => model.constant[c] === 0);
  const constant = pick((c) => model.constant[c] === 1);
  const seasonal = pick((c) => model.seasons.curveOf[c]! >= 0);
  const sparse = pick((c) => profiles[c]!.missing > MANY_MISSING);
  const drifting = pick((c) => model.constant[c] === 0 && Math.abs(profiles[c]!.drift) > DRIFT);
  const bursts = pick((c) => model.constant[c] === 0 && profiles[c]!.isIntermittent);
  const scales = SCALE_SETS[model.scaleSet]!.length;
  const notes = [
    `auto looked at ${count(x.times.length, 'row')} of ${count(x.entities.length, 'series', 'series')} over ${formatDays(columns[0]!)}: ${count(varying.length, 'metric')} that vary, each by its level and its changes over ${scales - 1} stretches of time, judged together.`,
  ];
  if (constant.length > 0)
    notes.push(`${list(constant)} had one value throughout: any other value there is unusual.`);
  if (!coversDays(columns[0]!.times))
    notes.push(`No daily season was looked for: that takes ${LEAST_DAYS} days of training.`);
  else if (seasonal.length > 0)
    notes.push(
      `${list(seasonal)} follow the time of day (the curve of one half of the training foretold the other half): what is usual by the half-hour is taken off first.`,
    );
  else
    notes.push(
      'No metric follows the time of day closely enough to foretell it from one half of the training to the other.',
    );
  if (model.dailySpread.length > 0)
    notes.push(
      `How much ${list(varying)} varies follows the time of day too: a change counts by what is usual at its hour.`,
    );
  if (varying.length > 1)
    notes.push(
      `The metrics have a correlation of ${together.toFixed(2)} with each other on average (root mean square): ${together >= 0.2 ? 'a break in how they go together counts as much as a value that is far out' : 'they mostly go their own ways'}.`,
    );
  if (bursts.length > 0)
    notes.push(
      `${list(bursts)} rest at one value most of the time: their spread is taken from their bursts.`,
    );
  if (drifting.length > 0)
    notes.push(
      `${list(drifting)} shifted level within the training: levels are an unsafe guide there, a new training follows them.`,
    );
  if (sparse.length > 0)
    notes.push(
      `${list(sparse)} miss more than ${100 * MANY_MISSING} % of their values: those rows count as usual for them.`,
    );
  notes.push(`A series needs ${CONTEXT_ROWS} rows before its first score.`);
  return notes;
}

function formatDays({ times }: Sampled): string {
  const days = (times.at(-1)! - times[0]!) / DAY;
  return `${days.toFixed(days < 10 ? 1 : 0)} days`;
}

function count(number: number, one: string, many: string = `${one}s`): string {
  return `${number.toLocaleString('en-US')} ${number === 1 ? one : many}`;
}

/** The first few by name. */
function list(names: readonly string[]): string {
  const shown = names.slice(0, 4).join(', ');
  return names.length > 4 ? `${shown} and ${names.length - 4} more` : shown;
}
