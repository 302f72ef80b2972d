import type { BenchRow } from './bench-row.ts';
export async function benchLatency(): Promise<BenchRow[]> {
  return [];
}
