/** Metrics of a small shop as DuckDB writes them: two pods, three metrics, a row a minute, every value from its place. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance, type JS } from '@duckdb/node-api';

export interface ShopRows {
  /** Minutes after T0: [from, to). */
  readonly from: number;
  readonly to: number;
  /** Minutes [from, to) in which the pod's cpu is ten times what it was, and its memory three times. */
  readonly fault?: { readonly pod: string; readonly from: number; readonly to: number };
}

export const MINUTE = 60_000;
/** 2026-01-01T00:00:00Z. */
export const T0: number = Date.UTC(2026, 0, 1);
/** Enough for the default detector: 720 minutes of two pods are its warmup of 1440 rows. */
export const HISTORY: ShopRows = { from: 0, to: 720 };

/** Columns ts, pod, cpu, memory and requests. */
export function shopQuery({ from, to, fault }: ShopRows): string {
  const faulty =
    fault === undefined ? 'false' : `pod = '${fault.pod}' AND i >= ${fault.from} AND i < ${fault.to}`;
  const normal = (metric: string): string =>
    `(100 + 10 * sin(i / 40.0) + 5 * ((hash(pod || '${metric}' || i) % 2000) / 1000.0 - 1))`;
  return `SELECT TIMESTAMP '2026-01-01' + to_minutes(i) AS ts, pod,
    (${normal('cpu')} * CASE WHEN ${faulty} THEN 10 ELSE 1 END)::DOUBLE AS cpu,
    (${normal('memory')} * CASE WHEN ${faulty} THEN 3 ELSE 1 END)::DOUBLE AS memory,
    ${normal('requests')}::DOUBLE AS requests
    FROM range(${from}, ${to}) rows(i), (VALUES ('cart'), ('payment')) pods(pod) ORDER BY pod, ts`;
}

export function shopParquet(rows: ShopRows): Promise<Uint8Array> {
  return writeParquet(shopQuery(rows));
}

/** What DuckDB writes for a query. */
export async function writeParquet(query: string): Promise<Uint8Array> {
  return inFolder(async (folder) => {
    const file = join(folder, 'out.parquet');
    await runSql(`COPY (${query}) TO '${file}' (FORMAT parquet)`);
    return new Uint8Array(readFileSync(file));
  });
}

/** What DuckDB reads: FILE in the query stands for the bytes, of one file or several. */
export async function queryParquet(
  bytes: Uint8Array | readonly Uint8Array[],
  query: string,
): Promise<Record<string, JS>[]> {
  return inFolder(async (folder) => {
    const files = (bytes instanceof Uint8Array ? [bytes] : bytes).map((body, index) => {
      const file = join(folder, `in-${index}.parquet`);
      writeFileSync(file, body);
      return `'${file}'`;
    });
    return await runSql(query.replaceAll('FILE', `read_parquet([${files.join()}])`));
  });
}

export async function runSql(sql: string): Promise<Record<string, JS>[]> {
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

async function inFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'tidewatch-shop-'));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
