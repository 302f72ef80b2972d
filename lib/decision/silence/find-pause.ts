/**
 * Finds the pause of a workload that comes and goes at regular times: a nightly job, an environment that is up by day. It
 * is missed once it does not come, although it is absent most of the time.
 */

/** Pauses below it are too few to be regular: those of a job of six days a week have the seventh among them. */
const LEAST_PAUSES = 6;
/** From so many on, one longer pause was a fault. A job of five or six days a week shows two longer ones by then. */
const PAUSES_TO_EXCEPT = 12;
/** Times the median, up to which pauses are alike. */
const ALIKE = 1.25;
/** Rows that are missing within a visit are none. */
const LEAST_ROWS = 3;
/** Share of the longest gap below which a gap is one within a visit. */
const WITHIN_A_VISIT = 0.1;

/** Whether a gap of so many rows lies between two visits, and not within one. @param longest of its gaps, in rows */
export function isPause(gap: number, longest: number): boolean {
  return gap >= LEAST_ROWS && gap >= WITHIN_A_VISIT * longest;
}

/**
 * @param gaps rows in a row that were missed, between rows that were heard
 * @param missed rows since the newest that was heard
 * @returns the longest pause but for a single exception, in rows; undefined where it is not regular, or has come no more
 */
export function findPause(gaps: readonly number[], missed: number): number | undefined {
  const longest = gaps.reduce((most, gap) => Math.max(most, gap), 0);
  const pauses = gaps.filter((gap) => isPause(gap, longest)).sort((a, b) => a - b);
  if (pauses.length < LEAST_PAUSES) return undefined;
  const most = ALIKE * pauses[Math.floor(pauses.length / 2)]!;
  const alike = pauses.filter((pause) => pause <= most);
  const exceptions = pauses.length - alike.length;
  if (exceptions > (pauses.length >= PAUSES_TO_EXCEPT ? 1 : 0)) return undefined;
  const pause = alike.at(-1)!;
  // One that was missed when training ended may still come; one that was missed twice has ended.
  return missed > 2 * most ? undefined : pause;
}
