/**
 * How a column's distance from what was expected counts. Squared, as in a mean squared error, up to FAR scales; beyond,
 * it grows with the logarithm. So a column that left its range for good, or by 10^18, does not drown what the others
 * say, and a farther value still counts more.
 */

/** Scales. The parabola of a normal column ends far inside. */
const FAR = 8;

/** @param distance in scales of the column; any finite number */
export function weighDistance(distance: number): number {
  const size = Math.abs(distance);
  // Value and slope meet at FAR.
  return size <= FAR ? size * size : FAR * FAR * (1 + 2 * Math.log(size / FAR));
}

/** Root of the mean over the measured columns; 0 where nothing was measured, which is nothing unusual. */
export function combineWeights(sum: number, measured: number): number {
  return measured === 0 ? 0 : Math.sqrt(sum / measured);
}
