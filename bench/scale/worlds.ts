/** Detectors of any size, with telemetry that costs nothing to make: what is measured is the product. */

import type { MetricSource } from '../../lib/source/metric-source.ts';
import { createQuerySource } from '../../lib/source/query-source.ts';
import type { MetricWindow } from '../../lib/window/window.ts';
import { EPOCH, STEP } from '../../test/helpers/synthetic-window.ts';

/** Series of an entity. */
export const METRICS = 10;
/** Rows of a window, and of the day that is trained on. */
export const WINDOW_ROWS = 15;
export const DAY_ROWS = 1440;

const NAMES = Array.from({ length: METRICS }, (_, c) => `m${c}`);

/** By the minute, in windows of a quarter of an hour. @param given.isDefault false: a training of a day */
export function describeFleet(
  name: string,
  { isDefault = false, shards }: { readonly isDefault?: boolean; readonly shards?: number } = {},
): string {
  const queries = NAMES.map((metric) => `{ name: ${metric}, query: ${metric} }`).join(', ');
  return `kind: AnomalyDetector
metadata: { name: ${name} }
spec:
  step: 1m
  ingest_delay: 0
${isDefault ? '' : '  backfill: 1d\n  training: { lookback: 1d, warmup: 100 }\n'}  entity: [pod]
${shards === undefined ? '' : `  shards: ${shards}\n`}  metrics: [${queries}]
`;
}

/** @param at first row, in steps after EPOCH */
export function makeFleetWindow(detector: string, entities: number, at: number): MetricWindow {
  const rows = WINDOW_ROWS;
  const total = entities * rows;
  return {
    detector,
    range: { start: EPOCH + at * STEP, end: EPOCH + (at + rows) * STEP },
    step: STEP,
    metrics: NAMES,
    entities: nameEntities(entities),
    entityOf: Uint32Array.from({ length: total }, (_, row) => Math.floor(row / rows)),
    times: Float64Array.from({ length: total }, (_, row) => EPOCH + (at + (row % rows)) * STEP),
    columns: NAMES.map((_, c) =>
      Float64Array.from({ length: total }, (_, row) => valueAt(Math.floor(row / rows), c, at + (row % rows))),
    ),
    labels: undefined,
  };
}

/** As a Prometheus would tell it: a query is the name of a metric. */
export function tellFleet(entities: number): MetricSource {
  const names = nameEntities(entities);
  return createQuerySource('a fleet', async ({ query, start, end, step }) => {
    const rows = Math.round((end - start) / step);
    const from = Math.round((start - EPOCH) / STEP);
    const times = Float64Array.from({ length: rows }, (_, i) => start + i * step);
    const column = NAMES.indexOf(query);
    return names.map((pod, entity) => ({
      labels: { pod },
      times,
      values: times.map((_, i) => valueAt(entity, column, from + i)),
    }));
  });
}

function nameEntities(count: number): readonly string[] {
  return Array.from({ length: count }, (_, i) => `web-${String(i).padStart(5, '0')}`);
}

/** A day, and noise that does not repeat: of fractions of a product, as of no seed, so that each value follows from its place. */
function valueAt(entity: number, column: number, at: number): number {
  const mixed = Math.sin(entity * 12.9898 + column * 78.233 + at * 37.719) * 43_758.5453;
  return 100 + 10 * Math.sin((2 * Math.PI * at) / DAY_ROWS) + 5 * (mixed - Math.floor(mixed));
}
