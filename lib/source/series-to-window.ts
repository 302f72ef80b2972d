/** Series of all metrics become windows: labels name entities, samples take their cells. */
import { describeTooLong, LONGEST_ENTITY } from '../window/entity-names.ts';
import type { LeftOut } from '../window/left-out.ts';
import type { TimeRange } from '../window/time-range.ts';
import type { MetricWindow } from '../window/window.ts';
import { showSeries } from './matrix-response.ts';
import { mergeSeries, type SeriesConflict } from './merge-series.ts';
import type { MatrixSeries, MetricMatrix, RefusedStretch } from './metric-source.ts';

/** What the source gave for one metric, by entity. Several series of an entity take turns: no two have a sample at the same time. */
export interface EntityMatrix {
  readonly name: string;
  readonly byEntity: ReadonlyMap<string, readonly MatrixSeries[]>;
}

/** Samples from which on a copy of all pays the view that it takes. */
const COPIED_AS_ONE = 64;

export interface WindowCut {
  readonly detector: string;
  /** Both ends multiples of `step`. */
  readonly range: TimeRange;
  readonly step: number;
  readonly matrices: readonly EntityMatrix[];
}

/**
 * Names each series by its entity labels, joined by "/". A series without one of the labels, or with a name that is too
 * long for one, is left out, as are samples that are native histograms; where two of them tell different numbers of the same entity and time, that sample is NaN.
 * The others stand.
 * @param onLeftOut hears of it, once for each kind and metric
 */
export function assignEntities(
  matrices: readonly MetricMatrix[],
  entityLabels: readonly string[],
  onLeftOut: (leftOut: LeftOut) => void = () => {},
): EntityMatrix[] {
  return matrices.map((metric) => {
    const groups = new Map<string, MatrixSeries[]>();
    const unnamed: MatrixSeries[] = [];
    const tooLong: string[] = [];
    for (const series of metric.series) {
      // Nothing else: it neither names an entity nor stands against another series.
      if (series.hasHistograms && series.times.length === 0) continue;
      const entity = nameEntity(series, entityLabels);
      if (entity === undefined) unnamed.push(series);
      else if (entity.length > LONGEST_ENTITY) tooLong.push(entity);
      else {
        const group = groups.get(entity);
        if (group === undefined) groups.set(entity, [series]);
        else group.push(series);
      }
    }
    const histograms = metric.series.filter(({ hasHistograms }) => hasHistograms);
    if (histograms.length > 0) onLeftOut(describeHistograms(histograms, metric));
    if (unnamed.length > 0) onLeftOut(describeUnnamed(unnamed, metric, entityLabels));
    if (tooLong.length > 0) onLeftOut(describeTooLong(tooLong, `metric ${metric.name}`));
    if (metric.refused !== undefined) onLeftOut(describeRefused(metric.refused, metric));
    return { name: metric.name, byEntity: mergeGroups(groups, { metric, entityLabels, onLeftOut }) };
  });
}

function describeRefused(refused: readonly RefusedStretch[], { name }: MetricMatrix): LeftOut {
  const { start, end, reason } = refused[0]!;
  return {
    code: 'refused-stretch',
    count: refused.length,
    message: `metric ${name}: the source has no answer for ${refused.length} stretches, and has one for what came later; they stay empty. The first is from ${new Date(start).toISOString()} up to ${new Date(end).toISOString()}: ${reason}`,
  };
}

function mergeGroups(
  groups: ReadonlyMap<string, readonly MatrixSeries[]>,
  given: {
    readonly metric: MetricMatrix;
    readonly entityLabels: readonly string[];
    readonly onLeftOut: (leftOut: LeftOut) => void;
  },
): ReadonlyMap<string, readonly MatrixSeries[]> {
  const byEntity = new Map<string, readonly MatrixSeries[]>();
  let first: { readonly entity: string; readonly conflict: SeriesConflict } | undefined;
  let [cells, entities] = [0, 0];
  for (const [entity, group] of groups) {
    const { series, conflict } = mergeSeries(group);
    byEntity.set(entity, series);
    if (conflict === undefined) continue;
    first ??= { entity, conflict };
    cells += conflict.cells;
    entities++;
  }
  if (first !== undefined) given.onLeftOut(describeConflicts({ ...first, cells, entities }, given));
  return byEntity;
}

/** Epoch ms of the earliest sample from `from` on that is a number, of any metric; undefined where there is none. */
export function firstValueTime(matrices: readonly EntityMatrix[], from: number): number | undefined {
  let first = Number.POSITIVE_INFINITY;
  for (const { byEntity } of matrices)
    for (const all of byEntity.values())
      for (const { times, values } of all) {
        let index = indexFrom(times, from);
        while (times[index]! < first && Number.isNaN(values[index]!)) index++;
        if (times[index]! < first) first = times[index]!;
        // There is none before it.
        if (first === from) return first;
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
  const find = createFinder(range);
  const columns = matrices.map(({ byEntity }) => {
    const column = new Float64Array(rows).fill(Number.NaN);
    for (let index = 0; index < entities.length; index++)
      for (const series of byEntity.get(entities[index]!) ?? [])
        placeSamples(series, find(series.times), { range, step }, column, index * cells);
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

/** Undefined where it lacks a label: to Prometheus an empty label and a missing one are the same. */
function nameEntity({ labels }: MatrixSeries, entityLabels: readonly string[]): string | undefined {
  const values = entityLabels.map((label) => labels[label] ?? '');
  return values.includes('') ? undefined : values.join('/');
}

function describeUnnamed(
  unnamed: readonly MatrixSeries[],
  { name, query, series: all }: MetricMatrix,
  entityLabels: readonly string[],
): LeftOut {
  const { labels } = unnamed[0]!;
  const label = entityLabels.find((each) => (labels[each] ?? '') === '');
  const lacking = unnamed.length === all.length;
  const which = lacking
    ? `none of its ${all.length} series has`
    : `${unnamed.length} of its ${all.length} series lack`;
  return {
    code: 'missing-entity-label',
    count: unnamed.length,
    message: `metric ${name}: ${which} the entity label ${JSON.stringify(label)}, such as ${showSeries(labels)}; keep the label in the query (${query}) or take it out of the manifest's entity`,
  };
}

function describeHistograms(
  histograms: readonly MatrixSeries[],
  { name, query, series: all }: MetricMatrix,
): LeftOut {
  return {
    code: 'native-histogram',
    count: histograms.length,
    message: `metric ${name}: ${histograms.length} of its ${all.length} series have native histograms, which are left out, such as ${showSeries(histograms[0]!.labels)}; turn them into numbers in the query (${query}), such as with histogram_quantile or histogram_avg`,
  };
}

function describeConflicts(
  found: {
    readonly entity: string;
    readonly conflict: SeriesConflict;
    readonly cells: number;
    readonly entities: number;
  },
  { metric, entityLabels }: { readonly metric: MetricMatrix; readonly entityLabels: readonly string[] },
): LeftOut {
  const { entity, conflict, cells, entities } = found;
  const [a, b] = conflict.series;
  const by = entityLabels.length > 0 ? ` by (${entityLabels.join(', ')})` : '';
  const subject =
    entityLabels.length > 0 ? `entity ${JSON.stringify(entity)}` : 'the detector, which has no entity labels';
  return {
    code: 'series-collapse',
    count: cells,
    message: `metric ${metric.name}: ${cells} samples of ${entities} entities stay empty: the series ${showSeries(a.labels)} and ${showSeries(b.labels)} both stand for ${subject} at ${new Date(conflict.time).toISOString()}, with ${conflict.values.join(' and ')}; aggregate in the query, such as max${by} (${metric.query}), or add a label that tells them apart to the manifest's entity`,
  };
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

/** Indices into a series' times, `end` exclusive. */
interface Stretch {
  readonly begin: number;
  readonly end: number;
}

/** Complete series of an answer share their times, and are asked for one after the other: those are searched once. */
function createFinder(range: TimeRange): (times: Float64Array) => Stretch {
  let last: Float64Array | undefined;
  let found: Stretch = { begin: 0, end: 0 };
  return (times) => {
    if (times !== last) {
      last = times;
      found = { begin: indexFrom(times, range.start), end: indexFrom(times, range.end) };
    }
    return found;
  };
}

function placeSamples(
  { times, values }: MatrixSeries,
  { begin, end }: Stretch,
  { range, step }: Pick<WindowCut, 'range' | 'step'>,
  column: Float64Array,
  firstRow: number,
): void {
  if (begin === end) return;
  const offset = firstRow + (times[begin]! - range.start) / step;
  // Ascending and on the grid: where first and last are as far apart as there are samples, none is missing.
  const isWhole = times[end - 1]! - times[begin]! === (end - 1 - begin) * step;
  if (isWhole && end - begin >= COPIED_AS_ONE) {
    column.set(values.subarray(begin, end), offset);
    return;
  }
  if (isWhole) for (let i = begin; i < end; i++) column[offset + i - begin] = values[i]!;
  else for (let i = begin; i < end; i++) column[offset + (times[i]! - times[begin]!) / step] = values[i]!;
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
