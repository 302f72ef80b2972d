import type { MetricWindow } from './window.ts';

/** The rows that `keep` names, and the entities that still have any. Range and step stay. */
export function selectRows(window: MetricWindow, keep: (row: number) => boolean): MetricWindow {
  const rows = Uint32Array.from({ length: window.times.length }, (_, row) => row).filter(keep);
  if (rows.length === window.times.length) return window;
  const present = new Set(Array.from(rows, (row) => window.entityOf[row]!));
  const kept = [...window.entities.keys()].filter((entity) => present.has(entity));
  const newIndex = new Map(kept.map((entity, index) => [entity, index]));
  return {
    ...window,
    entities: kept.map((entity) => window.entities[entity]!),
    entityOf: Uint32Array.from(rows, (row) => newIndex.get(window.entityOf[row]!)!),
    times: Float64Array.from(rows, (row) => window.times[row]!),
    columns: window.columns.map((column) => Float64Array.from(rows, (row) => column[row]!)),
    labels: window.labels && Uint8Array.from(rows, (row) => window.labels![row]!),
  };
}
