/**
 * Parquet write and read of 200,000 rows × 18 columns (time, entity, 16 metrics) against parquetjs-lite and DuckDB, in
 * rows a second. Ours goes from and to a MetricWindow, checks included; parquetjs-lite from and to row objects; DuckDB,
 * with all cores as it comes, from and to its own table in memory.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import parquetjs from 'parquetjs-lite';
import { readWindow } from '../lib/window/read-window.ts';
import type { MetricWindow } from '../lib/window/window.ts';
import { writeWindow } from '../lib/window/write-window.ts';
import type { BenchRow } from './bench-row.ts';

interface Speeds {
  /** Seconds. */
  readonly write: number;
  readonly read: number;
  /** Of the file. */
  readonly bytes: number;
}

const ROWS = 200_000;
const ENTITIES = 100;
const METRICS = 16;
const STEP = 60_000;
const START: number = Date.UTC(2026, 0, 1);
const ROUNDS = 3;

export async function benchParquet(): Promise<BenchRow[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'tidewatch-bench-'));
  try {
    const window = makeWindow();
    const ours = await timeOurs(window, path.join(folder, 'ours.parquet'));
    const duckdb = await timeDuckDb(path.join(folder, 'ours.parquet'), path.join(folder, 'duckdb.parquet'));
    const js = await timeParquetJs(window, path.join(folder, 'js.parquet'));
    return [...compare('parquetjs-lite', ours, js), ...compare('DuckDB', ours, duckdb)];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function compare(peer: string, ours: Speeds, theirs: Speeds): BenchRow[] {
  const speed = (name: 'write' | 'read'): BenchRow => ({
    name: `Parquet ${name}, 200,000 × 18`,
    ours: ROWS / ours[name],
    peer,
    theirs: ROWS / theirs[name],
    unit: 'rows/s',
    ratio: theirs[name] / ours[name],
    higherIsBetter: true,
  });
  const size: BenchRow = {
    name: 'Parquet size, 200,000 × 18',
    ours: ours.bytes,
    peer,
    theirs: theirs.bytes,
    unit: 'bytes',
    ratio: theirs.bytes / ours.bytes,
    higherIsBetter: false,
  };
  return [speed('write'), speed('read'), size];
}

/** Load curves with noise in the third digit, as metrics look; a few holes. */
function makeWindow(): MetricWindow {
  const perEntity = ROWS / ENTITIES;
  const columns = Array.from({ length: METRICS }, (_, metric) =>
    Float64Array.from({ length: ROWS }, (_, row) => {
      if ((row * 7 + metric) % 501 === 0) return Number.NaN;
      const noise = Math.sin(row * 12.9898 + metric * 78.233) * 43_758.5453;
      return Math.round((50 + 20 * Math.sin((row % 1_440) / 229) + (noise - Math.floor(noise))) * 1e4) / 1e4;
    }),
  );
  return {
    detector: 'bench',
    range: { start: START, end: START + perEntity * STEP },
    step: STEP,
    metrics: columns.map((_, metric) => `metric_${metric}`),
    entities: Array.from({ length: ENTITIES }, (_, entity) => `shop/pod-${String(entity).padStart(3, '0')}`),
    entityOf: Uint32Array.from({ length: ROWS }, (_, row) => Math.floor(row / perEntity)),
    times: Float64Array.from({ length: ROWS }, (_, row) => START + (row % perEntity) * STEP),
    columns,
    labels: undefined,
  };
}

async function timeOurs(window: MetricWindow, file: string): Promise<Speeds> {
  const write = await medianSeconds(() => writeFile(file, writeWindow(window, { manifestHash: 'bench' })));
  const read = await medianSeconds(async () => {
    assertRows(readWindow(await readFile(file), { detector: 'bench', source: file }).times.length);
  });
  return { write, read, bytes: statSync(file).size };
}

async function timeDuckDb(source: string, file: string): Promise<Speeds> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    await connection.run(`CREATE TABLE given AS SELECT * FROM '${source}'`);
    const write = await medianSeconds(() =>
      connection.run(`COPY given TO '${file}' (FORMAT parquet, COMPRESSION zstd)`),
    );
    const read = await medianSeconds(async () => {
      const result = await connection.runAndReadAll(
        `CREATE OR REPLACE TABLE back AS SELECT * FROM '${file}'`,
      );
      assertRows(Number(result.getRowsJS()[0]![0]));
    });
    return { write, read, bytes: statSync(file).size };
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** Once only: it takes many seconds. Times as INT64, since it cannot read back its own TIMESTAMP_MILLIS. */
async function timeParquetJs(window: MetricWindow, file: string): Promise<Speeds> {
  const metric = { type: 'DOUBLE', optional: true, compression: 'SNAPPY' };
  const schema = new parquetjs.ParquetSchema({
    time: { type: 'INT64', compression: 'SNAPPY' },
    entity: { type: 'UTF8', compression: 'SNAPPY' },
    ...Object.fromEntries(window.metrics.map((name) => [name, metric])),
  });
  const write = await seconds(async () => {
    const writer = await parquetjs.ParquetWriter.openFile(schema, file);
    for (let row = 0; row < ROWS; row++) {
      const values = window.metrics.map((name, index) => [name, window.columns[index]![row]!] as const);
      await writer.appendRow({
        time: window.times[row]!,
        entity: window.entities[window.entityOf[row]!]!,
        ...Object.fromEntries(values.filter(([, value]) => !Number.isNaN(value))),
      });
    }
    await writer.close();
  });
  const read = await seconds(async () => {
    const reader = await parquetjs.ParquetReader.openFile(file);
    const cursor = reader.getCursor();
    let rows = 0;
    while ((await cursor.next()) !== null) rows++;
    await reader.close();
    assertRows(rows);
  });
  return { write, read, bytes: statSync(file).size };
}

async function medianSeconds(run: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) times.push(await seconds(run));
  return times.sort((left, right) => left - right)[ROUNDS >> 1]!;
}

async function seconds(run: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await run();
  return (performance.now() - start) / 1_000;
}

function assertRows(rows: number): void {
  if (rows !== ROWS) throw new Error(`${rows} rows came back, not ${ROWS}`);
}
