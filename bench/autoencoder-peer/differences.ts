/**
 * Ours less a peer, as a mean over files with what it may be off by. Files are the unit: seeds of one file share its
 * faults, so a file's differences are averaged before anything is said of their spread.
 */
import { mean, type Outcome, ofSide, type Side } from './sides.ts';
import { studentQuantile } from './student.ts';

export interface Measure {
  readonly name: string;
  readonly unit: string;
  readonly higherIsBetter: boolean;
  /** What ours may be worse by and still count as no worse; chosen before anything was measured. */
  readonly margin: number;
  readonly subtract: (ours: Outcome, theirs: Outcome) => number;
}

export const MEASURES: readonly Measure[] = [
  {
    name: 'VUS-PR',
    unit: '',
    higherIsBetter: true,
    margin: 0.02,
    subtract: (a, b) => a.vusPr - b.vusPr,
  },
  {
    name: 'average precision',
    unit: '',
    higherIsBetter: true,
    margin: 0.02,
    subtract: (a, b) => a.averagePrecision - b.averagePrecision,
  },
  // Losses of two files differ by a factor of ten.
  {
    name: 'held-back loss',
    unit: ' %',
    higherIsBetter: false,
    margin: 2,
    subtract: (a, b) => 100 * (a.loss / b.loss - 1),
  },
];

export interface Summary {
  readonly files: number;
  readonly pairs: number;
  readonly mean: number;
  /** 95 %, by Student's t over files. */
  readonly low: number;
  readonly high: number;
  /** Files in which ours is better, and in which it is worse. */
  readonly better: number;
  readonly worse: number;
}

export interface Pair {
  readonly set: string;
  readonly file: string;
  readonly ours: Outcome;
  readonly theirs: Outcome;
}

/** Fits of the same file with the same seed. */
export function pairWith(outcomes: readonly Outcome[], side: Side): readonly Pair[] {
  const theirs = ofSide(outcomes, side);
  return ofSide(outcomes, 'ours').flatMap((ours) =>
    theirs
      .filter(({ file, seed }) => file === ours.file && seed === ours.seed)
      .map((peer) => ({ set: ours.set, file: ours.file, ours, theirs: peer })),
  );
}

/** @param pairs of at least two files, or there is no interval */
export function summarizePairs(pairs: readonly Pair[], { subtract, higherIsBetter }: Measure): Summary {
  const files = [...new Set(pairs.map(({ file }) => file))];
  const differences = files.map((file) =>
    mean(pairs.filter((pair) => pair.file === file).map(({ ours, theirs }) => subtract(ours, theirs))),
  );
  const centre = mean(differences);
  const reach = studentQuantile(files.length - 1) * (deviation(differences) / Math.sqrt(files.length));
  const ups = differences.filter((value) => value > 0).length;
  const downs = differences.filter((value) => value < 0).length;
  return {
    files: files.length,
    pairs: pairs.length,
    mean: centre,
    low: centre - reach,
    high: centre + reach,
    better: higherIsBetter ? ups : downs,
    worse: higherIsBetter ? downs : ups,
  };
}

/** What the interval says of ours. */
export function judge({ low, high }: Summary, { higherIsBetter, margin, unit }: Measure): string {
  const [least, most] = higherIsBetter ? [low, high] : [-high, -low];
  const limit = `${margin}${unit}`;
  if (least > 0) return 'better';
  if (most < 0) return least > -margin ? `worse, by less than ${limit}` : 'worse';
  return least > -margin ? `no worse than by ${limit}` : `within noise, which is wider than ${limit}`;
}

/** Of one seed of a file from another, over all files: what chance alone does to a side. NaN with one seed each. */
export function spreadOverSeeds(outcomes: readonly Outcome[], pick: (outcome: Outcome) => number): number {
  const files = [...new Set(outcomes.map(({ file }) => file))];
  const variances = files
    .map((file) => deviation(outcomes.filter((outcome) => outcome.file === file).map(pick)) ** 2)
    .filter((variance) => !Number.isNaN(variance));
  return Math.sqrt(mean(variances));
}

/** Standard deviation of a sample; NaN of fewer than two. */
function deviation(values: readonly number[]): number {
  const centre = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1));
}
