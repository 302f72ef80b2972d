/**
 * Scrapes come a few hundred milliseconds around the minute, before and after it. If cells began at the
 * minute, two samples would fall into one cell and none into the next. So a series that lies around the grid takes the nearest cell.
 */

/** Share of a step by which the mean phase may be off the grid: a series that is scraped in between stays there. */
const FURTHEST_MEAN = 0.1;
/**
 * Length of the mean phase as a vector, 0 (spread over the whole step) to 1 (always the same). Samples that come several
 * to a cell are spread, and stay in the cell in which they were taken; jitter of ±0.15 steps comes to 0.86.
 */
const LEAST_AGREEMENT = 0.85;

/**
 * Times of each such entity on the grid; the others' as they are, and the same array where no entity has them. A time is
 * kept where its cell is taken.
 * @param rows sorted by entity, then time
 * @param step ms
 */
export function snapTimes(
  { times, entityOf }: { readonly times: Float64Array; readonly entityOf: Uint32Array },
  step: number,
): Float64Array {
  let snapped = times;
  for (let from = 0, row = 1; row <= times.length; row++) {
    if (row < times.length && entityOf[row] === entityOf[from]) continue;
    if (isAroundGrid(times, from, row, step)) {
      if (snapped === times) snapped = times.slice();
      snapEntity(snapped, from, row, step);
    }
    from = row;
  }
  return snapped;
}

/** Whether its times lie around the grid, and not all of them on it. */
function isAroundGrid(times: Float64Array, from: number, to: number, step: number): boolean {
  let [cos, sin, isOff] = [0, 0, false];
  for (let row = from; row < to; row++) {
    const phase = times[row]! % step;
    if (phase === 0) {
      cos++;
      continue;
    }
    isOff = true;
    const angle = (2 * Math.PI * phase) / step;
    cos += Math.cos(angle);
    sin += Math.sin(angle);
  }
  if (!isOff || Math.hypot(cos, sin) < LEAST_AGREEMENT * (to - from)) return false;
  return Math.abs(Math.atan2(sin, cos)) < 2 * Math.PI * FURTHEST_MEAN;
}

function snapEntity(times: Float64Array, from: number, to: number, step: number): void {
  let before = Number.NEGATIVE_INFINITY;
  for (let row = from; row < to; row++) {
    const nearest = Math.round(times[row]! / step) * step;
    const next = row + 1 < to ? times[row + 1]! : Number.POSITIVE_INFINITY;
    if (nearest > before && nearest < next) times[row] = nearest;
    before = times[row]!;
  }
}
