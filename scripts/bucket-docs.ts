/** The generated parts of docs/bucket.md: how long objects stay in a deployment's bucket, and what a file may have at most. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LONGEST_MANIFEST } from '../lib/config/manifest-yaml.ts';
import { mostBatchSamples } from '../lib/jobs/export/export-batch.ts';
import { MAX_SERIES } from '../lib/source/metric-source.ts';
import { mostBodyBytes } from '../lib/source/read-body.ts';
import { LONGEST_ENTITY } from '../lib/window/entity-names.ts';
import {
  MAX_COLUMNS,
  MAX_ENTITIES,
  MAX_FOOTER_BYTES,
  type WindowLimits,
  windowLimits,
} from '../lib/window/limits.ts';
import { FUTURE_TOLERANCE, WIDEST_HOLE } from '../lib/window/time-bounds.ts';
import { placePart } from './place-part.ts';

const SCRIPT = 'make-bucket-docs.ts';
const BUCKET = join(import.meta.dirname, '../infra/aws/bucket.yml');
const MIB = 2 ** 20;
const HOUR = 3_600_000;

/** MB of functions. */
const MEMORIES = [1_024, 2_048, 3_072, 10_240] as const;

type Environment = Readonly<Record<string, string>>;
/** By memory, as a process with that environment has them. */
const HELD: readonly (readonly [what: string, limit: (env: Environment) => string])[] = [
  ['a file', sayBytes('fileBytes')],
  ['what its footer says that it has once decompressed', sayBytes('uncompressedBytes')],
  ['a gzipped CSV file once unpacked', sayBytes('textBytes')],
  ['rows of a file', (env) => say(windowLimits(env).rows)],
  ['rows × columns', (env) => say(windowLimits(env).values)],
  [
    "entities × cells of the grid that a file's rows, or those of a training, reach over",
    (env) => say(windowLimits(env).gridRows),
  ],
  [
    'what the Parquet decoder of files of others takes',
    (env) => `${say(Math.floor(windowLimits(env).decoderPages / 16))} MiB`,
  ],
  ['an answer of Prometheus, unpacked', (env) => `${say(mostBodyBytes(env) / MIB)} MiB`],
  ['samples of an export that are asked for at a time', (env) => say(mostBatchSamples(env))],
];
/** Whatever the memory, with the reason. */
const FIXED: readonly (readonly [what: string, limit: string, why: string])[] = [
  [
    'entities',
    say(MAX_ENTITIES),
    "the detector's state has each of them, and is read and written with each window; [shards](#shards) are for more",
  ],
  ['series of an answer of Prometheus', say(MAX_SERIES), 'two for each entity'],
  ['columns', say(MAX_COLUMNS), 'time of features, checks and charts'],
  [
    'the footer of a Parquet file',
    `${MAX_FOOTER_BYTES / MIB} MiB`,
    'time: it is parsed before anything is known of the file',
  ],
  ["an entity's name", `${say(LONGEST_ENTITY)} characters`, 'keys and messages have it'],
  ["a row's time after the file's arrival", `${FUTURE_TOLERANCE / HOUR} hours`, 'clocks that are wrong'],
  ['a hole between groups of rows', `${WIDEST_HOLE / (24 * HOUR)} days`, 'clocks that are wrong'],
  ['a manifest', `${say(LONGEST_MANIFEST)} characters`, 'time of its parser'],
];

/** `text` with lifecycle and limits as they are. @throws Error where a mark is missing */
export function placeBucketDocs(text: string): string {
  const kept = placePart(text, { name: 'kept', script: SCRIPT }, table(['prefix', 'is deleted'], listKept()));
  const held = placePart(kept, { name: 'held', script: SCRIPT }, tableOfHeld());
  return placePart(held, { name: 'limits', script: SCRIPT }, table(['what', 'at most', 'for'], FIXED));
}

function tableOfHeld(): string {
  const environments = MEMORIES.map((mb) => ({ AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(mb) }));
  return table(
    ['at most', 'as deployed', ...MEMORIES.map((mb) => `${say(mb)} MB`)],
    HELD.map(([what, limit]) => [what, ...[{}, ...environments].map(limit)]),
  );
}

/** Of the lifecycle rules: prefixes whose objects are deleted by their age. */
function listKept(): readonly (readonly [string, string])[] {
  const rules = readFileSync(BUCKET, 'utf8').matchAll(/Prefix: (\S+)\n\s+ExpirationInDays: (\d+)/g);
  return [...rules].map(([, prefix, days]) => [`\`${prefix}\``, `after ${days} days`]);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function sayBytes(name: keyof WindowLimits): (env: Environment) => string {
  return (env) => `${say(windowLimits(env)[name] / MIB)} MiB`;
}

function say(count: number): string {
  return count.toLocaleString('en-US');
}
