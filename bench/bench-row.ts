/** One line of the bench's table: what we take or reach, beside a peer measured in the same run. */
export interface BenchRow {
  readonly what: string;
  /** Median of the rounds; undefined where it could not be measured, and `peer` says why. */
  readonly ours: number | undefined;
  readonly unit: 'rows/s' | 'values/s' | 's' | 'ms' | 'MB' | 'GFLOP/s' | 'kB';
  /** Undefined where the row stands alone; text where the peer could not be measured, with the reason. */
  readonly peer?: Peer | string;
  /** What the issue or a decision asks for; without one the row only informs. */
  readonly aim?: Aim;
}

export interface Peer {
  readonly name: string;
  /** Median of the rounds, in the row's unit. */
  readonly value: number;
  /** ours ÷ theirs, the median over the rounds: each round's pair ran one right after the other. */
  readonly ratio: number;
}

/** Of the ratio where there is a peer, otherwise of our own value. One of the two. */
export interface Aim {
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** Undefined where there is no aim, or no peer to hold it against. */
export function isReached({ ours, peer, aim }: BenchRow): boolean | undefined {
  if (aim === undefined || ours === undefined || typeof peer === 'string') return undefined;
  const value = peer?.ratio ?? ours;
  return (
    value >= (aim.atLeast ?? Number.NEGATIVE_INFINITY) && value <= (aim.atMost ?? Number.POSITIVE_INFINITY)
  );
}
