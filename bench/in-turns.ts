/** Contenders take turns, so that a machine that is busy for a while is busy for all of them. */
export type Timings<Name extends string> = Readonly<Record<Name, readonly number[]>>;

/** Seconds of each round, after `warmups` rounds that do not count: they fill caches and warm the compiler. */
export async function timeInTurns<Name extends string>(
  contenders: Readonly<Record<Name, () => unknown>>,
  { rounds, warmups = 1 }: { readonly rounds: number; readonly warmups?: number },
): Promise<Timings<Name>> {
  const names = Object.keys(contenders) as Name[];
  const timings = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = 0; round < warmups + rounds; round++)
    for (const name of names) {
      const start = performance.now();
      await contenders[name]();
      if (round >= warmups) timings[name].push((performance.now() - start) / 1000);
    }
  return timings;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Median of ours ÷ theirs, round by round. */
export function pairedRatio(ours: readonly number[], theirs: readonly number[]): number {
  return median(ours.map((value, round) => value / theirs[round]!));
}
