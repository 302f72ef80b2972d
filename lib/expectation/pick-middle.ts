/**
 * What is expected of a pod that training did not know, by those of its workload that it knew: of each column the one with
 * the middle spread. Every known pod is on a scale of its own, on which they are alike, and the new one is on that of them
 * all (`lib/features/inherit-profiles.ts`).
 *
 * @param siblings at least one, each with one a column
 * @param pooled for columns that none of them measured
 */
export function pickMiddle<T extends { readonly center: number; readonly spread: number }>(
  siblings: readonly (readonly T[])[],
  pooled: readonly T[],
): readonly T[] {
  return pooled.map((all, column) => {
    const measured = siblings
      .map((series) => series[column]!)
      .filter(({ center }) => !Number.isNaN(center))
      .sort((a, b) => a.spread - b.spread);
    return measured[measured.length >> 1] ?? all;
  });
}
