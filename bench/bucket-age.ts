/**
 * `npm run bench -- bucket-age`: requests to the bucket of one run of each job, by the bucket's age, by files with names of
 * their own, and by detectors. Counted over a bucket in memory, by the product's own jobs; what is old is put there without
 * being run.
 */
import { formatTable } from '../lib/cli/table.ts';
import { countRequests, type Requests } from '../lib/store/count-requests.ts';
import { type BusyMinute, countBusyMinutes } from './bucket-age/busy-minute.ts';
import { openAged, openDropped, openFleet, type World } from './bucket-age/worlds.ts';
import type { Study } from './study.ts';

/** Days. */
const AGES = [0, 100, 400] as const;
const FILES = [10, 1_000, 10_000] as const;
const DETECTORS = [1, 100, 1_000] as const;
const DUE_AT_ONCE = [100, 600, 1_000, 3_000] as const;

interface Counted extends Requests {
  readonly bucket: string;
  readonly job: string;
}

export const reportBucketAge: Study = async (_data, say) => {
  const rows: Counted[] = [];
  for (const days of AGES) rows.push(...(await countWorld(`${days} days`, await openAged(days), say)));
  for (const files of FILES)
    rows.push(...(await countWorld(`${files} files`, await openDropped(files), say)));
  for (const detectors of DETECTORS)
    rows.push(...(await countWorld(`${detectors} detectors`, await openFleet(detectors), say)));
  const busy: BusyMinute[] = [];
  for (const detectors of DUE_AT_ONCE) busy.push(await countBusyMinutes(detectors));
  const minutes = formatTable([
    ['due at once', 'exported in the first minute', 'in all', 'minutes'],
    ...busy.map(({ detectors, first, exported, minutes }) =>
      [detectors, first, exported, minutes ?? 'not within 15'].map(String),
    ),
  ]);
  const table = formatTable([
    ['bucket', 'job', 'GET and HEAD', 'LIST', 'PUT and DELETE', 'all'],
    ...rows.map(({ bucket, job, reads, lists, writes }) =>
      [bucket, job, reads, lists, writes, reads + lists + writes].map(String),
    ),
  ]);
  return { text: `${table}\n\n${minutes}`, figures: { rows, busy } };
};

/** Each job once, in the order of its world. */
async function countWorld(
  bucket: string,
  { store, jobs }: World,
  say: (line: string) => void,
): Promise<readonly Counted[]> {
  const rows: Counted[] = [];
  for (const [job, { before, run }] of Object.entries(jobs)) {
    await before?.();
    rows.push({ bucket, job, ...(await countRequests(store, run)) });
  }
  say(bucket);
  return rows;
}
