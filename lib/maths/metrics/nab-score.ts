/**
 * The score of the Numenta Anomaly Benchmark: the first alarm in a labelled window earns the more the earlier it
 * comes, every alarm outside costs the more the further it lies behind a window, a missed window costs a fixed amount.
 * Lavin and Ahmad 2015, doi:10.1109/ICMLA.2015.141; the numbers are those of `nab/sweeper.py` and `runner.py`, v1.1.
 */
import { EvaluationError } from '../../base/errors.ts';
import { checkLabelledScores, type LabelledScores } from './labelled-scores.ts';

/** What an alarm earns or costs at most. */
export interface NabProfile {
  readonly truePositive: number;
  readonly falsePositive: number;
  readonly falseNegative: number;
}

/** Of `config/profiles.json`. */
export const NAB_PROFILES: Readonly<
  Record<'standard' | 'lowFalsePositives' | 'lowFalseNegatives', NabProfile>
> = {
  standard: { truePositive: 1, falsePositive: 0.11, falseNegative: 1 },
  lowFalsePositives: { truePositive: 1, falsePositive: 0.22, falseNegative: 1 },
  lowFalseNegatives: { truePositive: 1, falsePositive: 0.11, falseNegative: 2 },
};

export interface NabScore {
  /** 100 × (raw - silence) / (perfection - silence): 0 for a detector that says nothing, 100 for one that alarms at the start of every window and nowhere else. NaN where no window can be found. */
  readonly score: number;
  /** As earned. */
  readonly raw: number;
  /** Rows at or above it alarmed. Infinity: none did. */
  readonly threshold: number;
  /** Windows that can be found: those with a row after probation. */
  readonly windows: number;
}

/** Share of a file's rows, at its start, that take no part: detectors may learn there. */
const PROBATION_SHARE = 0.15;
/** Files longer than this have the probation of one that is not. */
const PROBATION_ROWS = 5000;
/** Window lengths behind a window's end from which an alarm costs all it can. */
const FAR = 3;

/**
 * @param given.files one per series, rows in order of time; a run of labelled rows is a window
 * @param given.threshold on the scale of the scores; absent: the one with the highest raw score over all files
 *   together, as NAB optimises it (of equal ones the highest). It is then picked with the labels in sight.
 * @throws EvaluationError where there is no file, a file has no row, a label is neither 0 nor 1, or a score is not finite
 *
 * A window of one row, on which NAB divides by zero, is taken to be two rows long behind its end.
 */
export function nabScore(given: {
  readonly files: readonly LabelledScores[];
  readonly profile: NabProfile;
  readonly threshold?: number;
}): NabScore {
  const { files, profile } = given;
  if (files.length === 0) throw new EvaluationError('no-files', '0 files to score, at least 1');
  const points = files.flatMap((file, number) => rateRows(file, number, profile));
  const windows = new Set(points.flatMap(({ window }) => window ?? [])).size;
  const silence = -profile.falseNegative * windows;
  const perfection = profile.truePositive * windows;
  const totals = sweep(points, silence, profile);
  const chosen = given.threshold === undefined ? highest(totals) : lastReaching(totals, given.threshold);
  return {
    score: (100 * (chosen.raw - silence)) / (perfection - silence),
    raw: chosen.raw,
    threshold: given.threshold ?? chosen.threshold,
    windows,
  };
}

/** A row after probation. */
interface RatedRow {
  readonly score: number;
  /** What an alarm here earns (in a window) or costs (outside, below 0). */
  readonly value: number;
  /** Unique over all files; undefined outside of windows. */
  readonly window: string | undefined;
}

interface ThresholdTotal {
  readonly threshold: number;
  readonly raw: number;
}

function rateRows(file: LabelledScores, number: number, profile: NabProfile): RatedRow[] {
  checkLabelledScores(file);
  const { labels, scores } = file;
  const probation = Math.min(Math.floor(PROBATION_SHARE * labels.length), PROBATION_SHARE * PROBATION_ROWS);
  const best = scaledSigmoid(-1);
  const rows: RatedRow[] = [];
  // Bounds of the newest window, inclusive; -1 before the first.
  let first = -1;
  let last = -1;
  for (let row = 0; row < labels.length; row++) {
    const inside = labels[row] === 1;
    if (inside && row > last) {
      first = row;
      last = row;
      while (last + 1 < labels.length && labels[last + 1] === 1) last++;
    }
    if (row < probation) continue;
    const value = inside
      ? (scaledSigmoid(-(last - row + 1) / (last - first + 1)) * profile.truePositive) / best
      : profile.falsePositive * (last === -1 ? -1 : scaledSigmoid((row - last) / Math.max(last - first, 1)));
    rows.push({ score: scores[row]!, value, window: inside ? `${number}/${first}` : undefined });
  }
  return rows;
}

/** @param position in window lengths: -1 at a window's start, 0 at its end, above 0 behind it */
function scaledSigmoid(position: number): number {
  return position > FAR ? -1 : 2 / (1 + Math.exp(5 * position)) - 1;
}

/** Raw score for no alarm at all, then for every distinct score as the threshold, descending. */
function sweep(points: readonly RatedRow[], silence: number, profile: NabProfile): ThresholdTotal[] {
  const sorted = [...points].sort((a, b) => b.score - a.score);
  const earned = new Map<string, number>();
  const totals: ThresholdTotal[] = [];
  let threshold = Infinity;
  let raw = silence;
  for (const { score, value, window } of sorted) {
    if (score !== threshold) totals.push({ threshold, raw });
    threshold = score;
    if (window === undefined) raw += value;
    else {
      const before = earned.get(window) ?? -profile.falseNegative;
      const now = Math.max(before, value);
      earned.set(window, now);
      raw += now - before;
    }
  }
  totals.push({ threshold, raw });
  return totals;
}

function highest(totals: readonly ThresholdTotal[]): ThresholdTotal {
  return totals.reduce((best, total) => (total.raw > best.raw ? total : best));
}

/** Alarms are the rows at or above `threshold`: those of the lowest swept threshold that is not below it. */
function lastReaching(totals: readonly ThresholdTotal[], threshold: number): ThresholdTotal {
  return totals.findLast((total) => total.threshold >= threshold)!;
}
