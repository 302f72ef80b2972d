/** The generated parts of docs/bucket.md: how long objects stay in a deployment's bucket, and what a file may have at most. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LONGEST_MANIFEST } from '../lib/config/manifest-yaml.ts';
import { LONGEST_ENTITY } from '../lib/window/entity-names.ts';
import {
  MAX_COLUMNS,
  MAX_ENTITIES,
  MAX_FILE_BYTES,
  MAX_FOOTER_BYTES,
  MAX_GRID_ROWS,
  MAX_ROWS,
  MAX_TEXT_BYTES,
  MAX_UNCOMPRESSED_BYTES,
  MAX_VALUES,
} from '../lib/window/limits.ts';
import { FUTURE_TOLERANCE, WIDEST_HOLE } from '../lib/window/time-bounds.ts';
import { placePart } from './place-part.ts';

const SCRIPT = 'make-bucket-docs.ts';
const BUCKET = join(import.meta.dirname, '../infra/aws/bucket.yml');
const MIB = 2 ** 20;
const HOUR = 3_600_000;

const LIMITS: readonly (readonly [what: string, limit: string])[] = [
  ['a file', `${MAX_FILE_BYTES / MIB} MiB`],
  ['what its footer says that it has once decompressed', `${MAX_UNCOMPRESSED_BYTES / MIB} MiB`],
  ['a gzipped CSV file once unpacked', `${MAX_TEXT_BYTES / MIB} MiB`],
  ['the footer of a Parquet file', `${MAX_FOOTER_BYTES / MIB} MiB`],
  ['rows of a file', say(MAX_ROWS)],
  ['columns', say(MAX_COLUMNS)],
  ['rows × columns', say(MAX_VALUES)],
  ['entities', say(MAX_ENTITIES)],
  ["entities × cells of the grid that a file's rows reach over", say(MAX_GRID_ROWS)],
  ["an entity's name", `${say(LONGEST_ENTITY)} characters`],
  ["a row's time after the file's arrival", `${FUTURE_TOLERANCE / HOUR} hours`],
  ['a hole between groups of rows', `${WIDEST_HOLE / (24 * HOUR)} days`],
  ['a manifest', `${say(LONGEST_MANIFEST)} characters`],
];

/** `text` with lifecycle and limits as they are. @throws Error where a mark is missing */
export function placeBucketDocs(text: string): string {
  const kept = placePart(text, { name: 'kept', script: SCRIPT }, table(['prefix', 'is deleted'], listKept()));
  return placePart(kept, { name: 'limits', script: SCRIPT }, table(['what', 'at most'], LIMITS));
}

/** Of the lifecycle rules: prefixes whose objects are deleted by their age. */
function listKept(): readonly (readonly [string, string])[] {
  const rules = readFileSync(BUCKET, 'utf8').matchAll(/Prefix: (\S+)\n\s+ExpirationInDays: (\d+)/g);
  return [...rules].map(([, prefix, days]) => [`\`${prefix}\``, `after ${days} days`]);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function say(count: number): string {
  return count.toLocaleString('en-US');
}
