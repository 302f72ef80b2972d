/** Numbers and times as the report writes them. All times are UTC. */

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** "17 Aug". @param time epoch ms */
export function formatDay(time: number): string {
  const date = new Date(time);
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}`;
}

/** "08:45". */
export function formatClock(time: number): string {
  return new Date(time).toISOString().slice(11, 16);
}

/** "17 Aug 2023, 08:45". */
export function formatTime(time: number): string {
  return `${formatDay(time)} ${new Date(time).getUTCFullYear()}, ${formatClock(time)}`;
}

/** "12,345". */
export function formatCount(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** "1 row", "12,345 rows". */
export function countOf(count: number, one: string, many: string = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** A score or a share of one with as many digits as tell neighbours apart. */
export function formatScore(score: number): string {
  return Number.isFinite(score) ? String(Number(score.toPrecision(4))) : '–';
}

/** "99.9 %", with up to three decimals. @param percent 0 to 100 */
export function formatPercent(percent: number): string {
  return Number.isFinite(percent) ? `${Number(percent.toFixed(3))} %` : '–';
}

/** "85.7 %". @param share 0 to 1 */
export function formatShare(share: number): string {
  return Number.isFinite(share) ? `${Number((100 * share).toFixed(1))} %` : '–';
}

/** Incidents a week: "0", "0.3", "4.2", "37". */
export function formatRate(rate: number): string {
  return rate >= 10 ? formatCount(rate) : String(Number(rate.toFixed(1)));
}
