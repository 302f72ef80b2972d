/** Half-open: `start` belongs to the range, `end` does not. Both epoch milliseconds, UTC. */
export interface TimeRange {
  readonly start: number;
  readonly end: number;
}
