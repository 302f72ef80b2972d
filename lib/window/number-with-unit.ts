/** Text that is a number with its unit, which would be an entity of its own with every value. */
import { WindowError } from '../base/errors.ts';
import type { CodedStrings } from './coded-strings.ts';
import type { ColumnName } from './read-numbers.ts';

const NUMBER = String.raw`[+-]?(?:\d+(?:[.,]\d+)?|\.\d+|\d{1,3}(?:,\d{3})+(?:\.\d+)?)(?:[eE][+-]?\d+)?`;
const THOUSANDS_OR_COMMA = /^[+-]?\d+(?:,\d+)+(?:\.\d+)?$/;
/** Units that no entity is called by. */
const PLAIN_UNIT = new RegExp(
  `^${NUMBER}\\s*(?:%|[kKMGTPE]i?(?:[Bb]|[Bb]ytes?|bits?|bps|Bps|[Bb]/s|Hz)|[Bb]ytes?|bits?|bps|Hz|[µμunm]s|secs?|seconds?|mins?|minutes?|hours?|days?|ms|°[CF]|req/s|ops/s|/s|cores?|millicores?)$`,
);
/** Units that may as well be a name: 5m, 1h, 2G, 3B. */
const SHORT_UNIT = new RegExp(`^${NUMBER}\\s*(?:[smhdBbKkMGTV]|[KMGTPE]i)$`);

/**
 * @param rows times of the rows, to tell names that recur with every time from values
 * @throws WindowError `bad-value` naming the first such cell, where most of the column is numbers with units
 */
export function assertNoUnits(strings: CodedStrings, column: ColumnName, rows: Float64Array): void {
  const values = strings.values.filter((value) => value !== '');
  const plain = values.filter(isPlain);
  const short = values.filter((value) => SHORT_UNIT.test(value));
  const count = plain.length + short.length;
  if (count === 0 || 2 * count < values.length) return;
  if (plain.length === 0 && areNames(values.length, rows)) return;
  const [first] = plain.length > 0 ? plain : short;
  const row = strings.codes.findIndex((code) => strings.values[code] === first);
  const hint = THOUSANDS_OR_COMMA.test(first!)
    ? 'numbers are written with a decimal point and without separators'
    : "write the number alone, and the unit into the column's name, such as _bytes, _seconds or _percent";
  throw new WindowError(
    'bad-value',
    `${column.source}: column ${column.name}, row ${row + 1}: ${JSON.stringify(first)} is a number with a unit or separators; ${hint}`,
  );
}

/** Among numbers. */
export function isNumberWithUnit(text: string): boolean {
  return isPlain(text) || SHORT_UNIT.test(text);
}

function isPlain(value: string): boolean {
  return PLAIN_UNIT.test(value) || THOUSANDS_OR_COMMA.test(value);
}

/** Each of a few names has about a row for every time; each of many values has hardly any. */
function areNames(distinct: number, rows: Float64Array): boolean {
  return 2 * (rows.length / distinct) >= new Set(rows).size;
}
