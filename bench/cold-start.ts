import type { BenchRow } from './bench-row.ts';
export async function benchColdStart(): Promise<BenchRow[]> {
  return [];
}
