/**
 * It is known that nobody has a metric only while all entities come in the same files. If entities turn out to have files
 * of their own, rows that were counted for everyone become those of the entities that were there.
 */
import type { MissedRows } from './contract.ts';
import type { Walk } from './walk-state.ts';

/** Marks what an entity lacks as everyone does: no row of it is the entity's own. */
export function lackAsEveryone(missing: Map<string, MissedRows>, metric: string, time: number): void {
  if (!missing.has(metric)) missing.set(metric, { since: time, rows: 0 });
}

/**
 * Call it once there is more than one group. A silence of everyone goes on, without a message, as that of one entity that
 * lacks its metrics. If no entity can take it over, people are told that it is over.
 */
export function partEveryone({ rules, open, everyone, entities }: Walk): void {
  for (const { heard, missing } of entities.values())
    for (const [metric, counted] of everyone) {
      const own = missing.get(metric);
      if (own !== undefined) missing.set(metric, addRows(own, counted, { heard, step: rules.step }));
    }
  everyone.clear();
  const silence = open.find('metric', '');
  if (silence === undefined) return;
  const heir = findHeir(entities, silence.metrics, (entity) => open.find('metric', entity) === undefined);
  if (heir === undefined) open.close('metric', '', { end: silence.last + rules.step, state: 'settled' });
  else {
    const { missing } = entities.get(heir)!;
    open.handOver('metric', '', {
      to: heir,
      metrics: silence.metrics.filter((metric) => isCounted(missing, metric)),
    });
  }
}

/** Rows in which the entity was heard: it may have come later than the silence began, or ended before. */
function addRows(
  own: MissedRows,
  counted: MissedRows,
  { heard, step }: { readonly heard: number; readonly step: number },
): MissedRows {
  const since = own.rows === 0 ? Math.max(own.since, counted.since) : Math.min(own.since, counted.since);
  const shared = Math.min(counted.rows, (heard - Math.max(since, counted.since)) / step + 1);
  return shared <= 0 ? own : { ...own, since, rows: own.rows + shared };
}

/** Heard last, lacking for longest, first by name: the same every time. */
function findHeir(
  entities: Walk['entities'],
  metrics: readonly string[],
  isFree: (entity: string) => boolean,
): string | undefined {
  const [first] = Array.from(entities, ([entity, { heard, missing }]) => {
    const since = metrics.flatMap((metric) => (isCounted(missing, metric) ? missing.get(metric)!.since : []));
    return { entity, heard, since: Math.min(...since) };
  })
    .filter(({ entity, since }) => since < Number.POSITIVE_INFINITY && isFree(entity))
    .sort((a, b) => b.heard - a.heard || a.since - b.since || (a.entity < b.entity ? -1 : 1));
  return first?.entity;
}

function isCounted(missing: ReadonlyMap<string, MissedRows>, metric: string): boolean {
  return (missing.get(metric)?.rows ?? 0) > 0;
}
