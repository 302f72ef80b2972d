/**
 * Who has not been there for long enough to be known by itself. The first hours of a pod are its start, and of one time of day: what it
 * shows of a usual level is less than the older pods of its workload know.
 */
import { nameWorkload } from '../base/workload.ts';

/** Measured training rows that an entity, and each of its columns, needs before it is known by itself. */
export const MIN_ENTITY_ROWS = 64;
/** Ms that a pod needs, where an older one of its workload had them. */
const LEAST_LIFE = 4 * 3_600_000;

/** Of the rows that a training learns from. */
interface Life {
  rows: number;
  /** Epoch ms; Infinity and -Infinity where it has none. */
  first: number;
  last: number;
}

export interface EntityRows {
  readonly entities: readonly string[];
  readonly entityOf: Uint32Array;
  /** Epoch ms, one a row. */
  readonly times: Float64Array;
}

/** @param isUsed whether the training learns from a row @returns one an entity, in order */
export function listLives(
  { entities, entityOf, times }: EntityRows,
  isUsed: (row: number) => boolean,
): readonly Readonly<Life>[] {
  const lives = entities.map(
    (): Life => ({ rows: 0, first: Number.POSITIVE_INFINITY, last: Number.NEGATIVE_INFINITY }),
  );
  for (let row = 0; row < entityOf.length; row++) {
    if (!isUsed(row)) continue;
    const life = lives[entityOf[row]!]!;
    life.rows++;
    life.first = Math.min(life.first, times[row]!);
    life.last = Math.max(life.last, times[row]!);
  }
  return lives;
}

/**
 * @param isUsed whether the training learns from a row
 * @returns per entity 1 where it is not known by itself
 */
export function findBriefEntities(given: EntityRows, isUsed: (row: number) => boolean): Uint8Array {
  const { entities } = given;
  const lives = listLives(given, isUsed);
  const isOld = (entity: number): boolean => {
    const { rows, first, last } = lives[entity]!;
    return rows >= MIN_ENTITY_ROWS && last - first >= LEAST_LIFE;
  };
  const workloads = entities.map((name) => nameWorkload(name, []));
  const old = new Set(workloads.filter((_, entity) => isOld(entity)));
  return Uint8Array.from(lives, ({ rows }, entity) =>
    Number(rows < MIN_ENTITY_ROWS || (!isOld(entity) && old.has(workloads[entity]!))),
  );
}
