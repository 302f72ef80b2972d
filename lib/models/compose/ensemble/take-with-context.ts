/** The part of a matrix that is needed to explain some of its rows. */
import type { FeatureMatrix } from '../../../features/feature-matrix.ts';
import { pickRows } from '../../../features/pick-rows.ts';
import { groupRows } from '../../framework/univariate/group-rows.ts';

/**
 * The rows asked for and those that their scores look back on: a score depends on no other entity and on no other row.
 * An outage opens an anomaly for each entity, and each is explained from a window of all.
 * @returns the part, and where in it the asked rows are, in the order asked
 */
export function takeWithContext(
  x: FeatureMatrix,
  asked: Uint32Array,
  contextRows: number,
): { readonly x: FeatureMatrix; readonly rows: Uint32Array } {
  const wanted = new Set(asked);
  const kept: number[] = [];
  for (const group of groupRows(x)) {
    let taken = 0;
    for (let at = 0; at < group.length; at++) {
      if (!wanted.has(group[at]!)) continue;
      for (let near = Math.max(taken, at - contextRows); near <= at; near++) kept.push(group[near]!);
      taken = at + 1;
    }
  }
  const rows = Uint32Array.from(kept).sort();
  const places = new Map(Array.from(rows, (row, place) => [row, place]));
  return {
    x: dropEmptyEntities(pickRows(x, rows)),
    rows: Uint32Array.from(asked, (row) => places.get(row)!),
  };
}

/** What is done for each entity is done for those that have rows. */
function dropEmptyEntities(x: FeatureMatrix): FeatureMatrix {
  const kept = [...new Set(x.entityOf)];
  const numbers = new Map(kept.map((entity, number) => [entity, number]));
  return {
    ...x,
    entities: kept.map((entity) => x.entities[entity]!),
    entityOf: x.entityOf.map((entity) => numbers.get(entity)!),
  };
}
