/**
 * Which Kubernetes workload a pod belongs to, told by its owner where the source knows that, and else by the pod's name alone: pods
 * come and go, the workload stays. Controllers name pods by fixed rules; where a name follows none of them, the entity stands
 * for itself.
 *
 * Random parts are of the letters and digits that k8s.io/apimachinery/pkg/util/rand takes: no vowels, no 0, 1 and 3.
 */
export type WorkloadKind = 'Deployment' | 'StatefulSet' | 'DaemonSet' | 'Job' | 'CronJob' | 'Static';

export interface Workload {
  /** Absent where the entity does not name one. */
  readonly namespace?: string | undefined;
  /** Without what tells its pods apart; the whole name where nothing does. */
  readonly name: string;
  /**
   * Absent where the name follows no rule. A Job's and a bare ReplicaSet's pods are named as a DaemonSet's are, and count
   * as those. An owner's kind may be any.
   */
  readonly kind?: WorkloadKind | Owner['kind'] | undefined;
}

/** What a pod belongs to by Kubernetes itself: the topmost that is known, such as the Deployment of its ReplicaSet. */
export interface Owner {
  /** As Kubernetes has it, such as `Rollout`. */
  readonly kind: string;
  readonly name: string;
}

/** Controllers of which pods' names tell no revision, and the cluster does. */
export const REVISED_KINDS = ['DaemonSet', 'StatefulSet'] as const;

/** What a controller asked its pods to be of, from some time on. */
export interface WorkloadRevision {
  /** As `nameWorkload` has it: "shop/web". */
  readonly workload: string;
  readonly kind: (typeof REVISED_KINDS)[number];
  /** Of a StatefulSet the hash of its revision, of a DaemonSet the generation of its specification. */
  readonly revision: string;
  /** Epoch ms of the first row at which it was the one; the window's first where it was so before. */
  readonly first: number;
}

/** Of a generated name: five random characters. */
const SUFFIX = '[bcdfghjklmnpqrstvwxz2456789]{5}';
/** Of a ReplicaSet: a 32-bit hash, each digit of it as one of those; up to Kubernetes 1.8 in decimal digits. */
const REPLICA_SET_HASH = '(?:[bcdfghjklmnpqrstvwxz2456789]{6,10}|\\d{8,10})';
/** Characters of a name that is cut to make room for the suffix: 63 in all. */
const LONGEST_NAME = 63;

/** Words of five such letters that people put at the end of a name. */
const WORDS: readonly string[] = [
  'https',
  'http2',
  'pgsql',
  'mssql',
  'dhcpd',
  'ldap2',
  'sshfs',
  'smtps',
  'grpcs',
  'x8664',
];

/** Pods that a kubelet runs from files: the component, and the node's name. */
const STATIC = /^(kube-apiserver|kube-controller-manager|kube-scheduler|kube-proxy|etcd)-(.+)$/;

const DEPLOYMENT = new RegExp(`^(.+)-(${REPLICA_SET_HASH})-${SUFFIX}$`);

/** First match wins: from what is told apart surely to what is told apart barely. */
const RULES: readonly { readonly kind: WorkloadKind; readonly pattern: RegExp }[] = [
  // Scheduled time: minutes since 1970 in 8 digits, seconds in 10 up to Kubernetes 1.20.
  { kind: 'CronJob', pattern: new RegExp(`^(.+)-(?:2\\d{7}|1[4-9]\\d{8})-${SUFFIX}$`) },
  { kind: 'Deployment', pattern: DEPLOYMENT },
  // An indexed Job has the index before its suffix.
  { kind: 'Job', pattern: new RegExp(`^(.+)-\\d{1,5}-${SUFFIX}$`) },
  { kind: 'StatefulSet', pattern: /^(.+)-\d{1,4}$/ },
  { kind: 'DaemonSet', pattern: new RegExp(`^(.+)-${SUFFIX}$`) },
];

/**
 * @param entity values of the entity's labels, joined by "/"
 * @param labels names of those labels; empty where nobody said what they are, as in dropped files: a last part but one is
 * then the namespace of a last part that is named as a pod
 * @param owner of the pod, where it is known: its name goes before the pod's
 */
export function workloadOf(entity: string, labels: readonly string[] = [], owner?: Owner): Workload {
  const parts = entity.split('/');
  // A value may hold a "/" itself: then nobody knows which part is which.
  const named = labels.length === parts.length;
  const labelled = (name: string): string | undefined => (named ? parts[labels.indexOf(name)] : undefined);
  const pod = labelled('pod');
  if (pod !== undefined) return { ...(owner ?? splitPodName(pod)), namespace: labelled('namespace') };
  if (named) return { name: entity, namespace: labelled('namespace') };
  const at = parts.findLastIndex((part) => splitPodName(part).kind !== undefined);
  if (at < 0) return { name: entity };
  return { ...splitPodName(parts[at]!), namespace: at > 0 ? parts[at - 1] : undefined };
}

/** Labels that hold the name of a pod. */
const POD_LABELS: readonly string[] = ['pod', 'pod_name', 'kubernetes_pod_name'];

/**
 * The entity with its workload in place of the pod: "shop/checkout" of "shop/checkout-6d4cf56db6-x2x4z", and the entity
 * itself where it is no pod. A number at the end is a StatefulSet's only where the labels say that it is a pod: by the
 * name alone it might be the first of two machines.
 * @param entity values of the entity's labels, joined by "/"
 * @param labels names of those labels; empty where nobody said what they are
 * @param owner of the pod, where it is known and the labels say which part the pod is
 */
export function nameWorkload(entity: string, labels: readonly string[], owner?: Owner): string {
  const parts = entity.split('/');
  const labelled = placeOfPod(parts, labels);
  if (labelled !== -1 && owner !== undefined) return parts.with(labelled, owner.name).join('/');
  const place = labelled === -1 ? parts.findLastIndex(isGenerated) : labelled;
  return place === -1 ? entity : parts.with(place, splitPodName(parts[place]!).name).join('/');
}

/**
 * The workload of a pod whose name is generated, as `nameWorkload` has it: such a pod never comes back by its name. Nor does a Job
 * whose own name is generated: "ci/build" of "ci/build-x7k2p-b7b8c".
 * @param labels as of `nameWorkload`
 * @returns undefined for every other entity
 */
export function workloadOfGenerated(entity: string, labels: readonly string[]): string | undefined {
  const parts = entity.split('/');
  const labelled = placeOfPod(parts, labels);
  const isPod = labelled === -1 ? parts.some(isGenerated) : isGenerated(parts[labelled]!);
  if (!isPod) return undefined;
  const workload = nameWorkload(entity, labels);
  return workloadOfGenerated(workload, labels) ?? workload;
}

/**
 * What stands in an entity around the generated name of its pod: "shop/" and "" of "shop/checkout-6d4cf56db6-x2x4z". Pods
 * that come after it have the same.
 * @returns undefined where no part of it is generated
 */
export function aroundGenerated(
  entity: string,
): { readonly before: string; readonly after: string } | undefined {
  const parts = entity.split('/');
  const place = parts.findLastIndex(isGenerated);
  if (place === -1) return undefined;
  return {
    before: parts
      .slice(0, place)
      .map((part) => `${part}/`)
      .join(''),
    after: parts
      .slice(place + 1)
      .map((part) => `/${part}`)
      .join(''),
  };
}

/** -1 where the labels do not say which part is the pod. */
function placeOfPod(parts: readonly string[], labels: readonly string[]): number {
  return parts.length === labels.length ? labels.findIndex((label) => POD_LABELS.includes(label)) : -1;
}

/** Those of a StatefulSet, and of a node, are given to the next pod again. */
function isGenerated(pod: string): boolean {
  const { kind } = splitPodName(pod);
  return kind !== undefined && kind !== 'StatefulSet' && kind !== 'Static';
}

/**
 * The hash of a Deployment's ReplicaSet, which is another one with each rollout: "6d4cf56db6" of
 * "shop/checkout-6d4cf56db6-x2x4z".
 * @param labels as of `nameWorkload`
 * @returns undefined where the entity is no pod of a Deployment, or its name was cut
 */
export function revisionOf(entity: string, labels: readonly string[]): string | undefined {
  const parts = entity.split('/');
  const labelled = placeOfPod(parts, labels);
  const pods = labelled === -1 ? parts.toReversed() : [parts[labelled]!];
  const pod = pods.find((part) => splitPodName(part).kind === 'Deployment');
  return pod === undefined ? undefined : DEPLOYMENT.exec(pod)?.[2];
}

function splitPodName(pod: string): Workload {
  const component = STATIC.exec(pod);
  if (component !== null && !new RegExp(`^${SUFFIX}$`).test(component[2]!))
    return { name: component[1]!, kind: 'Static' };
  for (const { kind, pattern } of RULES) {
    const name = pattern.exec(pod)?.[1];
    if (name === undefined) continue;
    if (kind === 'DaemonSet' && WORDS.includes(pod.slice(-5))) return { name: pod };
    return { name, kind };
  }
  // Of a name that was cut, the suffix follows without a dash, or after half a hash.
  if (pod.length === LONGEST_NAME && new RegExp(`${SUFFIX}$`).test(pod))
    return { name: pod.slice(0, -5).replace(/-[bcdfghjklmnpqrstvwxz2456789]{1,9}$/, ''), kind: 'Deployment' };
  return { name: pod };
}
