/** Series of all metrics become windows: labels name entities, samples take their cells. */
import { SourceError } from '../errors.ts';
import type { TimeRange } from '../window/time-range.ts';
import type { MetricWindow } from '../window/window.ts';
import { describeSeries } from './matrix-response.ts';
import type { MatrixSeries } from './metric-source.ts';

/** What the source gave for one metric. */
export interface MetricMatrix {
  readonly name: string;
  readonly query: string;
  readonly series: readonly MatrixSeries[];
}

/** The same by entity. Several series of an entity take turns: no two have a sample at the same time. */
export interface EntityMatrix {
  readonly name: string;
  readonly byEntity: ReadonlyMap<string, readonly MatrixSeries[]>;
}

export interface WindowCut {
  readonly detector: string;
  /** Both ends multiples of `step`. */
  readonly range: TimeRange;
  readonly step: number;
  readonly matrices: readonly EntityMatrix[];
}

/**
 * Names each series by its entity labels, joined by "/".
 * @throws SourceError where a series lacks one of the labels, or two of them would be the same entity at the same time
 */
export function assignEntities(
  matrices: readonly MetricMatrix[],
  entityLabels: readonly string[],
): EntityMatrix[] {
  return matrices.map((metric) => {
    const byEntity = new Map<string, MatrixSeries[]>();
    for (const series of metric.series) {
      const entity = nameEntity(series, metric, entityLabels);
      const others = byEntity.get(entity);
      if (others === undefined) {
        byEntity.set(entity, [series]);
        continue;
      }
      for (const other of others) checkTurns(other, series, { entity, metric, entityLabels });
      others.push(series);
    }
    return { name: metric.name, byEntity };
  });
}

/** Epoch ms of the earliest sample from `from` on that is a number, of any metric; undefined where there is none. */
export function firstValueTime(matrices: readonly EntityMatrix[], from: number): number | undefined {
  let first = Number.POSITIVE_INFINITY;
  for (const { times, values } of allSeries(matrices)) {
    let index = indexFrom(times, from);
    while (times[index]! < first && Number.isNaN(values[index]!)) index++;
    if (times[index]! < first) first = times[index]!;
  }
  return first === Number.POSITIVE_INFINITY ? undefined : first;
}

/** Epoch ms of the newest sample of any metric, number or not; undefined where there is none. */
export function lastSampleTime(matrices: readonly EntityMatrix[]): number | undefined {
  let last: number | undefined;
  for (const { times } of allSeries(matrices)) {
    const time = times.at(-1);
    if (time !== undefined && (last === undefined || time > last)) last = time;
  }
  return last;
}

/** A row for each cell of the range and each entity that any metric has a sample of in the range. */
export function cutWindow({ detector, range, step, matrices }: WindowCut): MetricWindow {
  const entities = seenEntities(matrices, range);
  const cells = (range.end - range.start) / step;
  const rows = entities.length * cells;
  const entityOf = new Uint32Array(rows);
  const times = new Float64Array(rows);
  for (let entity = 0, row = 0; entity < entities.length; entity++)
    for (let cell = 0; cell < cells; cell++, row++) {
      entityOf[row] = entity;
      times[row] = range.start + cell * step;
    }
  const columns = matrices.map(({ byEntity }) => {
    const column = new Float64Array(rows).fill(Number.NaN);
    for (const [index, entity] of entities.entries())
      for (const series of byEntity.get(entity) ?? [])
        placeSamples(series, range, step, column, index * cells);
    return column;
  });
  return {
    detector,
    range,
    step,
    metrics: matrices.map(({ name }) => name),
    entities,
    entityOf,
    times,
    columns,
    labels: undefined,
  };
}

function nameEntity(series: MatrixSeries, metric: MetricMatrix, entityLabels: readonly string[]): string {
  return entityLabels
    .map((label) => {
      const value = series.labels[label];
      // To Prometheus an empty label and a missing one are the same.
      if (value === undefined || value === '') throw missingLabel(label, series, metric);
      return value;
    })
    .join('/');
}

function missingLabel(
  label: string,
  series: MatrixSeries,
  { name, query, series: all }: MetricMatrix,
): SourceError {
  const lacking = all.filter((other) => !other.labels[label]).length;
  const which =
    lacking === all.length
      ? `none of its ${all.length} series has`
      : `${lacking} of its ${all.length} series lack`;
  return new SourceError(
    'missing-entity-label',
    `metric ${name}: ${which} the entity label ${JSON.stringify(label)}, such as ${describeSeries(series.labels)}; keep the label in the query (${query}) or take it out of the manifest's entity`,
  );
}

interface Collision {
  readonly entity: string;
  readonly metric: MetricMatrix;
  readonly entityLabels: readonly string[];
}

function checkTurns(a: MatrixSeries, b: MatrixSeries, { entity, metric, entityLabels }: Collision): void {
  const time = firstCommonTime(a.times, b.times);
  if (time === undefined) return;
  const by = entityLabels.length > 0 ? ` by (${entityLabels.join(', ')})` : '';
  const subject =
    entityLabels.length > 0 ? `entity ${JSON.stringify(entity)}` : 'the detector, which has no entity labels';
  throw new SourceError(
    'series-collapse',
    `metric ${metric.name}: the series ${describeSeries(a.labels)} and ${describeSeries(b.labels)} both stand for ${subject} at ${new Date(time).toISOString()}; aggregate in the query, such as sum${by} (${metric.query}), or add a label that tells them apart to the manifest's entity`,
  );
}

function firstCommonTime(a: Float64Array, b: Float64Array): number | undefined {
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    if (a[i] === b[j]) return a[i];
    if (a[i]! < b[j]!) i++;
    else j++;
  }
  return undefined;
}

function* allSeries(matrices: readonly EntityMatrix[]): Iterable<MatrixSeries> {
  for (const { byEntity } of matrices) for (const all of byEntity.values()) yield* all;
}

function seenEntities(matrices: readonly EntityMatrix[], range: TimeRange): string[] {
  const seen = new Set<string>();
  for (const { byEntity } of matrices)
    for (const [entity, all] of byEntity)
      if (!seen.has(entity) && all.some((series) => isSeen(series, range))) seen.add(entity);
  return [...seen].sort();
}

function isSeen({ times }: MatrixSeries, range: TimeRange): boolean {
  const time = times[indexFrom(times, range.start)];
  return time !== undefined && time < range.end;
}

function placeSamples(
  { times, values }: MatrixSeries,
  range: TimeRange,
  step: number,
  column: Float64Array,
  firstRow: number,
): void {
  const begin = indexFrom(times, range.start);
  const end = indexFrom(times, range.end);
  if (begin === end) return;
  const offset = firstRow + (times[begin]! - range.start) / step;
  // Ascending and on the grid: where first and last are as far apart as there are samples, none is missing.
  if (times[end - 1]! - times[begin]! === (end - 1 - begin) * step) {
    column.set(values.subarray(begin, end), offset);
    return;
  }
  for (let i = begin; i < end; i++) column[offset + (times[i]! - times[begin]!) / step] = values[i]!;
}

/** Index of the first time at or after `from`. */
function indexFrom(times: Float64Array, from: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle]! < from) low = middle + 1;
    else high = middle;
  }
  return low;
}
