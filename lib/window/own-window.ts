/**
 * A window from a file that Tidewatch wrote, which is nearly every one that a deployment reads. It needs neither Arrow nor
 * parquet-wasm, which take an eighth of a scoring's start.
 */
import { assembleWindow, type ReadWindowOptions } from './assemble-window.ts';
import { badTime, EARLIEST, LATEST, OUTSIDE_YEARS, type Refuse, withoutBadTimes } from './bad-times.ts';
import { recodeStrings } from './coded-strings.ts';
import { ENTITY_NAME, LABEL_NAME, TIME_NAME } from './column-names.ts';
import { type ColumnToWrite, countRows } from './columns.ts';
import { decodeOwnParquet } from './decode-parquet.ts';
import { checkFooter } from './footer.ts';
import { parseMetadata } from './metadata.ts';
import type { MetricWindow } from './window.ts';

type ColumnOf<Kind extends ColumnToWrite['type']> = ColumnToWrite & { readonly type: Kind };

interface OwnColumns {
  readonly time: ColumnOf<'timestamp'>;
  readonly entity: ColumnOf<'string'>;
  readonly label: ColumnOf<'boolean'> | undefined;
  readonly metrics: readonly ColumnOf<'double'>[];
}

/**
 * As `readWindow`.
 * @returns undefined where it is none of `writeWindow`, or damaged: that is for `readWindow`, which reads every file
 */
export function readOwnWindow(bytes: Uint8Array, options: ReadWindowOptions): MetricWindow | undefined {
  const { source, onLeftOut } = options;
  checkFooter(bytes, source);
  const table = decodeOwnParquet(bytes);
  const columns = table && findColumns(table.columns);
  const own = table && parseMetadata(table.metadata, source);
  if (columns === undefined || own === undefined) return undefined;
  const { time, entity, label, metrics } = columns;
  const file = {
    times: withoutBadTimes({ source, name: time.name, onLeftOut }, (refuse) =>
      blankBadTimes(time, source, refuse),
    ),
    entity: recodeStrings(entity.dictionary, entity.codes),
    metrics: metrics.map(({ name }) => name),
    entityColumns: [entity.name],
    own,
    readValues: () => ({
      columns: metrics.map(({ values }) => blankInfinite(values)),
      labels: label?.values,
    }),
  };
  return assembleWindow(file, options);
}

/** Undefined where they are not what `writeWindow` writes. */
function findColumns(columns: readonly ColumnToWrite[]): OwnColumns | undefined {
  const [time, entity, ...rest] = columns;
  const last = rest.at(-1);
  const label = last?.type === 'boolean' && last.name === LABEL_NAME ? last : undefined;
  const metrics = label === undefined ? rest : rest.slice(0, -1);
  const isOwn =
    time?.type === 'timestamp' &&
    time.name === TIME_NAME &&
    entity?.type === 'string' &&
    entity.name === ENTITY_NAME &&
    metrics.every(isMetric) &&
    metrics.length > 0 &&
    countRows(time) > 0;
  return isOwn ? { time, entity, label, metrics } : undefined;
}

function isMetric(column: ColumnToWrite): column is ColumnOf<'double'> {
  return column.type === 'double' && column.name !== LABEL_NAME;
}

/** In place. */
function blankBadTimes(
  { name, values }: ColumnOf<'timestamp'>,
  source: string,
  refuse: Refuse,
): Float64Array {
  for (let row = 0; row < values.length; row++) {
    const time = values[row]!;
    if (time >= EARLIEST && time < LATEST) continue;
    refuse.tell(badTime({ source, name }, row, time, OUTSIDE_YEARS));
    values[row] = Number.NaN;
  }
  return values;
}

/** In place. */
function blankInfinite(values: Float64Array): Float64Array {
  for (let row = 0; row < values.length; row++)
    if (values[row]! - values[row]! !== 0) values[row] = Number.NaN;
  return values;
}
