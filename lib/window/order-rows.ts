/**
 * Rows in order of time within each entity, and one at each time. Order is no guess: rows that came otherwise are sorted. Rows
 * of one time that agree are one; where they differ, which is true nobody knows, and what they differ in is left empty. An
 * entity of which that is so at most times lacks a column that tells its series apart, and is not used.
 */
import { WindowError } from '../base/errors.ts';
import type { CodedStrings } from './coded-strings.ts';
import { dropUnused, keepRows, type UnsortedRows } from './keep-rows.ts';
import type { LeftOut } from './left-out.ts';

/** Entities that a note names. */
const SHOWN = 3;
/** Share of an entity's times at which its rows may differ. */
const MOST_DIFFERING = 0.5;

/** Of one entity. */
interface Merged {
  readonly code: number;
  rows: number;
  times: number;
  /** Rows that say nothing else than another one of their time. */
  repeated: number;
  firstRepeated: number | undefined;
  /** Times at which rows differ. */
  differing: number;
  firstDiffering: number | undefined;
}

/**
 * The rows that are used, without entities that have none of them.
 * @param given.kept per row, 1 = used; undefined: all of them
 * @param given.onLeftOut hears of rows at one time; without it, these and any disorder are an error
 * @throws WindowError `duplicate-row` where no entity would be left; `unordered-rows` too where nobody hears of it
 */
export function orderRows(
  rows: UnsortedRows,
  given: {
    readonly source: string;
    readonly kept: Uint8Array | undefined;
    /** Of the columns that name the entity. */
    readonly entityColumns: readonly string[];
    readonly onLeftOut?: ((leftOut: LeftOut) => void) | undefined;
  },
): UnsortedRows {
  const { source, kept, onLeftOut } = given;
  const fault = findFault(rows, kept);
  if (fault === undefined) return keepRows(rows, kept);
  if (onLeftOut === undefined) throw new WindowError(fault.code, `${source}: ${fault.what}`);
  const order = orderByTime(rows, kept);
  const { changed, firsts, entities } = mergeRows(rows, order);
  const out = entities.filter(({ times, differing }) => differing > MOST_DIFFERING * times);
  const name = (row: number | undefined): string => nameRow(rows, row!);
  if (out.length === entities.length)
    throw new WindowError(
      'duplicate-row',
      `${source}: ${name(out[0]!.firstDiffering)}, with other values; ${sayTold(given.entityColumns)}`,
    );
  const codes = new Set(out.map(({ code }) => code));
  for (const note of describe(entities, { out, codes, name })) onLeftOut(note);
  const used = order.filter((row) => firsts[row] === 1 && !codes.has(rows.entity.codes[row]!));
  return pick(changed, used);
}

/** The first row that does not come after the one before it of its entity. */
function findFault(
  { times, entity }: UnsortedRows,
  kept: Uint8Array | undefined,
): { readonly code: 'duplicate-row' | 'unordered-rows'; readonly what: string } | undefined {
  const newest = new Float64Array(entity.values.length).fill(Number.NEGATIVE_INFINITY);
  for (let row = 0; row < times.length; row++) {
    if (kept?.[row] === 0) continue;
    const code = entity.codes[row]!;
    const before = newest[code]!;
    if (times[row]! > before) newest[code] = times[row]!;
    else if (times[row] === before) return { code: 'duplicate-row', what: nameRow({ times, entity }, row) };
    else
      return {
        code: 'unordered-rows',
        what: `${nameEntity(entity, row)}: ${iso(times[row]!)} comes after ${iso(before)}`,
      };
  }
  return undefined;
}

/** Rows that are used, by entity, then time; of one time as they came. */
function orderByTime({ times, entity }: UnsortedRows, kept: Uint8Array | undefined): Uint32Array {
  const { codes } = entity;
  return listRows(times.length, kept).sort((a, b) => codes[a]! - codes[b]! || times[a]! - times[b]! || a - b);
}

function listRows(count: number, kept: Uint8Array | undefined): Uint32Array {
  const rows = new Uint32Array(count);
  let used = 0;
  for (let row = 0; row < count; row++) if (kept?.[row] !== 0) rows[used++] = row;
  return rows.subarray(0, used);
}

/** @returns the rows, in which the first of a time has what stands for all of them; the same ones where no two are of one time */
function mergeRows(
  rows: UnsortedRows,
  order: Uint32Array,
): {
  readonly changed: UnsortedRows;
  readonly firsts: Uint8Array;
  readonly entities: readonly Merged[];
} {
  const { times, entity } = rows;
  let changed = rows;
  const firsts = new Uint8Array(times.length);
  const entities: Merged[] = [];
  for (let from = 0, to = 0; from < order.length; from = to) {
    const first = order[from]!;
    const code = entity.codes[first]!;
    while (to < order.length && entity.codes[order[to]!] === code && times[order[to]!] === times[first]) to++;
    firsts[first] = 1;
    const merged = entities.at(-1)?.code === code ? entities.at(-1)! : countOf(code);
    if (merged.rows === 0) entities.push(merged);
    merged.rows += to - from;
    merged.times++;
    if (to - from === 1) continue;
    // What the decoder handed over is changed by nobody else. A copy of millions of rows is made where it is needed.
    if (changed === rows) changed = copy(rows);
    if (mergeInto(changed, order.subarray(from, to))) {
      merged.differing++;
      merged.firstDiffering ??= order[from + 1]!;
    } else {
      merged.repeated += to - from - 1;
      merged.firstRepeated ??= order[from + 1]!;
    }
  }
  return { changed, firsts, entities };
}

function copy(rows: UnsortedRows): UnsortedRows {
  return { ...rows, columns: rows.columns.map((column) => column.slice()), labels: rows.labels?.slice() };
}

function countOf(code: number): Merged {
  return {
    code,
    rows: 0,
    times: 0,
    repeated: 0,
    firstRepeated: undefined,
    differing: 0,
    firstDiffering: undefined,
  };
}

/** @returns whether some of them differ in a value that both have */
function mergeInto({ columns, labels }: UnsortedRows, rows: Uint32Array): boolean {
  const first = rows[0]!;
  let differs = false;
  for (const column of columns) {
    let only = Number.NaN;
    let isOne = true;
    for (const row of rows) {
      const value = column[row]!;
      if (Number.isNaN(value)) continue;
      if (Number.isNaN(only)) only = value;
      else if (value !== only) isOne = false;
    }
    column[first] = isOne ? only : Number.NaN;
    if (!isOne) differs = true;
  }
  if (labels !== undefined) for (const row of rows) labels[first] = Math.max(labels[first]!, labels[row]!);
  return differs;
}

/** What would have told rows of one time apart. */
function sayTold(entityColumns: readonly string[]): string {
  return entityColumns.length === 0
    ? 'it has no column of text, which would tell entities apart: numbers are metrics, so write pod-7 and not 7'
    : `beside ${entityColumns.join(', ')} it needs a column of text that tells them apart`;
}

function* describe(
  entities: readonly Merged[],
  given: {
    readonly out: readonly Merged[];
    readonly codes: ReadonlySet<number>;
    readonly name: (row: number | undefined) => string;
  },
): Generator<LeftOut> {
  const { out, codes, name } = given;
  const used = entities.filter(({ code }) => !codes.has(code));
  const repeating = used.filter(({ repeated }) => repeated > 0);
  const repeated = repeating.reduce((sum, each) => sum + each.repeated, 0);
  if (repeated > 0)
    yield {
      code: 'repeated-row',
      count: repeated,
      message: `${repeated} rows repeat another one of their entity and time, such as ${list(repeating.map(({ firstRepeated }) => name(firstRepeated)))}`,
    };
  const differing = used.filter((each) => each.differing > 0);
  const times = differing.reduce((sum, each) => sum + each.differing, 0);
  if (times > 0)
    yield {
      code: 'duplicate-row',
      count: times,
      message: `values of rows at one time of their entity differ and are left empty, at ${times} times, such as ${list(differing.map(({ firstDiffering }) => name(firstDiffering)))}`,
    };
  const rows = out.reduce((sum, each) => sum + each.rows, 0);
  if (rows > 0)
    yield {
      code: 'duplicate-row',
      count: rows,
      message: `${rows} rows of entities that have rows with other values at most of their times, such as ${list(out.map(({ firstDiffering }) => name(firstDiffering)))}`,
    };
}

function list(names: readonly string[]): string {
  const more = names.length > SHOWN ? [`and ${names.length - SHOWN} more entities`] : [];
  return [...names.slice(0, SHOWN), ...more].join('; ');
}

function pick({ times, entity, columns, labels }: UnsortedRows, rows: Uint32Array): UnsortedRows {
  return {
    times: pickValues(times, rows),
    entity: dropUnused({ ...entity, codes: rows.map((row) => entity.codes[row]!) }),
    columns: columns.map((column) => pickValues(column, rows)),
    labels: labels && Uint8Array.from(rows, (row) => labels[row]!),
  };
}

/** By a loop: `from` would make a list of numbers first. */
function pickValues(values: Float64Array, rows: Uint32Array): Float64Array {
  const picked = new Float64Array(rows.length);
  for (let at = 0; at < rows.length; at++) picked[at] = values[rows[at]!]!;
  return picked;
}

function nameRow({ times, entity }: Pick<UnsortedRows, 'times' | 'entity'>, row: number): string {
  return `${nameEntity(entity, row)}: a second row at ${iso(times[row]!)}`;
}

function nameEntity(entity: CodedStrings, row: number): string {
  return `entity ${JSON.stringify(entity.values[entity.codes[row]!]!.slice(0, 200))}, row ${row + 1}`;
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
