/** One line of the bench's table: what we take or reach, beside a peer measured in the same run. */
export interface BenchRow {
  readonly name: string;
  readonly ours: number;
  readonly peer: string;
  readonly theirs: number;
  readonly unit: string;
  /** How many times better we are than the peer: below 1 where we are worse. */
  readonly ratio: number;
  readonly higherIsBetter: boolean;
}
