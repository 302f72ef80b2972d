/** Rows of a matrix, entity by entity, in stretches that carry the rows before them; each without its daily season. */
import type { FeatureMatrix } from '../../../features/feature-matrix.ts';
import { toLocalTime } from '../../../features/zone-clock.ts';
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
  /** Rows of the matrix, NO_ROW where the entity has none; the first `looksBackOn` of them are context alone. */
  readonly rows: Uint32Array;
  readonly looksBackOn: number;
  /** Rows of the entity before the first one of this stretch, with those that it lacks. */
  readonly before: number;
}

/** In place of a row of the matrix: a step of the grid at which nothing is known, as if nothing was measured. */
export const NO_ROW = 0xffff_ffff;

/** @param labels the values of a row with 1 count as missing */
export function* takeStretches(
  x: FeatureMatrix,
  seasons: Seasons,
  labels?: Uint8Array,
): Generator<EntityStretch> {
  for (const group of layOutGroups(x)) {
    for (let start = 0; start < group.length; start += STRETCH_ROWS) {
      const before = Math.max(start - CONTEXT_ROWS, 0);
      const rows = group.subarray(before, start + STRETCH_ROWS);
      const values = withoutSeason(x, rows, seasons, labels);
      yield { rows, looksBackOn: start - before, before, values, width: x.names.length };
    }
  }
}

/**
 * Rows of each entity in the order of the grid. A hole is no jump: what looks back over one finds nothing there, and of a
 * long one no more than can be looked back on.
 */
export function layOutGroups(x: FeatureMatrix): readonly Uint32Array[] {
  const groups = groupRows(x);
  const step = findStep(x.times, groups);
  return groups.map((group) => layOut(group, x.times, step));
}

/** The same array where there is no hole. */
function layOut(group: Uint32Array, times: Float64Array, step: number): Uint32Array {
  const countMissing = (i: number): number => {
    const steps = Math.round((times[group[i]!]! - times[group[i - 1]!]!) / step);
    return Math.max(0, Math.min(CONTEXT_ROWS, steps - 1));
  };
  let missing = 0;
  for (let i = 1; i < group.length; i++) missing += countMissing(i);
  if (missing === 0) return group;
  const places = new Uint32Array(group.length + missing).fill(NO_ROW);
  let place = 0;
  for (const [i, row] of group.entries()) {
    if (i > 0) place += countMissing(i);
    places[place++] = row;
  }
  return places;
}

/** Of the grid: the shortest time between two rows of an entity, of which all others are multiples. */
function findStep(times: Float64Array, groups: readonly Uint32Array[]): number {
  let shortest = Number.POSITIVE_INFINITY;
  for (const group of groups)
    for (let i = 1; i < group.length; i++) {
      const passed = times[group[i]!]! - times[group[i - 1]!]!;
      if (passed > 0 && passed < shortest) shortest = passed;
    }
  return shortest;
}

/** The rows that end with this one. @param of.group as laid out */
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
  { names, times, values, timeZone }: FeatureMatrix,
  rows: Uint32Array,
  { curveOf, curves }: Seasons,
  labels?: Uint8Array,
): Float64Array {
  const width = names.length;
  const rest = new Float64Array(rows.length * width);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    if (row === NO_ROW || labels?.[row] === 1) {
      rest.fill(NaN, i * width, (i + 1) * width);
      continue;
    }
    const place = findPlace(toLocalTime(times[row]!, timeZone));
    for (let c = 0; c < width; c++) {
      const curve = curveOf[c]!;
      const usual = curve < 0 ? 0 : readCurve(curves, place, curve * BINS);
      rest[i * width + c] = values[row * width + c]! - usual;
    }
  }
  return rest;
}
