/**
 * Ours less a peer, as a mean over files with what it may be off by. Files are the unit: seeds of one file share its
 * faults, so a file's differences are averaged before anything is said of their spread.
 */
import { seedRandom } from '../../lib/models/random.ts';
import { mean, type Outcome, ofSide, type Side } from './sides.ts';

export interface Measure {
  readonly name: string;
  readonly unit: string;
  readonly higherIsBetter: boolean;
  readonly subtract: (ours: Outcome, theirs: Outcome) => number;
}

export const MEASURES: readonly Measure[] = [
  { name: 'VUS-PR', unit: '', higherIsBetter: true, subtract: (a, b) => a.vusPr - b.vusPr },
  {
    name: 'average precision',
    unit: '',
    higherIsBetter: true,
    subtract: (a, b) => a.averagePrecision - b.averagePrecision,
  },
  // Losses of two files differ by a factor of ten.
  {
    name: 'held-back loss',
    unit: ' %',
    higherIsBetter: false,
    subtract: (a, b) => 100 * (a.loss / b.loss - 1),
  },
];

export interface Summary {
  readonly files: number;
  readonly pairs: number;
  readonly mean: number;
  readonly standardError: number;
  /** 95 %, by drawing files anew. */
  readonly low: number;
  readonly high: number;
  /** Files in which ours is better, and in which it is worse. */
  readonly better: number;
  readonly worse: number;
}

export interface Pair {
  readonly file: string;
  readonly ours: Outcome;
  readonly theirs: Outcome;
}

/** Fits of the same file with the same seed. */
export function pairWith(outcomes: readonly Outcome[], side: Side): readonly Pair[] {
  return pairUp(ofSide(outcomes, 'ours'), ofSide(outcomes, side), (a, b) => a.seed === b.seed);
}

/** Ours with each seed beside ours with the next one: what chance alone makes of such a table. */
export function pairSeeds(outcomes: readonly Outcome[]): readonly Pair[] {
  const ours = ofSide(outcomes, 'ours');
  return pairUp(ours, ours, (a, b) => a.seed + 1 === b.seed);
}

function pairUp(
  ours: readonly Outcome[],
  theirs: readonly Outcome[],
  belong: (a: Outcome, b: Outcome) => boolean,
): readonly Pair[] {
  return ours.flatMap((own) =>
    theirs
      .filter((peer) => peer.file === own.file && belong(own, peer))
      .map((peer) => ({ file: own.file, ours: own, theirs: peer })),
  );
}

const RESAMPLES = 10_000;

/** @param pairs of at least two files, or the standard error is NaN */
export function summarizePairs(pairs: readonly Pair[], { subtract, higherIsBetter }: Measure): Summary {
  const files = [...new Set(pairs.map(({ file }) => file))];
  const differences = files.map((file) =>
    mean(pairs.filter((pair) => pair.file === file).map(({ ours, theirs }) => subtract(ours, theirs))),
  );
  const centre = mean(differences);
  const squares = differences.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  const random = seedRandom(1);
  const redrawn = Float64Array.from({ length: RESAMPLES }, () =>
    mean(differences.map(() => differences[random.nextBelow(differences.length)]!)),
  ).sort();
  const ups = differences.filter((value) => value > 0).length;
  const downs = differences.filter((value) => value < 0).length;
  return {
    files: files.length,
    pairs: pairs.length,
    mean: centre,
    standardError: Math.sqrt(squares / (files.length - 1) / files.length),
    low: redrawn[Math.floor(0.025 * RESAMPLES)]!,
    high: redrawn[Math.ceil(0.975 * RESAMPLES) - 1]!,
    better: higherIsBetter ? ups : downs,
    worse: higherIsBetter ? downs : ups,
  };
}

/** Whether the interval holds 0, and if not, who is ahead. */
export function judge({ low, high }: Summary, { higherIsBetter }: Measure): string {
  if (low <= 0 && high >= 0) return 'yes';
  return low > 0 === higherIsBetter ? 'no, ours is better' : 'no, ours is worse';
}
