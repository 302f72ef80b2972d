/** Average path lengths, as the paper's equation 1 has them. */

/**
 * c(n) for n = 0 to `upTo`: the average path length of an unsuccessful search in a binary search tree of n rows,
 * 2 H(n - 1) - 2 (n - 1) / n, with the exact harmonic number; 0 for no and for one row.
 */
export function averagePathLengths(upTo: number): Float64Array {
  const lengths = new Float64Array(upTo + 1);
  let harmonic = 0;
  for (let n = 2; n <= upTo; n++) {
    harmonic += 1 / (n - 1);
    lengths[n] = 2 * harmonic - (2 * (n - 1)) / n;
  }
  return lengths;
}

/** The paper's equation 2: 1 for a path of length 0, 0.5 for the average path. */
export function anomalyScore(pathLength: number, averagePathLength: number): number {
  return 2 ** (-pathLength / averagePathLength);
}

/** Trees stop at this depth: the average height of a tree of n rows. */
export function heightLimit(sampleSize: number): number {
  return Math.ceil(Math.log2(sampleSize));
}
