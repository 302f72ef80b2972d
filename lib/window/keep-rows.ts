/** Rows of a file that are left out while the rest is used. */
import { WindowError } from '../base/errors.ts';
import type { CodedStrings } from './coded-strings.ts';
import { describeTooLong, LONGEST_ENTITY } from './entity-names.ts';
import type { LeftOut } from './left-out.ts';
import { findOutsideRows, findStrayRows, type TimeBounds } from './time-bounds.ts';

/** In the order of the file. */
export interface UnsortedRows {
  readonly times: Float64Array;
  readonly entity: CodedStrings;
  readonly columns: readonly Float64Array[];
  readonly labels: Uint8Array | undefined;
}

/**
 * Per row, 1 = used; undefined: all of them.
 * @throws WindowError with the first reason where no row would be left
 */
export function findKeptRows(
  times: Float64Array,
  entity: CodedStrings,
  given: {
    readonly source: string;
    readonly bounds?: TimeBounds | undefined;
    readonly onLeftOut?: ((leftOut: LeftOut) => void) | undefined;
  },
): Uint8Array | undefined {
  const { bounds, source, onLeftOut } = given;
  const found: LeftOut[] = [];
  // A row without a time was told of by who read it.
  const kept = new Uint8Array(times.length);
  for (let row = 0; row < kept.length; row++) if (!Number.isNaN(times[row]!)) kept[row] = 1;
  const outside = bounds && findOutsideRows(times, bounds, (row) => entity.values[entity.codes[row]!]!);
  if (outside !== undefined) {
    kept.set(outside.kept);
    found.push(outside.leftOut);
  }
  const within =
    outside === undefined ? times : times.map((time, row) => (kept[row] === 1 ? time : Number.NaN));
  const stray = bounds && findStrayRows(within, entity, bounds);
  if (stray !== undefined) {
    for (let row = 0; row < kept.length; row++) kept[row]! &= stray.kept[row]!;
    found.push(stray.leftOut);
  }
  const tooLong = onLeftOut && leaveOutLongNames(entity, kept);
  if (tooLong !== undefined) found.push(tooLong);
  const [first] = found;
  if (first === undefined) return kept.includes(0) ? kept : undefined;
  if (!kept.includes(1)) throw new WindowError(first.code, `${source}: ${first.message}`);
  for (const each of found) onLeftOut?.(each);
  return kept;
}

function leaveOutLongNames(entity: CodedStrings, kept: Uint8Array): LeftOut | undefined {
  const isLong = entity.values.map((name) => name.length > LONGEST_ENTITY);
  if (!isLong.includes(true)) return undefined;
  const names: string[] = [];
  for (let row = 0; row < kept.length; row++) {
    if (!isLong[entity.codes[row]!]) continue;
    if (kept[row] === 1) names.push(entity.values[entity.codes[row]!]!);
    kept[row] = 0;
  }
  return names.length === 0 ? undefined : describeTooLong(names, 'rows');
}

/** Entities without a row left are left out too. */
export function keepRows(
  { times, entity, columns, labels }: UnsortedRows,
  kept: Uint8Array | undefined,
): UnsortedRows {
  if (kept === undefined) return { times, entity, columns, labels };
  const isKept = (_: number, row: number): boolean => kept[row] === 1;
  return {
    times: times.filter(isKept),
    entity: dropUnused({ ...entity, codes: entity.codes.filter(isKept) }),
    columns: columns.map((column) => column.filter(isKept)),
    labels: labels?.filter(isKept),
  };
}

/** Without strings that no row has. */
export function dropUnused(strings: CodedStrings): CodedStrings {
  const values: string[] = [];
  const places = new Map<number, number>();
  const codes = strings.codes.map((code) => {
    const place = places.get(code) ?? values.push(strings.values[code]!) - 1;
    places.set(code, place);
    return place;
  });
  return { ...strings, codes, values };
}
