/**
 * What a job works on: a detector, or a shard of one that is too large for a function. A unit is called as the partitions of
 * its keys are: `payment`, or `payment/shard=3-of-8`. Everything that is kept by detector is kept by that name, so that a
 * detector of one unit has the keys that it always had.
 */
import { nameWorkload } from '../base/workload.ts';
import { isDetectorName } from './detector-name.ts';

/** One of the parts that a detector's entities are dealt out to. */
export interface Shard {
  /** From 1 to `of`. */
  readonly index: number;
  readonly of: number;
}

export interface WorkUnit {
  readonly detector: string;
  /** Absent: the whole detector. */
  readonly shard?: Shard | undefined;
}

/** More would be detectors of their own: each has a model, a state, and its own requests. */
export const MOST_SHARDS = 64;

/** As the partition is called, and so a column for whoever reads the bucket by partitions. */
export const SHARD_COLUMN = 'shard';

const SHARD = /^shard=([1-9]\d?)-of-([1-9]\d?)$/;
const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

export function nameUnit({ detector, shard }: WorkUnit): string {
  return shard === undefined ? detector : `${detector}/${nameShard(shard)}`;
}

/** As the partition has it: `shard=3-of-8`. */
export function nameShard({ index, of }: Shard): string {
  return `shard=${index}-of-${of}`;
}

/** Of a detector as a job has loaded it. */
export function unitOf({
  name,
  shard,
}: {
  readonly name: string;
  readonly shard?: Shard | undefined;
}): string {
  return nameUnit({ detector: name, shard });
}

/** Undefined where the text names none. */
export function parseUnit(text: string): WorkUnit | undefined {
  const slash = text.indexOf('/');
  const detector = slash === -1 ? text : text.slice(0, slash);
  if (!isDetectorName(detector)) return undefined;
  if (slash === -1) return { detector };
  const shard = parseShard(text.slice(slash + 1));
  return shard && { detector, shard };
}

/** Of `shard=3-of-8`; undefined where it names none. */
function parseShard(partition: string): Shard | undefined {
  const match = SHARD.exec(partition);
  if (match === null) return undefined;
  const [index, of] = [Number(match[1]), Number(match[2])];
  return index <= of && of <= MOST_SHARDS ? { index, of } : undefined;
}

/** The name of a unit's detector, for people and for what is counted by detector. */
export function detectorOfUnit(unit: string): string {
  const slash = unit.indexOf('/');
  return slash === -1 ? unit : unit.slice(0, slash);
}

/** Units of a detector of so many shards. */
export function listUnits(detector: string, shards: number): readonly string[] {
  if (shards === 1) return [detector];
  return Array.from({ length: shards }, (_, i) =>
    nameUnit({ detector, shard: { index: i + 1, of: shards } }),
  );
}

/**
 * Which of so many shards an entity is in, from 1: always the same one, together with its whole workload. The workload is
 * that which the name tells, whatever else is known of it: what is learned later would move it.
 * @param labels names of the entity's labels, as of `nameWorkload`
 */
export function shardOfEntity(
  entity: string,
  { labels, shards }: { readonly labels: readonly string[]; readonly shards: number },
): number {
  return (mix(hashText(nameWorkload(entity, labels))) % shards) + 1;
}

/** Whether a job for a detector, as it was loaded for it, is about the entity. */
export function isOfUnit(
  {
    shard,
    entityLabels: labels,
  }: { readonly shard?: Shard | undefined; readonly entityLabels: readonly string[] },
  entity: string,
): boolean {
  return shard === undefined || shardOfEntity(entity, { labels, shards: shard.of }) === shard.index;
}

/** FNV-1a of 32 bits over UTF-8: http://www.isthe.com/chongo/tech/comp/fnv/ */
export function hashText(text: string): number {
  let hash = FNV_OFFSET;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, FNV_PRIME);
  return hash >>> 0;
}

/**
 * The end of MurmurHash3 (https://github.com/aappleby/smhasher, fmix32): the lowest bit of FNV-1a is but the parity of
 * those of the bytes, and the rest of a division takes little else.
 */
function mix(hash: number): number {
  let mixed = hash;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
