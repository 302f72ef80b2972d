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
import { assembleWindow, type ReadWindowOptions } from './assemble-window.ts';
import type { CodedStrings } from './coded-strings.ts';
import { settleLabel } from './label-column.ts';
import { MAX_ENTITIES } from './limits.ts';
import { parseMetadata } from './metadata.ts';
import { assertNoUnits } from './number-with-unit.ts';
import { readOwnWindow } from './own-window.ts';
import { readTable } from './parquet.ts';
import { readNumbers } from './read-numbers.ts';
import { joinStrings, readStrings } from './read-strings.ts';
import { readTimes } from './read-times.ts';
import { assignRoles, type ColumnRoles, LONGEST_NAME, ownRoles, shorten } from './roles.ts';
import type { MetricWindow } from './window.ts';

/**
 * @throws WindowError with one of the codes
 *   `empty-file`, `unreadable`, `too-large`, `no-rows`,
 *   `no-time-column`, `no-metric-column`, `bad-column`, `no-values` (every metric NaN in every row),
 *   `null-time`, `bad-time`, `bad-value`, `bad-label`,
 *   `duplicate-row`, `unordered-rows`, `outside-range`, `time-out-of-bounds` (no row is within them, or the range that
 *   the file or its name claims is not), `no-step`, `bad-metadata`
 */
export function readWindow(bytes: Uint8Array, options: ReadWindowOptions): MetricWindow {
  return readOwnWindow(bytes, options) ?? windowOfTable(readTable(bytes, options.source), options);
}

/** As `readWindow`, for a table that came from elsewhere. */
export function windowOfTable(table: Table, options: ReadWindowOptions): MetricWindow {
  const { source } = options;
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
  const file = {
    times,
    entity,
    metrics: roles.metrics.map((index) => fields[index]!.name),
    entityColumns: roles.entity.map((index) => fields[index]!.name),
    own,
    readValues: () => ({
      columns: roles.metrics.map((index) => readMetric(table, index, options)),
      labels: readLabels(table, roles, source),
    }),
  };
  return assembleWindow(file, options);
}

function readMetric(table: Table, index: number, { source, onLeftOut }: ReadWindowOptions): Float64Array {
  const { name } = table.schema.fields[index]!;
  const rounded = { count: 0, first: '' };
  const infinite = { count: 0, first: '' };
  const note = (of: { count: number; first: string }, row: number, value: bigint | number): void => {
    if (of.count++ === 0) of.first = `row ${row + 1}: ${value}`;
  };
  const numbers = readNumbers(table.getChildAt(index)!, {
    source,
    name,
    onRounded: (row, value) => note(rounded, row, value),
    onInfinite: (row, value) => note(infinite, row, value),
  });
  if (rounded.count > 0)
    onLeftOut?.({
      code: 'rounded',
      count: rounded.count,
      column: name,
      message: `column ${name}, ${rounded.first} lies beyond ±2^53 and is read as the nearest double`,
    });
  if (infinite.count > 0)
    onLeftOut?.({
      code: 'infinite',
      count: infinite.count,
      column: name,
      message: `${infinite.count} of ${numbers.length} values of column ${name} are infinite and count as missing, such as ${infinite.first}`,
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
  const read = roles.entity.flatMap((index) => readEntityPart(table, index, options) ?? []);
  if (read.length === 0) return { codes: new Uint32Array(table.numRows), values: [''], firstNull: -1 };
  const name = roles.entity.map((index) => table.schema.fields[index]!.name).join(', ');
  return joinStrings(read, { source: options.source, name, mostValues: MAX_ENTITIES });
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
    return readStrings(table.getChildAt(index)!, { source, name, mostValues: MAX_ENTITIES });
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
