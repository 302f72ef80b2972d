/** The buckets of test/fixtures/buckets/: as a release left them, and as a later one than this would. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { hashPlan } from '../../lib/features/plan.ts';
import type { JsonValue } from '../../lib/models/framework/contract.ts';
import { checkpointKey, rangeOfWindowKey, trainingProgressKey } from '../../lib/store/keys.ts';
import { describeFile } from '../../lib/store/stored-file.ts';
import { readWindowFile } from '../../lib/window/read-file.ts';
import { writeColumns } from '../../lib/window/write-window.ts';
import { ADDED, addMembers } from './later-release.ts';
import { createMemoryObjectStore, type MemoryObjectStore } from './memory-object-store.ts';

/** Of the buckets. */
export const DETECTOR = 'shop';
/** Rows of the fixtures lie before it, epoch ms. */
export const NOW: number = Date.UTC(2026, 10, 3);
export const FOLDER: URL = new URL('../fixtures/buckets/', import.meta.url);
export const RELEASES: readonly string[] = readdirSync(FOLDER);

/** Members whose own members are named by what is watched, not by the format. */
const MAPS = [
  'entities',
  'learning',
  'worst',
  'files',
  'checkpoint',
  'params',
  'json',
  'groups',
  'units',
  'everyone',
  'missing',
  'alerts',
  'anomalies',
  'taken',
  'versions',
  'rows',
  'levels',
  'endedPods',
  'podOwners',
  'cleared',
  // By workload, of which the fixtures have this one, and then by revision.
  'revisions',
  'shop/checkout',
];

type Members = Readonly<Record<string, JsonValue>>;
type Sums = Readonly<Record<string, { readonly sha256: string }>>;

/** Keys, ascending. */
export function listObjects(release: string): readonly string[] {
  const folder = new URL(`${release}/`, FOLDER);
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => statSync(new URL(path, folder)).isFile())
    .sort();
}

export async function openBucket(release: string): Promise<MemoryObjectStore> {
  const bucket = createMemoryObjectStore({ now: () => NOW });
  for (const key of listObjects(release))
    await bucket.put(key, readFileSync(new URL(`${release}/${key}`, FOLDER)));
  return bucket;
}

/** With a member that no release has in every object of JSON and in windows' metadata, and with the sums of what that gives. */
export async function openLaterBucket(release: string): Promise<MemoryObjectStore> {
  const bucket = await openBucket(release);
  for (const key of listObjects(release)) {
    if (/^windows\/.*Z\.parquet$/.test(key))
      await bucket.put(key, await widenWindow((await bucket.get(key)).body, key));
    else if (key.endsWith('/features.json'))
      await bucket.put(key, encodeMembers(widenFeatures(readMembers(bucket, key))));
    else if (key.endsWith('.json'))
      await bucket.put(key, encodeMembers(addMembers(readMembers(bucket, key), MAPS)));
  }
  for (const key of listObjects(release)) if (key.endsWith('/manifest.json')) await mendManifest(bucket, key);
  await mendProgress(bucket);
  return bucket;
}

export function readMembers(bucket: MemoryObjectStore, key: string): Members {
  return JSON.parse(bucket.text(key) ?? '') as Members;
}

export function encodeMembers(value: JsonValue): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

/** How a column is computed is no place for what nobody knows; around it there is. */
function widenFeatures({ plan, ...state }: Members): JsonValue {
  const { columns, ...rest } = plan as Members;
  const later = (columns as readonly Members[]).map((column) => ({ ...column, [ADDED]: 1 }));
  return { ...(addMembers(state) as Members), plan: { ...rest, columns: later, [ADDED]: 1 } };
}

/** The same columns, and metadata that says more. */
async function widenWindow(body: Uint8Array, key: string): Promise<Uint8Array> {
  const range = rangeOfWindowKey(key)!;
  const window = await readWindowFile(body, { detector: DETECTOR, source: key, range });
  const metadata = {
    formatVersion: 1,
    detector: DETECTOR,
    start: new Date(range.start).toISOString(),
    end: new Date(range.end).toISOString(),
    step: window.step,
    manifestHash: 'any',
  };
  return writeColumns({
    columns: [
      { name: 'timestamp', type: 'timestamp', values: window.times },
      { name: 'entity', type: 'string', dictionary: window.entities, codes: window.entityOf },
      ...window.metrics.map((name, at) => ({ name, type: 'double' as const, values: window.columns[at]! })),
    ],
    metadata: { key: 'tidewatch', value: JSON.stringify(addMembers(metadata)) },
  });
}

async function mendManifest(bucket: MemoryObjectStore, key: string): Promise<void> {
  const manifest = readMembers(bucket, key);
  const folder = key.slice(0, key.lastIndexOf('/') + 1);
  const files: Record<string, JsonValue> = {};
  for (const [name, entry] of Object.entries(manifest['files'] as Sums))
    files[name] = { ...entry, ...describeFile((await bucket.get(`${folder}${name}`)).body) };
  const { plan } = readMembers(bucket, `${folder}features.json`);
  await bucket.put(key, encodeMembers({ ...manifest, files, featurePlanHash: hashPlan(plan as object) }));
}

/** The files of a checkpoint are named by their sums. */
async function mendProgress(bucket: MemoryObjectStore): Promise<void> {
  const key = trainingProgressKey(DETECTOR);
  const progress = readMembers(bucket, key);
  const version = String(progress['version']);
  const checkpoint: Record<string, JsonValue> = {};
  for (const [name, entry] of Object.entries(progress['checkpoint'] as Sums)) {
    const { body } = await bucket.get(checkpointKey(DETECTOR, version, { name, sha256: entry.sha256 }));
    const described = describeFile(body);
    await bucket.put(checkpointKey(DETECTOR, version, { name, sha256: described.sha256 }), body);
    checkpoint[name] = { ...entry, ...described };
  }
  await bucket.put(key, encodeMembers({ ...progress, checkpoint }));
}
