/** A file in which no entity has a second row: with a text such as a request's id, each row is an entity of its own. */
import { quoteForeign } from '../base/foreign-text.ts';
import type { LeftOut } from './left-out.ts';

/** From so many rows and times on, it is no accident. (Pods at one moment have one row each, too.) */
const LEAST_ROWS = 10;
const LEAST_TIMES = 3;
/** Characters of a column's name that a message shows. */
const LONGEST_NAME = 80;

/**
 * No row is left out. But an entity that is always new is hardly judged, so alerts would be missing and nobody would know
 * why.
 * @param window.entityColumns what entities are told apart by
 */
export function findRowsAlone(window: {
  readonly times: Float64Array;
  readonly entities: readonly string[];
  readonly entityColumns: readonly string[];
}): LeftOut | undefined {
  const { times, entities, entityColumns } = window;
  if (times.length < LEAST_ROWS || entities.length < times.length || entityColumns.length === 0)
    return undefined;
  if (new Set(times).size < LEAST_TIMES) return undefined;
  return {
    code: 'rows-alone',
    count: times.length,
    column: quoteNames(entityColumns),
    message: sayRowsAlone(times.length, entityColumns),
  };
}

/** What is wrong, and what to do about it. @param entityColumns one or more */
export function sayRowsAlone(rows: number, entityColumns: readonly string[]): string {
  const names = quoteNames(entityColumns);
  const text = entityColumns.length === 1 ? `text in column ${names}` : `text in columns ${names} together`;
  return `each of ${rows} rows is an entity of its own, as the ${text} differs in every row: leave out of the file what tells no entity`;
}

function quoteNames(columns: readonly string[]): string {
  return columns.map((name) => quoteForeign(name, LONGEST_NAME)).join(', ');
}
