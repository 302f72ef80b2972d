/** How long something may be missing. */

/** A row or two that are missing are a scrape that failed. */
const LEAST_ROWS = 3;
/** Times a gap that training had again and again. */
const BEYOND_USUAL = 1.5;

/**
 * Rows from which it is a silence; undefined: never.
 * @param after ms, as the settings have it
 * @param usualGap rows; null: nobody misses it
 */
export function limitRows(
  after: number | undefined,
  usualGap: number | null | undefined,
  step: number,
): number | undefined {
  if (after === undefined || usualGap === null || usualGap === undefined) return undefined;
  return Math.max(LEAST_ROWS, Math.ceil(after / step), Math.ceil(BEYOND_USUAL * usualGap));
}
