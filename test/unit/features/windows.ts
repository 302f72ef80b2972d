import type { MetricWindow } from '../../../lib/window/window.ts';

/** A window from entity → metric → values, one row a minute; every entity has the same metrics. */
export function windowOf(
  data: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>,
  labels?: readonly number[],
): MetricWindow {
  const entities = Object.keys(data).sort();
  const metrics = Object.keys(data[entities[0]!]!);
  const lengths = entities.map((entity) => data[entity]![metrics[0]!]!.length);
  const entityOf = entities.flatMap((_, e) => new Array<number>(lengths[e]!).fill(e));
  return {
    detector: 'shop',
    range: { start: 0, end: Math.max(...lengths) * 60_000 },
    step: 60_000,
    metrics,
    entities,
    entityOf: Uint32Array.from(entityOf),
    times: Float64Array.from(lengths.flatMap((length) => Array.from({ length }, (_, i) => i * 60_000))),
    columns: metrics.map((metric) =>
      Float64Array.from(entities.flatMap((entity) => [...data[entity]![metric]!])),
    ),
    labels: labels ? Uint8Array.from(labels) : undefined,
  };
}

export function allAvailable(window: MetricWindow): Float64Array {
  return new Float64Array(window.times.length).fill(1);
}
