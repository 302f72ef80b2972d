/**
 * A window from a Parquet file by any writer: pandas, DuckDB, Spark, parquetjs-lite, Arrow, or Tidewatch itself.
 *
 * Time: see `assignRoles` for which column, `readTimes` for what may stand in it. Entity: every string column, joined by
 * "/" in column order; null counts as ''. Label: the column `label`, 0/1 or boolean, null as 0, or what `settleLabel`
 * takes for it. Metrics: every other
 * numeric or boolean column under its own name; nulls, NaN and ±Infinity as NaN. Rows may come in any order; of several at one
 * time of an entity, see `orderRows`. Rows without a time are left out, where somebody hears of it. Row numbers in messages
 * count from 1.
 */
import { DataType, type Table } from 'apache-arrow';
import { WindowError } from '../base/errors.ts';
import { findKeptRows, type UnsortedRows } from './keep-rows.ts';
import { settleLabel } from './label-column.ts';
import type { LeftOut } from './left-out.ts';
import { MAX_ENTITIES } from './limits.ts';
import { parseMetadata } from './metadata.ts';
import { assertNoUnits } from './number-with-unit.ts';
import { orderRows } from './order-rows.ts';
import { readTable } from './parquet.ts';
import { readNumbers } from './read-numbers.ts';
import { type CodedStrings, joinStrings, readStrings } from './read-strings.ts';
import { readTimes } from './read-times.ts';
import { assignRoles, type ColumnRoles, LONGEST_NAME, ownRoles, shorten } from './roles.ts';
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

/**
 * @throws WindowError with one of the codes
 *   `empty-file`, `unreadable`, `too-large`, `no-rows`,
 *   `no-time-column`, `no-metric-column`, `bad-column`, `no-values` (every metric NaN in every row),
 *   `null-time`, `bad-time`, `bad-value`, `bad-label`,
 *   `duplicate-row`, `unordered-rows`, `outside-range`, `time-out-of-bounds` (no row is within them, or the range that
 *   the file or its name claims is not), `no-step`, `bad-metadata`
 */
export function readWindow(bytes: Uint8Array, options: ReadWindowOptions): MetricWindow {
  return windowOfTable(readTable(bytes, options.source), options);
}

/** As `readWindow`, for a table that came from elsewhere. */
export function windowOfTable(table: Table, options: ReadWindowOptions): MetricWindow {
  const { source, detector } = options;
  const { fields } = table.schema;
  const own = parseMetadata(table.schema.metadata, source);
  const tell = options.tell ?? (() => {});
  const roles = own
    ? ownRoles(fields, source)
    : settleLabel(table, assignRoles(fields, source), { source, tell, onLeftOut: options.onLeftOut });
  if (table.numRows === 0) throw new WindowError('no-rows', `${source} has no rows`);

  const times = readTimes(table.getChildAt(roles.time)!, {
    source,
    name: fields[roles.time]!.name,
    onLeftOut: options.onLeftOut,
  });
  tellUnused(table.schema, roles, options);
  const entity = readEntity(table, roles, { ...options, times, isOwn: own !== undefined });
  const kept = findKeptRows(times, entity, options);
  const columns = roles.metrics.map((index) => readMetric(table, index, options));
  const labels = readLabels(table, roles, source);
  const rows = orderRows({ times, entity, columns, labels }, { ...options, kept });
  assertSomeValue(rows.columns, source);
  const sorted = sortByEntity(rows);

  const entityColumns = roles.entity.map((index) => fields[index]!.name);
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
    metrics: roles.metrics.map((index) => fields[index]!.name),
    ...sorted,
    ...(own?.podOwners !== undefined && { podOwners: own.podOwners }),
  };
}

function readMetric(table: Table, index: number, { source, onLeftOut }: ReadWindowOptions): Float64Array {
  const { name } = table.schema.fields[index]!;
  let [count, first] = [0, ''];
  const numbers = readNumbers(table.getChildAt(index)!, {
    source,
    name,
    onRounded(row, value) {
      if (count++ === 0) first = `row ${row + 1}: ${value}`;
    },
  });
  if (count > 0)
    onLeftOut?.({
      code: 'rounded',
      count,
      column: name,
      message: `column ${name}, ${first} lies beyond ±2^53 and is read as the nearest double`,
    });
  return numbers;
}

function tellUnused({ fields }: Table['schema'], roles: ColumnRoles, { onLeftOut }: ReadWindowOptions): void {
  for (const index of roles.unused) {
    const { name, type } = fields[index]!;
    onLeftOut?.({
      code: 'unused-column',
      count: 1,
      column: shorten(name),
      message: `column ${describeUnused({ index, name, type })}`,
    });
  }
}

function describeUnused({ index, name, type }: { index: number; name: string; type: DataType }): string {
  if (name === '') return `${index + 1} has no name`;
  if (name.length > LONGEST_NAME)
    return `${shorten(name)} has a name of ${name.length} characters, and the limit is ${LONGEST_NAME}`;
  return `${name} is ${type}: one time column, numbers, booleans and strings are read`;
}

interface EntityOptions extends ReadWindowOptions {
  readonly times: Float64Array;
  /** Written by Tidewatch: an entity is called there as it was given. */
  readonly isOwn: boolean;
}

function readEntity(table: Table, roles: ColumnRoles, options: EntityOptions): CodedStrings {
  const { source } = options;
  const read = roles.entity.flatMap((index) => readEntityPart(table, index, options) ?? []);
  if (read.length === 0) return { codes: new Uint32Array(table.numRows), values: [''], firstNull: -1 };
  const entity = joinStrings(read);
  if (entity.values.length <= MAX_ENTITIES) return entity;
  const names = roles.entity.map((index) => table.schema.fields[index]!.name).join(', ');
  throw new WindowError(
    'too-large',
    `${source} has ${entity.values.length} entities in ${names}, and the limit is ${MAX_ENTITIES}`,
  );
}

/** Undefined for a column that is left out. */
function readEntityPart(table: Table, index: number, options: EntityOptions): CodedStrings | undefined {
  const strings = readTextOrBytes(table, index, options);
  if (strings === undefined || options.isOwn) return strings;
  const { name } = table.schema.fields[index]!;
  assertNoUnits(strings, { source: options.source, name }, options.times);
  return strings;
}

/** Undefined for bytes that nobody called text and that are none, such as hashes. */
function readTextOrBytes(
  table: Table,
  index: number,
  { source, onLeftOut }: ReadWindowOptions,
): CodedStrings | undefined {
  const { name, type } = table.schema.fields[index]!;
  try {
    return readStrings(table.getChildAt(index)!, { source, name });
  } catch (error) {
    const isBytes = DataType.isBinary(type) || DataType.isLargeBinary(type);
    if (!isBytes || !(error instanceof WindowError) || error.code !== 'bad-value') throw error;
    onLeftOut?.({
      code: 'unused-column',
      count: 1,
      column: name,
      message: `column ${name} is no text: ${error.message}`,
    });
    return undefined;
  }
}

function readLabels(table: Table, roles: ColumnRoles, source: string): Uint8Array | undefined {
  if (roles.label === undefined) return undefined;
  const { name } = table.schema.fields[roles.label]!;
  const numbers = readNumbers(table.getChildAt(roles.label)!, { source, name });
  return Uint8Array.from(numbers, (number, row) => {
    if (number === 1 || number === 0 || Number.isNaN(number)) return number === 1 ? 1 : 0;
    throw new WindowError(
      'bad-label',
      `${source}: column ${name}, row ${row + 1}: ${number} is neither 0 nor 1`,
    );
  });
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
