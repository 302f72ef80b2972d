/** Rows of a matrix, entity by entity, in stretches that carry the rows before them; each without its daily season. */
import type { FeatureMatrix } from '../../../features/feature-matrix.ts';
import { groupRows } from '../../framework/univariate/group-rows.ts';
import { BINS, findPlace, readCurve } from './daily-curve.ts';
import { CONTEXT_ROWS, type Stretch } from './scales.ts';

/** Rows of a stretch besides those it looks back on: enough that these are a small part of the work. */
const STRETCH_ROWS = 1024;

/** What is usual at a time of day, off the median of all day. */
export interface Seasons {
  /** Per column: number of its curve, -1 where it has none. */
  readonly curveOf: Int32Array;
  /** BINS numbers a curve. */
  readonly curves: Float32Array;
}

export interface EntityStretch extends Stretch {
  /** Rows of the matrix; the first `looksBackOn` of them are context alone. */
  readonly rows: Uint32Array;
  readonly looksBackOn: number;
  /** Rows of the entity before the first one of this stretch. */
  readonly before: number;
}

/** @param labels the values of a row with 1 count as missing */
export function* takeStretches(
  x: FeatureMatrix,
  seasons: Seasons,
  labels?: Uint8Array,
): Generator<EntityStretch> {
  for (const group of groupRows(x)) {
    for (let start = 0; start < group.length; start += STRETCH_ROWS) {
      const before = Math.max(start - CONTEXT_ROWS, 0);
      const rows = group.subarray(before, start + STRETCH_ROWS);
      const values = withoutSeason(x, rows, seasons, labels);
      yield { rows, looksBackOn: start - before, before, values, width: x.names.length };
    }
  }
}

/** The rows that end with this one. */
export function takeStretchOf(
  x: FeatureMatrix,
  { group, at }: { readonly group: Uint32Array; readonly at: number },
  seasons: Seasons,
): EntityStretch {
  const before = Math.max(at - CONTEXT_ROWS, 0);
  const rows = group.subarray(before, at + 1);
  return {
    rows,
    looksBackOn: rows.length - 1,
    before,
    values: withoutSeason(x, rows, seasons),
    width: x.names.length,
  };
}

function withoutSeason(
  { names, times, values }: FeatureMatrix,
  rows: Uint32Array,
  { curveOf, curves }: Seasons,
  labels?: Uint8Array,
): Float64Array {
  const width = names.length;
  const rest = new Float64Array(rows.length * width);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    if (labels?.[row] === 1) {
      rest.fill(NaN, i * width, (i + 1) * width);
      continue;
    }
    const place = findPlace(times[row]!);
    for (let c = 0; c < width; c++) {
      const curve = curveOf[c]!;
      const usual = curve < 0 ? 0 : readCurve(curves, place, curve * BINS);
      rest[i * width + c] = values[row * width + c]! - usual;
    }
  }
  return rest;
}
