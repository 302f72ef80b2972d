/** Part of a file, or of a source's answer, that was not used as it stands, while the rest was. */
export interface LeftOut {
  /** Stable, for filters: `time-out-of-bounds`, … */
  readonly code: string;
  /** Of rows, columns or values, as the message says. */
  readonly count: number;
  /**
   * Set where it is a column that was left out or rounded: files of one writer all have it, and it is told of once for
   * the detector.
   */
  readonly column?: string;
  /** What was left out, the first of it by name and value, and why. */
  readonly message: string;
}
