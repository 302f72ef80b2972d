/** Metrics with a daily season and noise: drawn, the same every time. */
import type { FeatureMatrix } from '../../lib/features/feature-matrix.ts';
import { seedRandom } from '../../lib/maths/random.ts';

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

/** One row in this many is labelled, ten times as large: classifiers have two classes to tell apart. */
const LABELLED = 500;

export interface FleetData {
  readonly x: FeatureMatrix;
  readonly labels: Uint8Array;
}

export function drawFleet({ entities, metrics, days, step }: Fleet): FleetData {
  const random = seedRandom(2026);
  const each = Math.round((days * DAY) / step);
  const rows = entities * each;
  const daily = Float64Array.from({ length: each }, (_, i) => Math.sin((2 * Math.PI * i * step) / DAY));
  const values = new Float32Array(rows * metrics);
  const times = new Float64Array(rows);
  const entityOf = new Uint32Array(rows);
  const labels = new Uint8Array(rows);
  for (let row = 0; row < rows; row++) {
    const i = row % each;
    times[row] = START + i * step;
    entityOf[row] = Math.floor(row / each);
    const factor = i % LABELLED === LABELLED - 1 ? 10 : 1;
    labels[row] = Number(factor > 1);
    for (let c = 0; c < metrics; c++)
      values[row * metrics + c] =
        factor * (daily[i]! * (1 + c / metrics) + 0.5 * (random.nextFloat() + random.nextFloat() - 1));
  }
  const x = {
    names: Array.from({ length: metrics }, (_, c) => `m${c}`),
    entities: Array.from({ length: entities }, (_, e) => `pod-${e}`),
    entityOf,
    times,
    values,
  };
  return { x, labels };
}
