/**
 * What pods belong to by Kubernetes itself, from kube-state-metrics: `kube_pod_owner`, and of what owns ReplicaSets and Jobs
 * `kube_replicaset_owner` and `kube_job_owner`; and which revisions of them were asked for. One query for all, of detectors
 * whose entities are pods.
 */
import { SourceError } from '../base/errors.ts';
import {
  nameWorkload,
  type Owner,
  REVISED_KINDS,
  type WorkloadRevision,
  workloadOf,
} from '../base/workload.ts';
import type { TimeRange } from '../window/time-range.ts';
import type { GridRange, MatrixSeries, MetricSource, Watched } from './metric-source.ts';

export interface PodOwners {
  /** By `keyOf` namespace and name. */
  readonly byPod: ReadonlyMap<string, Owner>;
  /** By kind, `keyOf` and revision: since when it was asked for, epoch ms. */
  readonly revisions: Readonly<
    Record<WorkloadRevision['kind'], ReadonlyMap<string, ReadonlyMap<string, number>>>
  >;
}

/** Ms that are looked back on at least: as long as Prometheus takes a sample to hold. */
const LEAST_LOOKBACK = 5 * 60_000;
/** What has no owner, as kube-state-metrics writes it; older ones leave the label empty. */
const NONE: readonly string[] = ['', '<none>'];

/**
 * A series for each revision. A StatefulSet's status names the one that is rolled out. Of a DaemonSet the hash stands in the labels of its
 * pods alone, which kube-state-metrics leaves out by default: the generation of its specification is told.
 */
const REVISIONS: readonly string[] = [
  'kube_statefulset_status_update_revision',
  'count_values by (namespace, daemonset) ("generation", kube_daemonset_metadata_generation)',
];

/** Whether entities with these labels are pods that the source may know owners of. */
export function areOwned(labels: readonly string[]): boolean {
  return placesOf(labels) !== undefined;
}

/**
 * Of all pods that were there within the range.
 * @param range.onRefused hears why revisions are not known where the source takes no such query: owners are asked for alone then
 * @returns undefined where the detector's entities are no pods, or the source knows no owners: it has no kube-state-metrics
 * @throws as `readRange` does
 */
export async function readPodOwners(
  source: MetricSource,
  detector: Watched,
  range: GridRange & { readonly onRefused: (reason: string) => void },
): Promise<PodOwners | undefined> {
  if (!areOwned(detector.entityLabels)) return undefined;
  const { start, end, step, signal } = range;
  const ask = async (queries: readonly string[]): Promise<readonly MatrixSeries[] | undefined> => {
    const metrics = [{ name: 'pod_owners', query: queries.join(' or ') }];
    const asked = source.forDetector({ ...detector, metrics });
    if (!asked.history) return undefined;
    const point = { start: end - step, end, step, ...(signal !== undefined && { signal }) };
    return (await asked.readRange(point))[0]?.series ?? [];
  };
  const seconds = Math.max(LEAST_LOOKBACK, end - start) / 1000;
  const owned = ['kube_pod_owner', 'kube_replicaset_owner', 'kube_job_owner'].map(
    (metric) => `last_over_time(${metric}[${Math.ceil(seconds)}s])`,
  );
  // Half a step less: whether a range has its first point in it differs with the release of Prometheus.
  const every = `${end - start - Math.floor(step / 2)}ms:${step}ms`;
  const revised = REVISIONS.map((each) => `min_over_time((0 * ${each} + time())[${every}])`);
  let series: readonly MatrixSeries[] | undefined;
  try {
    series = await ask([...owned, ...revised]);
  } catch (error) {
    if (!(error instanceof SourceError) || error.code !== 'query-rejected') throw error;
    series = await ask(owned);
    range.onRefused(error.message);
  }
  const byPod = resolveOwners(series ?? []);
  return byPod.size === 0 ? undefined : { byPod, revisions: findRevisions(series ?? []) };
}

/** The series are told apart by their labels: not every server keeps the name of what a function was applied to. */
function resolveOwners(series: readonly Pick<MatrixSeries, 'labels'>[]): PodOwners['byPod'] {
  const pods: (readonly [key: string, pod: string, labels: MatrixSeries['labels']])[] = [];
  const above = { ReplicaSet: new Map<string, Owner>(), Job: new Map<string, Owner>() };
  for (const { labels } of series) {
    // Of several owners one controls it.
    if (labels['owner_is_controller'] === 'false') continue;
    const { namespace = '', pod, replicaset, job_name: job } = labels;
    // First: a pod's series may bring labels of its scrape, such as its job.
    if (replicaset !== undefined && labels['owner_kind'] !== undefined)
      above.ReplicaSet.set(
        keyOf(namespace, replicaset),
        ownerIn(labels) ?? { kind: 'ReplicaSet', name: replicaset },
      );
    else if (job !== undefined && labels['owner_kind'] !== undefined)
      above.Job.set(keyOf(namespace, job), ownerIn(labels) ?? { kind: 'Job', name: job });
    else if (pod !== undefined && labels['owner_kind'] !== undefined)
      pods.push([keyOf(namespace, pod), pod, labels]);
  }
  return new Map(
    pods.flatMap(([key, pod, labels]): (readonly [string, Owner])[] => {
      const owner = ownerIn(labels) ?? { kind: 'Pod', name: pod };
      // Of static pods the node is no workload, and their names tell the component.
      if (owner.kind === 'Node') return [];
      if (owner.kind !== 'ReplicaSet' && owner.kind !== 'Job') return [[key, owner]];
      // Whose owner is not known: the name tells of a Deployment or a CronJob as well.
      const top = above[owner.kind].get(keyOf(labels['namespace'] ?? '', owner.name));
      return top === undefined ? [] : [[key, top]];
    }),
  );
}

function findRevisions(series: readonly Pick<MatrixSeries, 'labels' | 'values'>[]): PodOwners['revisions'] {
  const found = {
    DaemonSet: new Map<string, Map<string, number>>(),
    StatefulSet: new Map<string, Map<string, number>>(),
  };
  for (const { labels, values } of series) {
    const { namespace = '', statefulset, daemonset, revision, generation } = labels;
    const name = statefulset ?? daemonset;
    const told = statefulset === undefined ? generation : revision;
    const first = Math.round((values[0] ?? Number.NaN) * 1000);
    if (name === undefined || told === undefined || Number.isNaN(first)) continue;
    const all = found[statefulset === undefined ? 'DaemonSet' : 'StatefulSet'];
    const own = all.get(keyOf(namespace, name)) ?? new Map<string, number>();
    all.set(keyOf(namespace, name), own);
    // Of a StatefulSet it is the name of its ControllerRevision: "web-6d4cf56db6".
    const hash = told.startsWith(`${name}-`) ? told.slice(name.length + 1) : told;
    // Of several kube-state-metrics, after each other or side by side.
    own.set(hash, Math.min(first, own.get(hash) ?? first));
  }
  return found;
}

/** Undefined where there is none. */
function ownerIn(labels: MatrixSeries['labels']): Owner | undefined {
  const { owner_kind: kind = '', owner_name: name = '' } = labels;
  return NONE.includes(kind) || NONE.includes(name) ? undefined : { kind, name };
}

/** @returns by entity, the owners that the pods' names tell otherwise or not at all */
export function ownersOfEntities(
  entities: readonly string[],
  labels: readonly string[],
  { byPod }: Pick<PodOwners, 'byPod'>,
): ReadonlyMap<string, Owner> {
  const found = new Map<string, Owner>();
  for (const { entity, pod, owner } of listOwned(entities, labels, byPod))
    if (workloadOf(pod, ['pod']).name !== owner.name) found.set(entity, owner);
  return found;
}

/**
 * Of the workloads of these entities. Where several revisions are there from the first row on, they are of several workloads that
 * share their name, as where one source has several clusters: none is told.
 * @param within.range those that were asked for in it, of all that the source was asked about at once
 * @returns ascending by time
 */
export function revisionsOfEntities(
  within: { readonly entities: readonly string[]; readonly range: TimeRange },
  labels: readonly string[],
  { byPod, revisions }: PodOwners,
): readonly WorkloadRevision[] {
  const found = new Map<string, readonly WorkloadRevision[]>();
  const { entities, range } = within;
  for (const { entity, namespace, owner } of listOwned(entities, labels, byPod)) {
    const kind = REVISED_KINDS.find((known) => known === owner.kind);
    const own = kind === undefined ? undefined : revisions[kind].get(keyOf(namespace, owner.name));
    if (kind === undefined || own === undefined) continue;
    const workload = nameWorkload(entity, labels, owner);
    const sorted = [...own].sort((a, b) => a[1] - b[1]);
    if (sorted[0]![1] === sorted[1]?.[1]) continue;
    found.set(
      `${kind} ${workload}`,
      sorted.flatMap(([revision, first], at) =>
        first < range.end && (sorted[at + 1]?.[1] ?? range.end) > range.start
          ? [{ workload, kind, revision, first: Math.max(first, range.start) }]
          : [],
      ),
    );
  }
  return [...found.values()].flat().sort((a, b) => a.first - b.first);
}

interface Owned {
  readonly entity: string;
  readonly namespace: string;
  readonly pod: string;
  readonly owner: Owner;
}

function* listOwned(
  entities: readonly string[],
  labels: readonly string[],
  byPod: PodOwners['byPod'],
): Iterable<Owned> {
  const places = placesOf(labels);
  if (places === undefined) return;
  for (const entity of entities) {
    const parts = entity.split('/');
    // A value may hold a "/" itself: then nobody knows which part is which.
    if (parts.length !== labels.length) continue;
    const [namespace, pod] = [parts[places.namespace]!, parts[places.pod]!];
    const owner = byPod.get(keyOf(namespace, pod));
    if (owner !== undefined) yield { entity, namespace, pod, owner };
  }
}

/** Undefined where the labels do not tell both: a pod's name is unique in its namespace alone. */
function placesOf(
  labels: readonly string[],
): { readonly namespace: number; readonly pod: number } | undefined {
  const [namespace, pod] = [labels.indexOf('namespace'), labels.indexOf('pod')];
  return namespace === -1 || pod === -1 ? undefined : { namespace, pod };
}

function keyOf(namespace: string, name: string): string {
  // Neither may hold one.
  return `${namespace}/${name}`;
}
