/**
 * Parquet write and read of 200,000 rows × 18 columns (time, entity, 16 metrics) against parquetjs-lite and DuckDB, in
 * rows a second. Ours goes from and to a MetricWindow, checks included, on one thread; parquetjs-lite from and to row objects;
 * DuckDB from and to its own table in memory, on one thread and, as it comes, on all cores.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import parquetjs from 'parquetjs-lite';
import { readWindow } from '../lib/window/read-window.ts';
import type { MetricWindow } from '../lib/window/window.ts';
import { writeWindow } from '../lib/window/write-window.ts';
import type { BenchRow } from './bench-row.ts';
import { median, pairedRatio, type Timings, timeInTurns } from './in-turns.ts';

interface Contender {
  readonly write: () => Promise<unknown>;
  readonly read: () => Promise<unknown>;
  readonly file: string;
}

const ROWS = 200_000;
const ENTITIES = 100;
const METRICS = 16;
const STEP = 60_000;
const START: number = Date.UTC(2026, 0, 1);
const ROUNDS = 5;
/** parquetjs-lite takes many seconds a round. */
const SLOW_ROUNDS = 1;

export async function benchParquet(): Promise<BenchRow[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'tidewatch-bench-'));
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    const window = makeWindow();
    const ours = contendOurs(window, path.join(folder, 'ours.parquet'));
    await ours.write();
    await connection.run(`CREATE TABLE given AS SELECT * FROM '${ours.file}'`);
    const duckDb = contendDuckDb(connection, path.join(folder, 'duckdb.parquet'));
    const parquetJs = contendParquetJs(window, path.join(folder, 'js.parquet'));
    const cores = availableParallelism();
    await connection.run('SET threads = 1');
    const alone = await compare('DuckDB, 1 thread', ours, duckDb, { rounds: ROUNDS, warmups: 1, aim: 1 });
    await connection.run(`SET threads = ${cores}`);
    return [
      ...alone,
      ...(await compare(`DuckDB, ${cores} threads`, ours, duckDb, { rounds: ROUNDS, warmups: 1 })),
      ...(await compare('parquetjs-lite', ours, parquetJs, { rounds: SLOW_ROUNDS, warmups: 0 })),
    ];
  } finally {
    connection.closeSync();
    instance.closeSync();
    rmSync(folder, { recursive: true });
  }
}

async function compare(
  name: string,
  ours: Contender,
  theirs: Contender,
  { aim, ...rounds }: { readonly rounds: number; readonly warmups: number; readonly aim?: number },
): Promise<BenchRow[]> {
  const write = await timeInTurns({ ours: ours.write, theirs: theirs.write }, rounds);
  const read = await timeInTurns({ ours: ours.read, theirs: theirs.read }, rounds);
  const speed = (what: string, times: Timings<'ours' | 'theirs'>): BenchRow => ({
    what: `Parquet ${what}, ${ROWS.toLocaleString('en')} × ${METRICS + 2}`,
    ours: ROWS / median(times.ours),
    unit: 'rows/s',
    peer: { name, value: ROWS / median(times.theirs), ratio: 1 / pairedRatio(times.ours, times.theirs) },
    ...(aim !== undefined && { aim: { atLeast: aim } }),
  });
  const [ourBytes, theirBytes] = [statSync(ours.file).size, statSync(theirs.file).size];
  return [
    speed('write', write),
    speed('read', read),
    {
      what: 'Parquet size of the same',
      ours: ourBytes / 1e6,
      unit: 'MB',
      peer: { name, value: theirBytes / 1e6, ratio: ourBytes / theirBytes },
    },
  ];
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

function contendOurs(window: MetricWindow, file: string): Contender {
  return {
    file,
    write: () => writeFile(file, writeWindow(window, { manifestHash: 'bench' })),
    read: async () =>
      assertRows(readWindow(await readFile(file), { detector: 'bench', source: file }).times.length),
  };
}

function contendDuckDb(connection: DuckDBConnection, file: string): Contender {
  return {
    file,
    write: () => connection.run(`COPY given TO '${file}' (FORMAT parquet, COMPRESSION zstd)`),
    async read() {
      const result = await connection.runAndReadAll(
        `CREATE OR REPLACE TABLE back AS SELECT * FROM '${file}'`,
      );
      assertRows(Number(result.getRowsJS()[0]![0]));
    },
  };
}

/** Times as INT64, since it cannot read back its own TIMESTAMP_MILLIS. */
function contendParquetJs(window: MetricWindow, file: string): Contender {
  const metric = { type: 'DOUBLE', optional: true, compression: 'SNAPPY' };
  const schema = new parquetjs.ParquetSchema({
    time: { type: 'INT64', compression: 'SNAPPY' },
    entity: { type: 'UTF8', compression: 'SNAPPY' },
    ...Object.fromEntries(window.metrics.map((name) => [name, metric])),
  });
  return {
    file,
    async write() {
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
    },
    async read() {
      const reader = await parquetjs.ParquetReader.openFile(file);
      const cursor = reader.getCursor();
      let rows = 0;
      while ((await cursor.next()) !== null) rows++;
      await reader.close();
      assertRows(rows);
    },
  };
}

function assertRows(rows: number): void {
  if (rows !== ROWS) throw new Error(`${rows} rows came back, not ${ROWS}`);
}
