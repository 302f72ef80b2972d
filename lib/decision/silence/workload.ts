/**
 * What a Kubernetes pod is one of: pods come and go by themselves, and nobody is woken for one. Told by the name, as
 * Kubernetes makes it up, so that it holds for data whose source says nothing else.
 */

/** https://github.com/kubernetes/apimachinery/blob/master/pkg/util/rand/rand.go: no vowels, and no 0, 1 or 3. */
const RANDOM = '[bcdfghjklmnpqrstvwxz2456789]';
/** The last part of every pod's name but a StatefulSet's… */
const POD = new RegExp(`^(.*[a-z0-9])-${RANDOM}{5}$`);
/** …behind the hash of a Deployment's template, or the minute that a CronJob's run is of. */
const GENERATION = new RegExp(`^(.*[a-z0-9])-(?:${RANDOM}{6,10}|\\d{8,10})$`);
/** Of a StatefulSet: NAME-0. By the name alone it might be the first of two machines. */
const NUMBERED_POD = /^(.*[a-z0-9])-\d+$/;
/** Labels that hold the name of a pod. */
const POD_LABELS: readonly string[] = ['pod', 'pod_name', 'kubernetes_pod_name'];

/**
 * @param entity labels' values, joined by "/"
 * @param labels the names of those labels, where they are known
 * @returns "shop/checkout" of "shop/checkout-6d4cf56db6-x2x4z"; the entity itself where it is no pod
 */
export function workloadOf(entity: string, labels: readonly string[]): string {
  const parts = entity.split('/');
  const known = parts.length === labels.length ? labels.findIndex((label) => POD_LABELS.includes(label)) : -1;
  const place = known === -1 ? parts.findLastIndex((part) => POD.test(part)) : known;
  if (place === -1) return entity;
  const name = parts[place]!;
  const stem = POD.exec(name)?.[1];
  const workload =
    stem === undefined ? known !== -1 && NUMBERED_POD.exec(name)?.[1] : (GENERATION.exec(stem)?.[1] ?? stem);
  return workload ? parts.with(place, workload).join('/') : entity;
}
