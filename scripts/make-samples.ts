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
}

const OUT: string = path.join(import.meta.dirname, '..', 'samples', 'sockshop');
/** `net_in` and `net_out` repeat two other columns; the label goes to incidents.csv. */
const LEFT_OUT: readonly string[] = ['timestamp', 'net_in', 'net_out', 'label'];
const HOUR = 3_600;
const DAY: number = 24 * HOUR;
/** 2023-08-16T07:00Z, an hour into the test part, and a day on. */
const REPLAY_START = 1_692_169_200;
const REPLAY_END: number = REPLAY_START + DAY;

let metrics: readonly string[] = [];
const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: node scripts/make-samples.ts FOLDER');
rmSync(path.join(OUT, 'history'), { recursive: true, force: true });
rmSync(path.join(OUT, 'replay'), { recursive: true, force: true });
writeFiles('history', readPods(path.join(folder, 'pods', 'train')), DAY);
writeFiles(
  'replay',
  readPods(path.join(folder, 'pods', 'test')).filter(({ time }) => time >= REPLAY_START && time < REPLAY_END),
  HOUR,
);
writeIncidents(path.join(folder, 'incidents_pods.csv'));
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
    return { pod, time: read('timestamp'), values: kept.map(read) };
  });
}

/** One file per `length` seconds of the clock, named for its first hour or day. */
function writeFiles(kind: string, rows: readonly PodRow[], length: number): void {
  mkdirSync(path.join(OUT, kind), { recursive: true });
  for (const [slot, part] of Map.groupBy(rows, ({ time }) => Math.floor(time / length))) {
    const start = new Date(slot * length * 1_000).toISOString();
    const name = length === DAY ? start.slice(0, 10) : `${start.slice(0, 13)}Z`;
    writeFileSync(path.join(OUT, kind, `${name}.parquet`), encode(part));
  }
}

function encode(rows: readonly PodRow[]): Uint8Array {
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
    ],
  });
}

/** Faults on the pods of the sample, within the replayed time; masked ones are none of its pods'. */
function writeIncidents(from: string): void {
  const lines = readFileSync(from, 'utf8').trim().split('\n').slice(1);
  const incidents = lines.flatMap((line) => {
    const [start, end, fault = '', , target = ''] = line.split(',');
    if (target === 'held-out' || Number(start) < REPLAY_START || Number(start) >= REPLAY_END) return [];
    return [`${iso(Number(start))},${iso(Number(end))},${target},${fault}`];
  });
  writeFileSync(path.join(OUT, 'incidents.csv'), `${['start,end,entity,fault', ...incidents].join('\n')}\n`);
}

function iso(seconds: number): string {
  return new Date(seconds * 1_000).toISOString().replace('.000', '');
}
