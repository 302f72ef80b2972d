/** One series over a range. Samples stand on the asked grid, strictly ascending; cells without a sample are left out. */
export interface MatrixSeries {
  /** With `__name__` where the query kept it. */
  readonly labels: Readonly<Record<string, string>>;
  /** Epoch milliseconds. */
  readonly times: Float64Array;
  /** Length of `times`. NaN where the source measured something that is no finite number. */
  readonly values: Float64Array;
}

export interface RangeQuery {
  readonly query: string;
  /** Epoch milliseconds: `start` is the first grid cell, `end` (exclusive) is a whole number of steps after it. */
  readonly start: number;
  readonly end: number;
  /** Milliseconds. */
  readonly step: number;
  readonly signal?: AbortSignal;
}

/** Where metrics come from. */
export interface MetricSource {
  /**
   * Every series of the query, or an error: never a part of them. Empty where the source has no data in the range.
   * @throws SourceError where the answer is unusable or the source stays unreachable
   * @throws RetryLaterError where the time of this invocation does not suffice
   */
  queryRange(query: RangeQuery): Promise<readonly MatrixSeries[]>;
}
