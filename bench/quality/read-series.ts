/** A benchmark's CSV file becomes a window. More lenient than the product: such files repeat and turn back times. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { inferStep } from '../../lib/window/step.ts';
import type { MetricWindow } from '../../lib/window/window.ts';

export interface Series extends MetricWindow {
  readonly labels: Uint8Array;
}

/** A file that is no labelled series, with the reason as its message. */
export class SeriesError extends Error {
  override readonly name = 'SeriesError';
}

const TIME = 'timestamp';
const LABEL = 'label';
/** Unix seconds: earlier ones are no times of measurement, so that a file of them counts from 0. It is taken for that of a Monday. */
const EARLIEST = 100_000_000;
const COUNTED_FROM = Date.UTC(2001, 0, 1);

/**
 * One entity, sorted by time. Of rows at one time the last is kept, and its label is 1 where any of theirs is.
 * Columns without a single value are left out. A file whose times count from 0 begins in 2001, since the product takes no rows of 1970.
 * @throws SeriesError where the first column is not `timestamp` (unix seconds), the last not `label` (0 or 1), a cell
 *   is not a number, or there are fewer than two rows
 */
export function readSeries(file: string): Series {
  const bytes = readFileSync(file);
  const text = (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString('utf8');
  const [header = '', ...lines] = text.split(/\r?\n/);
  const names = header.split(',');
  if (names[0] !== TIME || names.at(-1) !== LABEL)
    throw new SeriesError(
      `columns from ${names[0]} to ${names.at(-1)}; a series has them from ${TIME} to ${LABEL}`,
    );
  const rows = lines
    .flatMap((line, index) => (line === '' ? [] : [parseRow(line, names, index + 2)]))
    .sort((a, b) => a[0]! - b[0]!);
  const kept = rows.filter((row, i) => row[0] !== rows[i + 1]?.[0]);
  if (kept.length < 2) throw new SeriesError(`${kept.length} rows; a series has at least 2`);
  const anomalous = new Set(rows.filter((row) => row.at(-1) === 1).map((row) => row[0]));

  const from = kept[0]![0]! < EARLIEST ? COUNTED_FROM : 0;
  const times = Float64Array.from(kept, (row) => from + row[0]! * 1000);
  const entityOf = new Uint32Array(times.length);
  const step = inferStep(times, entityOf, { source: file, entityColumns: [] });
  const metrics = names.slice(1, -1);
  const columns = metrics.map((_, c) => Float64Array.from(kept, (row) => row[c + 1]!));
  const measured = columns.map((column) => column.some((value) => !Number.isNaN(value)));
  if (!measured.includes(true)) throw new SeriesError('no value in any column');
  return {
    detector: 'quality',
    range: {
      start: Math.floor(times[0]! / step) * step,
      end: (Math.floor(times.at(-1)! / step) + 1) * step,
    },
    step,
    metrics: metrics.filter((_, c) => measured[c]),
    columns: columns.filter((_, c) => measured[c]),
    entities: [''],
    entityOf,
    times,
    labels: Uint8Array.from(kept, (row) => (anomalous.has(row[0]) ? 1 : 0)),
  };
}

function parseRow(line: string, names: readonly string[], number: number): Float64Array {
  const cells = line.split(',');
  if (cells.length !== names.length)
    throw new SeriesError(`line ${number}: ${cells.length} cells for ${names.length} columns`);
  const values = Float64Array.from(cells, (cell) => (cell === '' ? NaN : Number(cell)));
  for (const [c, value] of values.entries())
    if (Number.isNaN(value) && !/^(nan)?$/i.test(cells[c]!))
      throw new SeriesError(`line ${number}: ${names[c]} is ${JSON.stringify(cells[c])}, not a number`);
  const [time, label] = [values[0]!, values.at(-1)!];
  if (!Number.isFinite(time)) throw new SeriesError(`line ${number}: no time`);
  if (label !== 0 && label !== 1) throw new SeriesError(`line ${number}: label ${label} is neither 0 nor 1`);
  return values;
}

/** Rows `[from, to)`. */
export function cutSeries(series: Series, from: number, to: number): Series {
  const { step } = series;
  const times = series.times.subarray(from, to);
  return {
    ...series,
    range: {
      start: Math.floor(times[0]! / step) * step,
      end: (Math.floor(times.at(-1)! / step) + 1) * step,
    },
    entityOf: series.entityOf.subarray(from, to),
    times,
    columns: series.columns.map((column) => column.subarray(from, to)),
    labels: series.labels.subarray(from, to),
  };
}
