/** What is kept of a training: see docs/decisions/0011-levels-and-changes-together.md. */
import { SCALE_SETS, type Scale } from './scales.ts';
import type { Seasons } from './stretches.ts';

/** Columns beyond which their joint structure takes too much memory and time even at a single scale. */
export const MOST_COLUMNS = 2_048;

/** A column at a scale. */
export interface Feature {
  readonly column: number;
  readonly scale: Scale;
}

export interface JointModel {
  readonly columns: readonly string[];
  /** Index into SCALE_SETS. */
  readonly scaleSet: number;
  /** Per column, 1 = had one value in training: such a column is looked at by its level alone. */
  readonly constant: Uint8Array;
  readonly seasons: Seasons;
  /** Per feature, in scaled units: median and robust standard deviation. */
  readonly centers: Float64Array;
  readonly spreads: Float64Array;
  /** How the spread varies over the day, 1 on average; BINS numbers a feature, none where it is the same all day. */
  readonly dailySpread: Float32Array;
  /** Upper triangle R, row by row: a row's squared distance is |R u|². */
  readonly factor: Float64Array;
  /** Per column: what the level was in training but for one row in a hundred, off the usual one of the time of day. */
  readonly low: Float64Array;
  readonly high: Float64Array;
}

/** Column by column, the scales of each together. */
export function listFeatures(scaleSet: number, constant: Uint8Array): readonly Feature[] {
  return Array.from(constant).flatMap((isConstant, column) =>
    SCALE_SETS[scaleSet]!.filter((scale) => isConstant === 0 || scale === 'level').map((scale) => ({
      column,
      scale,
    })),
  );
}
