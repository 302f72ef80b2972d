/** Rows of a file, in whichever order they came, become a window. */
import { WindowError } from '../base/errors.ts';
import { findKeptRows, type UnsortedRows } from './keep-rows.ts';
import type { LeftOut } from './left-out.ts';
import { MAX_ENTITIES } from './limits.ts';
import type { WindowMetadata } from './metadata.ts';
import { orderRows } from './order-rows.ts';
import { findRowsAlone } from './rows-alone.ts';
import { inferStep } from './step.ts';
import type { TimeBounds } from './time-bounds.ts';
import type { TimeRange } from './time-range.ts';
import type { MetricWindow } from './window.ts';

export interface ReadWindowOptions {
  readonly detector: string;
  /** The object's key, for messages. */
  readonly source: string;
  /** Milliseconds, from the manifest; without it, it is inferred. What a file of Tidewatch's own says goes first. */
  readonly step?: number | undefined;
  /** From the key; without it, the rows' own, widened to the step. What a file of Tidewatch's own says goes first. */
  readonly range?: TimeRange | undefined;
  /** Rows outside are left out. Without it, every time is taken as it is: a person named the file. */
  readonly bounds?: TimeBounds | undefined;
  /** Gets whole sentences for people: what a column was taken for that may not be meant so. */
  readonly tell?: ((note: string) => void) | undefined;
  /** Hears of what is left out while the rest is used. */
  readonly onLeftOut?: ((leftOut: LeftOut) => void) | undefined;
}

/** What a file holds. */
export interface FileRows extends Pick<UnsortedRows, 'times' | 'entity'> {
  /** By column. */
  readonly metrics: readonly string[];
  /** Of the columns that name the entity. */
  readonly entityColumns: readonly string[];
  /** Of a file that Tidewatch wrote. */
  readonly own: WindowMetadata | undefined;
  /** Asked for once it is known that rows are left. */
  readonly readValues: () => Pick<UnsortedRows, 'columns' | 'labels'>;
}

/** @throws WindowError as `readWindow` does, for whatever is wrong with rows and not with columns */
export function assembleWindow(file: FileRows, options: ReadWindowOptions): MetricWindow {
  const { source, detector } = options;
  const { times, entity, metrics, entityColumns, own } = file;
  assertFewEntities(file, source);
  const kept = findKeptRows(times, entity, options);
  const rows = orderRows({ times, entity, ...file.readValues() }, { ...options, kept, entityColumns });
  assertSomeValue(rows.columns, source);
  const sorted = sortByEntity(rows);

  const step =
    own?.step ?? options.step ?? inferStep(sorted.times, sorted.entityOf, { source, entityColumns });
  const alone = own ? undefined : findRowsAlone({ ...sorted, entityColumns });
  if (alone !== undefined) options.onLeftOut?.(alone);
  const claimed = own?.range ?? options.range;
  const range = claimed ? withinBounds(claimed, step, options) : rangeOf(sorted.times, step);
  assertInside(sorted.times, range, source);
  return {
    detector,
    range,
    step,
    metrics,
    ...sorted,
    ...(own?.podOwners !== undefined && { podOwners: own.podOwners }),
    ...(own?.revisions !== undefined && { revisions: own.revisions }),
  };
}

function assertFewEntities({ entity, entityColumns }: FileRows, source: string): void {
  if (entity.values.length <= MAX_ENTITIES) return;
  throw new WindowError(
    'too-large',
    `${source} has ${entity.values.length} entities in ${entityColumns.join(', ')}, and the limit is ${MAX_ENTITIES}`,
  );
}

function assertSomeValue(columns: readonly Float64Array[], source: string): void {
  if (columns.some((column) => column.some((value) => !Number.isNaN(value)))) return;
  throw new WindowError('no-values', `${source} has no value in any of its ${columns.length} metrics`);
}

function assertInside(times: Float64Array, range: TimeRange, source: string): void {
  const outside = times.find((time) => time < range.start || time >= range.end);
  if (outside === undefined) return;
  throw new WindowError(
    'outside-range',
    `${source} has a row at ${iso(outside)}, outside its range from ${iso(range.start)} up to ${iso(range.end)}`,
  );
}

/** What a range claims moves the detector's clock as rows do: it ends with the cell of the latest time that may be. */
function withinBounds(range: TimeRange, step: number, { bounds, source }: ReadWindowOptions): TimeRange {
  if (bounds === undefined) return range;
  const end = Math.floor(bounds.latest / step) * step + step;
  if (range.end <= end) return range;
  if (range.start < end) return { start: range.start, end };
  throw new WindowError(
    'time-out-of-bounds',
    `${source} claims the range from ${iso(range.start)} up to ${iso(range.end)}, and arrived before ${iso(bounds.latest)}`,
  );
}

/** Stable, so that times stay ascending within an entity. Rows that are in order already are not copied. */
function sortByEntity({
  times,
  entity,
  columns,
  labels,
}: UnsortedRows): Pick<MetricWindow, 'entities' | 'entityOf' | 'times' | 'columns' | 'labels'> {
  const entities = [...entity.values].sort(compareCodeUnits);
  const placeOf = new Map(entities.map((name, place) => [name, place]));
  const place = Uint32Array.from(entity.values, (name) => placeOf.get(name)!);
  const entityOf = entity.codes.map((code) => place[code]!);
  if (entityOf.every((value, row) => row === 0 || value >= entityOf[row - 1]!))
    return { entities, entityOf, times, columns, labels };

  const next = new Uint32Array(entities.length + 1);
  for (const value of entityOf) next[value + 1]!++;
  for (let index = 1; index < next.length; index++) next[index]! += next[index - 1]!;
  const target = entityOf.map((value) => next[value]!++);
  return {
    entities,
    entityOf: scatter(entityOf, target, new Uint32Array(target.length)),
    times: scatter(times, target, new Float64Array(target.length)),
    columns: columns.map((column) => scatter(column, target, new Float64Array(target.length))),
    labels: labels && scatter(labels, target, new Uint8Array(target.length)),
  };
}

function scatter<T extends Float64Array | Uint32Array | Uint8Array>(
  values: T,
  target: Uint32Array,
  into: T,
): T {
  for (let row = 0; row < target.length; row++) into[target[row]!] = values[row]!;
  return into;
}

function compareCodeUnits(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

function rangeOf(times: Float64Array, step: number): TimeRange {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const time of times) {
    if (time < min) min = time;
    if (time > max) max = time;
  }
  return { start: Math.floor(min / step) * step, end: Math.floor(max / step) * step + step };
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
