/** Part of a file that was not used as it stands, while the rest was. */
export interface LeftOut {
  /** Stable, for filters: `time-out-of-bounds`, … */
  readonly code: string;
  /** Of rows, columns or values, as the message says. */
  readonly count: number;
  /** What was left out, the first of it by name and value, and why. */
  readonly message: string;
}
