/** Metrics with a daily season and noise, for models of single metrics: drawn, the same every time. */
import type { FeatureMatrix } from '../../lib/features/feature-matrix.ts';
import { seedRandom } from '../../lib/models/random.ts';

const DAY = 86_400_000;
/** A Monday. */
const START = Date.UTC(2026, 0, 5);

export interface Fleet {
  readonly entities: number;
  readonly metrics: number;
  readonly days: number;
  /** Ms. */
  readonly step: number;
}

export function drawFleet({ entities, metrics, days, step }: Fleet): FeatureMatrix {
  const random = seedRandom(2026);
  const each = Math.round((days * DAY) / step);
  const rows = entities * each;
  const daily = Float64Array.from({ length: each }, (_, i) => Math.sin((2 * Math.PI * i * step) / DAY));
  const values = new Float32Array(rows * metrics);
  const times = new Float64Array(rows);
  const entityOf = new Uint32Array(rows);
  for (let row = 0; row < rows; row++) {
    const i = row % each;
    times[row] = START + i * step;
    entityOf[row] = Math.floor(row / each);
    for (let c = 0; c < metrics; c++)
      values[row * metrics + c] =
        daily[i]! * (1 + c / metrics) + 0.5 * (random.nextFloat() + random.nextFloat() - 1);
  }
  return {
    names: Array.from({ length: metrics }, (_, c) => `m${c}`),
    entities: Array.from({ length: entities }, (_, e) => `pod-${e}`),
    entityOf,
    times,
    values,
  };
}
