/**
 * What pods belong to by Kubernetes itself, from kube-state-metrics: `kube_pod_owner`, and of what owns ReplicaSets and Jobs
 * `kube_replicaset_owner` and `kube_job_owner`. One query for all, of detectors whose entities are pods.
 */
import { type Owner, workloadOf } from '../base/workload.ts';
import type { GridRange, MatrixSeries, MetricSource, Watched } from './metric-source.ts';

/** By `keyOf` namespace and name. */
export type PodOwners = ReadonlyMap<string, Owner>;

/** Ms that are looked back on at least: as long as Prometheus takes a sample to hold. */
const LEAST_LOOKBACK = 5 * 60_000;
/** What has no owner, as kube-state-metrics writes it; older ones leave the label empty. */
const NONE: readonly string[] = ['', '<none>'];

/** Whether entities with these labels are pods that the source may know owners of. */
export function areOwned(labels: readonly string[]): boolean {
  return placesOf(labels) !== undefined;
}

/**
 * Of all pods that were there within the range.
 * @returns undefined where the detector's entities are no pods, or the source knows no owners: it has no kube-state-metrics
 * @throws as `readRange` does
 */
export async function readPodOwners(
  source: MetricSource,
  detector: Watched,
  { start, end, step, signal }: GridRange,
): Promise<PodOwners | undefined> {
  if (!areOwned(detector.entityLabels)) return undefined;
  const seconds = Math.max(LEAST_LOOKBACK, end - start) / 1000;
  const query = ['kube_pod_owner', 'kube_replicaset_owner', 'kube_job_owner']
    .map((metric) => `last_over_time(${metric}[${Math.ceil(seconds)}s])`)
    .join(' or ');
  const asked = source.forDetector({ ...detector, metrics: [{ name: 'pod_owners', query }] });
  if (!asked.history) return undefined;
  const [matrix] = await asked.readRange({
    start: end - step,
    end,
    step,
    ...(signal !== undefined && { signal }),
  });
  const owners = resolveOwners(matrix?.series ?? []);
  return owners.size === 0 ? undefined : owners;
}

/** The series are told apart by their labels: not every server keeps the name of what a function was applied to. */
function resolveOwners(series: readonly Pick<MatrixSeries, 'labels'>[]): PodOwners {
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

/** Undefined where there is none. */
function ownerIn(labels: MatrixSeries['labels']): Owner | undefined {
  const { owner_kind: kind = '', owner_name: name = '' } = labels;
  return NONE.includes(kind) || NONE.includes(name) ? undefined : { kind, name };
}

/** @returns by entity, the owners that the pods' names tell otherwise or not at all */
export function ownersOfEntities(
  entities: readonly string[],
  labels: readonly string[],
  owners: PodOwners,
): ReadonlyMap<string, Owner> {
  const places = placesOf(labels);
  const found = new Map<string, Owner>();
  if (places === undefined) return found;
  for (const entity of entities) {
    const parts = entity.split('/');
    // A value may hold a "/" itself: then nobody knows which part is which.
    if (parts.length !== labels.length) continue;
    const owner = owners.get(keyOf(parts[places.namespace]!, parts[places.pod]!));
    if (owner !== undefined && workloadOf(parts[places.pod]!, ['pod']).name !== owner.name)
      found.set(entity, owner);
  }
  return found;
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
