/** What a source gave, by shards: all series of a workload go to the same one. */
import { shardOfEntity } from '../../config/work-unit.ts';
import type { EntityMatrix } from '../../source/series-to-window.ts';

type Dealt = readonly (readonly EntityMatrix[])[];

/** By the batch, of which many windows are cut. */
const dealt = new WeakMap<readonly EntityMatrix[], Dealt>();

/** For each shard every metric, be it of nobody. @param given.labels that name the entities */
export function dealOut(
  matrices: readonly EntityMatrix[],
  given: { readonly labels: readonly string[]; readonly shards: number },
): Dealt {
  const known = dealt.get(matrices);
  if (known?.length === given.shards) return known;
  const shardOf = new Map<string, number>();
  const parts = Array.from({ length: given.shards }, (): EntityMatrix[] => []);
  for (const { name, byEntity } of matrices) {
    const own = parts.map(() => new Map<string, NonNullable<ReturnType<typeof byEntity.get>>>());
    for (const [entity, series] of byEntity) {
      const shard = shardOf.get(entity) ?? shardOfEntity(entity, given);
      shardOf.set(entity, shard);
      own[shard - 1]!.set(entity, series);
    }
    for (const [i, part] of parts.entries()) part.push({ name, byEntity: own[i]! });
  }
  dealt.set(matrices, parts);
  return parts;
}
