/**
 * Makes samples/sockshop from the pods of Sock Shop on Kubernetes: node scripts/make-samples.ts FOLDER, where FOLDER
 * holds pods/train/*.csv.gz, pods/test/*.csv.gz, incidents_pods.csv and LICENSE.txt. Same folder, same bytes.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { writeColumns } from '../lib/window/write-window.ts';

interface PodRow {
  readonly pod: string;
  /** Epoch seconds. */
  readonly time: number;
  readonly values: readonly number[];
  readonly label: boolean;
}

const OUT: string = path.join(import.meta.dirname, '..', 'samples', 'sockshop');
/**
 * `net_in` and `net_out` repeat two other columns, the high-water mark only ever rises, and the label is written apart.
 */
const LEFT_OUT: readonly string[] = [
  'timestamp',
  'net_in',
  'net_out',
  'container_memory_max_usage_bytes',
  'label',
];
const HOUR = 3_600;
/** 2023-08-17T07:00Z, a day into the part with faults: what comes before is history, what comes after is replayed. */
const REPLAY_START = 1_692_255_600;
/** Of a file, seconds. */
const HISTORY_FILE: number = 6 * HOUR;
const REPLAY_FILE: number = HOUR;

let metrics: readonly string[] = [];
const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: node scripts/make-samples.ts FOLDER');
rmSync(path.join(OUT, 'history'), { recursive: true, force: true });
rmSync(path.join(OUT, 'replay'), { recursive: true, force: true });
const rows = readPods(path.join(folder, 'pods', 'test'));
const isReplayed = ({ time }: PodRow): boolean => time >= REPLAY_START;
writeFiles(
  'history',
  rows.filter((row) => !isReplayed(row)),
  HISTORY_FILE,
);
writeFiles('replay', rows.filter(isReplayed), REPLAY_FILE);
writeIncidents(path.join(folder, 'incidents_pods.csv'), Math.max(...rows.map(({ time }) => time)));
writeFileSync(path.join(OUT, 'LICENSE.txt'), readFileSync(path.join(folder, 'LICENSE.txt')));

function readPods(from: string): PodRow[] {
  return readdirSync(from)
    .toSorted()
    .flatMap((file) => readPod(path.join(from, file), file.replace('.csv.gz', '')));
}

function readPod(file: string, pod: string): PodRow[] {
  const [header = '', ...lines] = gunzipSync(readFileSync(file)).toString('utf8').trim().split('\n');
  const names = header.split(',');
  const kept = names.filter((name) => !LEFT_OUT.includes(name));
  if (metrics.length > 0 && kept.join() !== metrics.join())
    throw new Error(`${file} has other columns: ${header}`);
  metrics = kept;
  return lines.map((line) => {
    const cells = line.split(',');
    const read = (name: string): number => {
      const cell = cells[names.indexOf(name)] ?? '';
      return cell === '' ? Number.NaN : Number(cell);
    };
    return { pod, time: read('timestamp'), values: kept.map(read), label: read('label') === 1 };
  });
}

/** One file per `length` seconds of the clock, named for its first hour. */
function writeFiles(kind: string, rows: readonly PodRow[], length: number): void {
  mkdirSync(path.join(OUT, kind), { recursive: true });
  for (const [slot, part] of Map.groupBy(rows, ({ time }) => Math.floor(time / length))) {
    const start = new Date(slot * length * 1_000).toISOString();
    writeFileSync(path.join(OUT, kind, `${start.slice(0, 13)}Z.parquet`), encode(part, kind === 'history'));
  }
}

/** @param labelled the history says which rows are of a fault; what is replayed does not */
function encode(rows: readonly PodRow[], labelled: boolean): Uint8Array {
  const pods = [...new Set(rows.map(({ pod }) => pod))].toSorted();
  return writeColumns({
    columns: [
      { name: 'timestamp', type: 'timestamp', values: Float64Array.from(rows, ({ time }) => time * 1_000) },
      {
        name: 'entity',
        type: 'string',
        dictionary: pods,
        codes: Uint32Array.from(rows, ({ pod }) => pods.indexOf(pod)),
      },
      // The source has seven significant digits: single precision keeps them to about 6e-8.
      ...metrics.map((name, index) => ({
        name,
        type: 'float' as const,
        values: Float32Array.from(rows, ({ values }) => values[index]!),
      })),
      ...(labelled
        ? [
            {
              name: 'label',
              type: 'boolean' as const,
              values: Uint8Array.from(rows, ({ label }) => Number(label)),
            },
          ]
        : []),
    ],
  });
}

/** Faults on the pods of the sample that started within the replayed time; masked ones are none of its pods'. */
function writeIncidents(from: string, lastTime: number): void {
  const lines = readFileSync(from, 'utf8').trim().split('\n').slice(1);
  const incidents = lines.flatMap((line) => {
    const [start, end, fault = '', , target = ''] = line.split(',');
    if (target === 'held-out' || Number(start) < REPLAY_START || Number(start) > lastTime) return [];
    return [`${iso(Number(start))},${iso(Number(end))},${target},${fault}`];
  });
  writeFileSync(path.join(OUT, 'incidents.csv'), `${['start,end,entity,fault', ...incidents].join('\n')}\n`);
}

function iso(seconds: number): string {
  return new Date(seconds * 1_000).toISOString().replace('.000', '');
}
