const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** 1970-01-01 was a Thursday. */
const DAYS_SINCE_MONDAY = 3;
/** Saturday and Sunday, as a share of a weekday. */
const WEEKEND = 0.8;

/**
 * How busy it usually is, around 1: 0.5 before dawn to 1.5 in the afternoon, less on weekends. UTC.
 * @param time epoch milliseconds
 */
export function seasonAt(time: number): number {
  const hour = hourOf(time);
  const day =
    1 + 0.44 * Math.cos((2 * Math.PI * (hour - 15)) / 24) + 0.07 * Math.cos((4 * Math.PI * (hour - 19)) / 24);
  const weekday = (Math.floor(time / DAY) + DAYS_SINCE_MONDAY) % 7;
  return weekday >= 5 ? day * WEEKEND : day;
}

/** Of the day, with its fraction, 0 to 24 (exclusive). UTC. */
export function hourOf(time: number): number {
  return (time % DAY) / HOUR;
}
