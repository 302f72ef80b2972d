/**
 * Who has not been there for long enough to be known by itself. The first hours of a pod are its start, and of one time of day: what it
 * shows of a usual level is less than the older pods of its workload know.
 */
import { nameWorkload } from '../base/workload.ts';

/** Measured training rows that an entity, and each of its columns, needs before it is known by itself. */
export const MIN_ENTITY_ROWS = 64;
/** Ms that a pod needs, where an older one of its workload had them. */
const LEAST_LIFE = 4 * 3_600_000;

/**
 * @param given.times epoch ms, one a row
 * @param isUsed whether the training learns from a row
 * @returns per entity 1 where it is not known by itself
 */
export function findBriefEntities(
  given: {
    readonly entities: readonly string[];
    readonly entityOf: Uint32Array;
    readonly times: Float64Array;
  },
  isUsed: (row: number) => boolean,
): Uint8Array {
  const { entities, entityOf, times } = given;
  const counts = new Uint32Array(entities.length);
  const first = new Float64Array(entities.length).fill(Number.POSITIVE_INFINITY);
  const last = new Float64Array(entities.length).fill(Number.NEGATIVE_INFINITY);
  for (let row = 0; row < entityOf.length; row++) {
    if (!isUsed(row)) continue;
    const entity = entityOf[row]!;
    counts[entity]! += 1;
    first[entity] = Math.min(first[entity]!, times[row]!);
    last[entity] = Math.max(last[entity]!, times[row]!);
  }
  const isOld = (entity: number): boolean =>
    counts[entity]! >= MIN_ENTITY_ROWS && last[entity]! - first[entity]! >= LEAST_LIFE;
  const workloads = entities.map((name) => nameWorkload(name, []));
  const old = new Set(workloads.filter((_, entity) => isOld(entity)));
  return Uint8Array.from(entities, (_, entity) =>
    Number(counts[entity]! < MIN_ENTITY_ROWS || (!isOld(entity) && old.has(workloads[entity]!))),
  );
}
