/**
 * Finds rollouts. Names of a Deployment's pods carry the hash of their ReplicaSet: if a known workload gets pods of a new hash, it is
 * rolled out, or back. Of a StatefulSet and a DaemonSet no name tells, and the source may know which revision was asked for. A
 * rollout is no anomaly by itself: people are told of it beside what went wrong. The state keeps workloads, not pods.
 */
import { nameWorkload, revisionOf, type WorkloadRevision } from '../base/workload.ts';
import type { MetricWindow } from '../window/window.ts';

/** Times are epoch ms. */
export interface Rollout {
  /** As `nameWorkload` has it: "shop/checkout". */
  readonly workload: string;
  /** Absent: a Deployment. */
  readonly kind?: WorkloadRevision['kind'] | undefined;
  /** First row of a pod of the new hash; of other kinds, at which the new revision was asked for. */
  readonly at: number;
  /** Hashes of the ReplicaSet that was there, and of the new one; of other kinds as `WorkloadRevision` has them. */
  readonly from: string;
  readonly to: string;
}

export interface RolloutState {
  /** Workload, with its kind before it where that is no Deployment → hash → its newest row. */
  readonly revisions: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Those of the last day, oldest first. */
  readonly recent: readonly Rollout[];
}

/**
 * Ms after which a hash that its workload lives on without is gone: what has it then is rolled back to it. Pods of two hashes
 * live side by side; of a revision that is asked for there is one at a time.
 */
const GONE_AFTER = 30 * 60_000;
/** Ms for which rollouts, and hashes that are gone, are remembered; and workloads that are not there. */
const REMEMBERED_FOR = 24 * 3_600_000;
const WORKLOAD_REMEMBERED_FOR = 7 * REMEMBERED_FOR;
/** Of a workload, and rollouts of all: more in a day are nothing that a person looks through. */
const MOST_REVISIONS = 8;
const MOST_ROLLOUTS = 50;

/** Epoch ms of its first and its last row. */
interface Stretch {
  readonly first: number;
  readonly last: number;
}

interface SeenWorkload extends Pick<Rollout, 'workload' | 'kind'> {
  readonly hashes: ReadonlyMap<string, Stretch>;
}

/**
 * @param labels of the entities
 * @returns `before` itself where the window tells of no revision
 */
export function followRollouts(
  window: Pick<MetricWindow, 'entities' | 'entityOf' | 'times' | 'range' | 'step' | 'revisions'>,
  labels: readonly string[],
  before: RolloutState | undefined,
): RolloutState | undefined {
  const seen: readonly SeenWorkload[] = [
    ...Array.from(findRevisions(window, labels), ([workload, hashes]) => ({ workload, hashes })),
    ...listAskedFor(window),
  ];
  if (seen.length === 0) return before;
  const revisions = new Map(Object.entries(before?.revisions ?? {}));
  const found: Rollout[] = [];
  for (const { workload, kind, hashes } of seen) {
    // No name has a space.
    const key = kind === undefined ? workload : `${kind} ${workload}`;
    const known = new Map(Object.entries(revisions.get(key) ?? {}));
    found.push(...findNew({ workload, kind, hashes }, known));
    for (const [hash, { last }] of hashes) known.set(hash, Math.max(last, known.get(hash) ?? last));
    revisions.set(key, Object.fromEntries(keepNewest(known)));
  }
  // A loop: a spread of more than 125,000 does not fit on the stack.
  let now = Number.NEGATIVE_INFINITY;
  for (const hashes of revisions.values()) now = Math.max(now, newestOf(Object.entries(hashes)));
  const recent = [...(before?.recent ?? []), ...found.sort((a, b) => a.at - b.at)];
  return {
    revisions: Object.fromEntries(
      [...revisions].filter(([, hashes]) => newestOf(Object.entries(hashes)) > now - WORKLOAD_REMEMBERED_FOR),
    ),
    recent: recent.filter(({ at }) => at > now - REMEMBERED_FOR).slice(-MOST_ROLLOUTS),
  };
}

function findNew(
  { workload, kind, hashes }: SeenWorkload,
  known: ReadonlyMap<string, number>,
): readonly Rollout[] {
  const newest = newestOf(known);
  const [latest] = [...known].find(([, time]) => time === newest) ?? [];
  if (latest === undefined) return [];
  const found: Rollout[] = [];
  for (const [hash, { first }] of hashes) {
    const goneBefore = kind === undefined ? newest - GONE_AFTER : newest;
    const isThere = hash === latest || (known.get(hash) ?? Number.NEGATIVE_INFINITY) > goneBefore;
    // Rows that come late tell nothing of what came when.
    if (isThere || first <= newest) continue;
    const from = kind === undefined ? latest : (found.at(-1)?.to ?? latest);
    found.push({ workload, ...(kind !== undefined && { kind }), at: first, from, to: hash });
  }
  return found;
}

/** Each until the next one of its workload, and the newest to the end of the window. */
function listAskedFor({
  revisions = [],
  range,
  step,
}: Parameters<typeof followRollouts>[0]): readonly SeenWorkload[] {
  const workloads = Map.groupBy(revisions, ({ kind, workload }) => `${kind} ${workload}`);
  return [...workloads.values()].map((own) => ({
    workload: own[0]!.workload,
    kind: own[0]!.kind,
    hashes: new Map(
      own.map(({ revision, first }, at): readonly [string, Stretch] => [
        revision,
        { first, last: (own[at + 1]?.first ?? range.end) - step },
      ]),
    ),
  }));
}

/** Workload → hash → its first and its last row, epoch ms. */
function findRevisions(
  { entities, entityOf, times }: Parameters<typeof followRollouts>[0],
  labels: readonly string[],
): ReadonlyMap<string, ReadonlyMap<string, Stretch>> {
  const first = new Float64Array(entities.length).fill(Number.POSITIVE_INFINITY);
  const last = new Float64Array(entities.length).fill(Number.NEGATIVE_INFINITY);
  for (const [row, time] of times.entries()) {
    const entity = entityOf[row]!;
    if (time < first[entity]!) first[entity] = time;
    if (time > last[entity]!) last[entity] = time;
  }
  const seen = new Map<string, Map<string, Stretch>>();
  for (const [entity, name] of entities.entries()) {
    const hash = revisionOf(name, labels);
    if (hash === undefined || first[entity] === Number.POSITIVE_INFINITY) continue;
    const workload = nameWorkload(name, labels);
    const hashes = seen.get(workload) ?? new Map<string, Stretch>();
    seen.set(workload, hashes);
    const own = hashes.get(hash);
    hashes.set(hash, {
      first: Math.min(first[entity]!, own?.first ?? Number.POSITIVE_INFINITY),
      last: Math.max(last[entity]!, own?.last ?? Number.NEGATIVE_INFINITY),
    });
  }
  return seen;
}

function newestOf(hashes: Iterable<readonly [string, number]>): number {
  let newest = Number.NEGATIVE_INFINITY;
  for (const [, time] of hashes) newest = Math.max(newest, time);
  return newest;
}

function keepNewest(hashes: ReadonlyMap<string, number>): readonly (readonly [string, number])[] {
  const newest = newestOf(hashes);
  return [...hashes]
    .filter(([, time]) => time > newest - REMEMBERED_FOR)
    .sort((a, b) => a[1] - b[1] || (a[0] < b[0] ? -1 : 1))
    .slice(-MOST_REVISIONS);
}
