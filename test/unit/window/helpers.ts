import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DuckDBInstance, type JS } from '@duckdb/node-api';
import fc from 'fast-check';
import { WindowError } from '../../../lib/base/errors.ts';
import type { ReadWindowOptions } from '../../../lib/window/assemble-window.ts';
import { readWindow } from '../../../lib/window/read-window.ts';
import type { MetricWindow } from '../../../lib/window/window.ts';

export const FIXTURES: string = path.join(import.meta.dirname, '../../fixtures/parquet');
/** 2026-01-01T00:00Z. */
export const T0: number = Date.UTC(2026, 0, 1);
export const MINUTE = 60_000;

export function read(bytes: Uint8Array, options: Partial<ReadWindowOptions> = {}): MetricWindow {
  return readWindow(bytes, { detector: 'shop', source: 'windows/detector=shop/a.parquet', ...options });
}

/** For `assert.throws`: a WindowError with that code whose message holds every given text. */
export function windowError(code: string, ...texts: readonly string[]): (error: unknown) => true {
  return (error) => {
    if (!(error instanceof WindowError)) throw new Error('not a WindowError', { cause: error });
    if (error.code !== code) throw new Error(`code ${error.code}, not ${code}: ${error.message}`);
    for (const text of texts)
      if (!error.message.includes(text)) throw new Error(`"${error.message}" lacks "${text}"`);
    return true;
  };
}

/** What DuckDB writes for a query. `options` as in COPY … TO … (FORMAT parquet, OPTIONS). */
export async function parquetOf(query: string, options = ''): Promise<Uint8Array> {
  return await inFolder(async (folder) => {
    const file = path.join(folder, 'out.parquet');
    await runDuckDb(`COPY (${query}) TO '${file}' (FORMAT parquet${options && `, ${options}`})`);
    return new Uint8Array(readFileSync(file));
  });
}

/** What DuckDB reads: FILE in the query stands for the bytes. */
export async function queryParquet(bytes: Uint8Array, query: string): Promise<Record<string, JS>[]> {
  return await inFolder(async (folder) => {
    const file = path.join(folder, 'in.parquet');
    writeFileSync(file, bytes);
    return await runDuckDb(query.replaceAll('FILE', `'${file}'`));
  });
}

/** A window of these rows, which stand in order: by entity, then time. The range is that of the rows. */
export function makeWindow(
  rows: readonly { readonly entity: string; readonly time: number; readonly values: readonly number[] }[],
  options: {
    readonly metrics?: readonly string[];
    readonly step?: number;
    readonly labels?: Uint8Array;
  } = {},
): MetricWindow {
  const { metrics = rows[0]!.values.map((_, index) => `m${index}`), step = MINUTE, labels } = options;
  const entities = [...new Set(rows.map(({ entity }) => entity))].sort();
  const times = Float64Array.from(rows, ({ time }) => time);
  return {
    detector: 'shop',
    range: {
      start: Math.floor(Math.min(...times) / step) * step,
      end: Math.floor(Math.max(...times) / step) * step + step,
    },
    step,
    metrics,
    entities,
    entityOf: Uint32Array.from(rows, ({ entity }) => entities.indexOf(entity)),
    times,
    columns: metrics.map((_, index) => Float64Array.from(rows, ({ values }) => values[index]!)),
    labels,
  };
}

export async function inFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), 'tidewatch-window-'));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function runDuckDb(sql: string): Promise<Record<string, JS>[]> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  try {
    await connection.run(`SET TimeZone = 'UTC'`);
    return (await connection.runAndReadAll(sql)).getRowObjectsJS();
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** Windows with up to four entities, off-grid times and holes. Every entity has a row, and the range holds all rows. */
export function anyWindow(options: { readonly withValue?: boolean } = {}): fc.Arbitrary<MetricWindow> {
  const value = fc.oneof(
    { weight: 3, arbitrary: fc.double({ min: -1e9, max: 1e9, noNaN: true }) },
    { weight: 2, arbitrary: fc.constant(Number.NaN) },
  );
  const metrics = fc.uniqueArray(fc.constantFrom('cpu', 'mem', 'ts', 'ü "x"'), { minLength: 1 });
  const entities = fc.uniqueArray(fc.constantFrom('', 'a', 'b/ü', 'B', '\u{1F600}'), {
    minLength: 1,
    maxLength: 4,
  });
  const offsets = fc.uniqueArray(fc.nat(12 * MINUTE), { minLength: 1, maxLength: 12 });
  return fc
    .tuple(metrics, entities, fc.boolean(), fc.nat(MINUTE))
    .chain(([names, groups, hasLabels, margin]) =>
      fc
        .tuple(
          ...groups.toSorted().map((entity) => offsets.map((list) => list.map((time) => ({ entity, time })))),
        )
        .chain((lists) => {
          const rows = lists.flatMap((list) => list.toSorted((left, right) => left.time - right.time));
          const values = fc.array(fc.array(value, { minLength: names.length, maxLength: names.length }), {
            minLength: rows.length,
            maxLength: rows.length,
          });
          const labels = fc.array(fc.nat(1), { minLength: rows.length, maxLength: rows.length });
          return fc.tuple(values, labels).map(([table, flags]) => {
            if (options.withValue) table[0]![0] = 1;
            const window = makeWindow(
              rows.map(({ entity, time }, row) => ({ entity, time: T0 + time, values: table[row]! })),
              { metrics: names, ...(hasLabels && { labels: Uint8Array.from(flags) }) },
            );
            return {
              ...window,
              range: { start: window.range.start - margin, end: window.range.end + margin },
            };
          });
        }),
    );
}
