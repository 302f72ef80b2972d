import type { Field } from 'apache-arrow';
import { WindowError } from '../base/errors.ts';
import { ENTITY_NAME, LABEL_NAME, TIME_NAME, TIME_NAMES } from './column-names.ts';
import { isNumeric } from './read-numbers.ts';
import { isText } from './read-strings.ts';
import { canBeTime, isTemporal } from './read-times.ts';

/** Which column of a table is what: indices into its fields. */
export interface ColumnRoles {
  readonly time: number;
  readonly label: number | undefined;
  /** Strings, in column order: together they name the entity. */
  readonly entity: readonly number[];
  readonly metrics: readonly number[];
  /** Neither numbers nor strings, a second time, or without a name that can be used: left out. */
  readonly unused: readonly number[];
}

/** Computed by Tidewatch from what is missing: in a dropped file it is computed anew, never taken as a metric. */
const AVAILABILITY_NAME = 'data_availability';
/** Characters of a column's name. */
export const LONGEST_NAME = 2_048;
/** Of these, what a message shows. */
const SHOWN_NAME = 200;
/** How pandas stores an index without a name: row numbers, or the times themselves. */
const PANDAS_INDEX = /^__index_level_\d+__$/;

/**
 * Roles in a file by any writer.
 *
 * Time: of the columns called timestamp, time, ts or ds (and a nameless pandas index that holds times), TIMESTAMP and
 * DATE go before epoch numbers and strings, then the order of the names counts, then lower case before other case.
 * The ones not chosen are left out, as are columns of other types (nested, UUID, a second time), data_availability and a nameless pandas index of row numbers.
 * @throws WindowError `no-time-column`, `no-metric-column`, `bad-label`, `bad-column` (two of one name)
 */
export function assignRoles(fields: readonly Field[], source: string): ColumnRoles {
  assertDistinct(fields, source);
  const time = findTime(fields, source);
  const label = findLabel(fields, source);
  const entity: number[] = [];
  const metrics: number[] = [];
  const unused: number[] = [];
  for (const [index, field] of fields.entries()) {
    if (index === time || index === label || isLeftOut(field)) continue;
    if (field.name === '' || field.name.length > LONGEST_NAME) unused.push(index);
    else if (isNumeric(field.type)) metrics.push(index);
    else if (isText(field.type)) entity.push(index);
    else unused.push(index);
  }
  if (metrics.length === 0)
    throw new WindowError('no-metric-column', `${source} has no numeric column: ${describe(fields)}`);
  return { time, label, entity, metrics, unused };
}

/** Roles in a file that Tidewatch wrote: there a metric may have any name but the three. */
export function ownRoles(fields: readonly Field[], source: string): ColumnRoles {
  assertDistinct(fields, source);
  const indexOf = (name: string): number => fields.findIndex((field) => field.name === name);
  const [time, entity, label] = [indexOf(TIME_NAME), indexOf(ENTITY_NAME), indexOf(LABEL_NAME)];
  if (time === -1 || entity === -1 || !isTemporal(fields[time]!.type) || !isText(fields[entity]!.type))
    throw new WindowError(
      'bad-metadata',
      `${source} says that Tidewatch wrote it, and lacks timestamp or entity: ${describe(fields)}`,
    );
  const metrics = [...fields.keys()].filter((index) => ![time, entity, label].includes(index));
  const odd = metrics.find((index) => !isNumeric(fields[index]!.type));
  if (odd !== undefined || metrics.length === 0)
    throw new WindowError('bad-metadata', `${source} says that Tidewatch wrote it, with ${describe(fields)}`);
  return { time, label: label === -1 ? undefined : label, entity: [entity], metrics, unused: [] };
}

function findTime(fields: readonly Field[], source: string): number {
  let best = -1;
  let bestRank = Number.POSITIVE_INFINITY;
  for (const [index, field] of fields.entries()) {
    const rank = timeRank(field);
    if (rank < bestRank) {
      best = index;
      bestRank = rank;
    }
  }
  if (best !== -1) return best;
  throw new WindowError(
    'no-time-column',
    `${source} has no time column (${TIME_NAMES.join(', ')}): ${describe(fields)}`,
  );
}

/** Lower is better; Infinity for what cannot be the time. */
function timeRank(field: Field): number {
  const { name, type } = field;
  if (PANDAS_INDEX.test(name)) return isTemporal(type) ? TIME_NAMES.length * 4 : Number.POSITIVE_INFINITY;
  const order = TIME_NAMES.indexOf(name.toLowerCase());
  if (order === -1 || !canBeTime(type)) return Number.POSITIVE_INFINITY;
  const otherCase = name === name.toLowerCase() ? 0 : TIME_NAMES.length;
  return (isTemporal(type) ? 0 : TIME_NAMES.length * 2) + otherCase + order;
}

function findLabel(fields: readonly Field[], source: string): number | undefined {
  const index = fields.findIndex((field) => field.name === LABEL_NAME);
  if (index === -1) return undefined;
  const field = fields[index]!;
  if (isNumeric(field.type)) return index;
  throw new WindowError(
    'bad-label',
    `${source}: column ${LABEL_NAME} is ${sayType(field)}: 0 and 1 or booleans are read`,
  );
}

function isLeftOut(field: Field): boolean {
  const name = field.name.toLowerCase();
  const isTime = TIME_NAMES.includes(name) && canBeTime(field.type);
  return isTime || name === AVAILABILITY_NAME || PANDAS_INDEX.test(field.name);
}

function assertDistinct(fields: readonly Field[], source: string): void {
  const seen = new Set<string>();
  for (const { name } of fields) {
    if (name !== '' && seen.has(name))
      throw new WindowError('bad-column', `${source}: two columns called ${shorten(name)}`);
    seen.add(name);
  }
}

function describe(fields: readonly Field[]): string {
  const shown = fields.slice(0, 30).map((field) => `${shorten(field.name)} (${sayType(field)})`);
  const more = fields.length > shown.length ? `, and ${fields.length - shown.length} more` : '';
  return fields.length === 0 ? 'it has no columns' : `it has ${shown.join(', ')}${more}`;
}

/** For people: what a column is read as. Other types, and those that keep a column from being the time, as Arrow calls them. */
function sayType({ name, type }: Field): string {
  if (TIME_NAMES.includes(name.toLowerCase()) && !canBeTime(type)) return String(type);
  if (isText(type)) return 'text';
  return isNumeric(type) ? 'numbers' : String(type);
}

/** As a message shows it. */
export function shorten(name: string): string {
  return name.length > SHOWN_NAME ? `${name.slice(0, SHOWN_NAME)}…` : name;
}
