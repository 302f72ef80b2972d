/** Owners of pods as kube-state-metrics tells them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SourceError } from '../../../lib/base/errors.ts';
import type { Watched } from '../../../lib/source/metric-source.ts';
import { ownersOfEntities, readPodOwners, revisionsOfEntities } from '../../../lib/source/pod-owners.ts';
import { createQuerySource, type RangeQuery } from '../../../lib/source/query-source.ts';

const MINUTE = 60_000;
const RANGE = { start: 0, end: 15 * MINUTE, step: MINUTE };
const LABELS = ['namespace', 'pod'];
const DETECTOR: Watched = { name: 'shop', entityLabels: LABELS, metrics: [{ name: 'cpu', query: 'cpu' }] };

type Labels = Readonly<Record<string, string>>;

async function ownersOf(series: readonly Labels[], detector = DETECTOR, readValue = (_: Labels) => 1) {
  const asked: RangeQuery[] = [];
  const source = createQuerySource('a cluster', async (query) => {
    asked.push(query);
    return series.map((labels) => ({
      labels,
      times: Float64Array.of(query.start),
      values: Float64Array.of(readValue(labels)),
    }));
  });
  const owners = await readPodOwners(source, detector, { ...RANGE, onRefused: assert.fail });
  return { owners, asked };
}

const pod = (name: string, kind: string, owner: string, over: Labels = {}): Labels => ({
  namespace: 'shop',
  pod: name,
  owner_kind: kind,
  owner_name: owner,
  owner_is_controller: 'true',
  ...over,
});
const replicaSet = (name: string, kind: string, owner: string): Labels => ({
  namespace: 'shop',
  replicaset: name,
  owner_kind: kind,
  owner_name: owner,
  // As a scrape adds them where the series has none of its own.
  pod: 'kube-state-metrics-5ff676694b-fzj9z',
  job: 'kube-state-metrics',
});

test('one query asks of all pods that were there within the range', async () => {
  const { asked } = await ownersOf([]);
  assert.equal(asked.length, 1);
  const { query, start, end, step } = asked[0]!;
  assert.deepEqual([start, end, step], [14 * MINUTE, 15 * MINUTE, MINUTE]);
  assert.equal(
    query,
    'last_over_time(kube_pod_owner[900s]) or last_over_time(kube_replicaset_owner[900s]) or last_over_time(kube_job_owner[900s])' +
      ' or min_over_time((0 * kube_statefulset_status_update_revision + time())[870000ms:60000ms])' +
      ' or min_over_time((0 * count_values by (namespace, daemonset) ("generation", kube_daemonset_metadata_generation) + time())[870000ms:60000ms])',
  );
});

test('a pod is of what owns its ReplicaSet or its Job, and else of its own owner', async () => {
  const { owners } = await ownersOf([
    pod('web-abc-x', 'ReplicaSet', 'web-abc'),
    replicaSet('web-abc', 'Rollout', 'web'),
    pod('bare-abc-x', 'ReplicaSet', 'bare-abc'),
    replicaSet('bare-abc', '<none>', '<none>'),
    pod('backup-1-x', 'Job', 'backup-1'),
    { namespace: 'shop', job_name: 'backup-1', owner_kind: 'CronJob', owner_name: 'backup' },
    pod('once-x', 'Job', 'once'),
    { namespace: 'shop', job_name: 'once', owner_kind: '', owner_name: '' },
    pod('db-0', 'StatefulSet', 'db'),
    pod('engine-blue', 'Engine', 'engine'),
    pod('alone-0', '<none>', '<none>'),
  ]);
  assert.deepEqual(Object.fromEntries(owners!.byPod), {
    'shop/web-abc-x': { kind: 'Rollout', name: 'web' },
    'shop/bare-abc-x': { kind: 'ReplicaSet', name: 'bare-abc' },
    'shop/backup-1-x': { kind: 'CronJob', name: 'backup' },
    'shop/once-x': { kind: 'Job', name: 'once' },
    'shop/db-0': { kind: 'StatefulSet', name: 'db' },
    'shop/engine-blue': { kind: 'Engine', name: 'engine' },
    'shop/alone-0': { kind: 'Pod', name: 'alone-0' },
  });
});

test('where the owner above is not known, of a node, and of who does not control it nothing is said', async () => {
  const { owners } = await ownersOf([
    pod('web-abc-x', 'ReplicaSet', 'web-abc'),
    pod('backup-1-x', 'Job', 'backup-1'),
    pod('etcd-node-1', 'Node', 'node-1'),
    pod('two', 'Engine', 'engine'),
    pod('two', 'Watcher', 'watcher', { owner_is_controller: 'false' }),
    { namespace: 'shop', pod: 'cpu of another metric' },
    replicaSet('of-another', 'Deployment', 'another'),
  ]);
  assert.deepEqual(Object.fromEntries(owners!.byPod), { 'shop/two': { kind: 'Engine', name: 'engine' } });
});

test('a ReplicaSet of the same name in another namespace owns nothing here', async () => {
  const { owners } = await ownersOf([
    pod('web-abc-x', 'ReplicaSet', 'web-abc'),
    { ...replicaSet('web-abc', 'Deployment', 'web'), namespace: 'other' },
    pod('db-0', 'StatefulSet', 'db'),
  ]);
  assert.deepEqual([...owners!.byPod.keys()], ['shop/db-0']);
});

test('nobody is asked for entities that are no pods by their namespace, and without kube-state-metrics nobody knows', async () => {
  for (const entityLabels of [[], ['pod'], ['namespace'], ['namespace', 'service']]) {
    const { owners, asked } = await ownersOf([], { ...DETECTOR, entityLabels });
    assert.deepEqual([owners, asked], [undefined, []], entityLabels.join());
  }
  assert.equal((await ownersOf([])).owners, undefined);
});

test('an entity has an owner where its name tells another one or none', () => {
  const owners = new Map([
    ['shop/web-6d4cf56db6-x2x4z', { kind: 'Deployment', name: 'web' }],
    ['shop/engine-blue', { kind: 'Engine', name: 'engine' }],
    ['shop/alone-0', { kind: 'Pod', name: 'alone-0' }],
    ['other/engine-blue', { kind: 'Engine', name: 'other' }],
  ]);
  const entities = ['shop/web-6d4cf56db6-x2x4z', 'shop/engine-blue', 'shop/alone-0', 'shop/unknown', 'a/b/c'];
  assert.deepEqual(Object.fromEntries(ownersOfEntities(entities, LABELS, { byPod: owners })), {
    'shop/engine-blue': { kind: 'Engine', name: 'engine' },
    'shop/alone-0': { kind: 'Pod', name: 'alone-0' },
  });
  const byNode = ['node', 'pod', 'namespace'];
  const found = ownersOfEntities(['n1/engine-blue/other'], byNode, { byPod: owners });
  assert.equal(found.get('n1/engine-blue/other')?.name, 'other');
  assert.equal(ownersOfEntities(entities, ['pod'], { byPod: owners }).size, 0);
});

const first = ({ first: minute = '0' }: Labels): number => Number(minute) * 60;
const statefulSet = (name: string, revision: string, minute: number, over: Labels = {}): Labels => ({
  namespace: 'shop',
  statefulset: name,
  revision: `${name}-${revision}`,
  first: String(minute),
  ...over,
});
const daemonSet = (name: string, generation: string, minute: number): Labels => ({
  namespace: 'shop',
  daemonset: name,
  generation,
  first: String(minute),
});

test('revisions of StatefulSets and DaemonSets are those of the workloads that own the entities', async () => {
  const { owners } = await ownersOf(
    [
      pod('db-0', 'StatefulSet', 'db'),
      pod('db-1', 'StatefulSet', 'db'),
      statefulSet('db', '7f9cb5c8d6', 9, { instance: 'after a restart' }),
      statefulSet('db', '7f9cb5c8d6', 7, { instance: 'before' }),
      statefulSet('db', '6d4cf56db6', 0),
      pod('agent-x2x4z', 'DaemonSet', 'agent'),
      daemonSet('agent', '5', 4),
      daemonSet('agent', '4', 0),
      // Of nobody here, and what no owner of a pod is.
      statefulSet('other', '6d4cf56db6', 0),
      pod('db-2', 'DaemonSet', 'other'),
      pod('engine', 'Engine', 'engine'),
    ],
    DETECTOR,
    first,
  );
  const entities = ['shop/agent-x2x4z', 'shop/db-0', 'shop/db-1', 'shop/db-2', 'shop/engine', 'else/db-0'];
  const within = (from: number, to: number): readonly unknown[] =>
    revisionsOfEntities({ entities, range: { start: from * MINUTE, end: to * MINUTE } }, LABELS, owners!).map(
      ({ workload, kind, revision, first: at }) => [workload, kind, revision, at / MINUTE],
    );
  assert.deepEqual(within(0, 15), [
    ['shop/agent', 'DaemonSet', '4', 0],
    ['shop/db', 'StatefulSet', '6d4cf56db6', 0],
    ['shop/agent', 'DaemonSet', '5', 4],
    ['shop/db', 'StatefulSet', '7f9cb5c8d6', 7],
  ]);
  // Of several windows that are asked for at once, each has its own.
  assert.deepEqual(within(4, 7), [
    ['shop/agent', 'DaemonSet', '5', 4],
    ['shop/db', 'StatefulSet', '6d4cf56db6', 4],
  ]);
});

test('of workloads of several clusters that share a name no revision is told', async () => {
  const { owners } = await ownersOf(
    [pod('agent-x2x4z', 'DaemonSet', 'agent'), daemonSet('agent', '4', 0), daemonSet('agent', '9', 0)],
    DETECTOR,
    first,
  );
  assert.deepEqual(
    revisionsOfEntities({ entities: ['shop/agent-x2x4z'], range: RANGE }, LABELS, owners!),
    [],
  );
});

test('a source that refuses to tell revisions tells owners, and the reason is heard', async () => {
  const refusals: string[] = [];
  const source = createQuerySource('an old one', async ({ query, start }) => {
    if (query.includes('count_values')) throw new SourceError('query-rejected', 'no subqueries here');
    return [
      { labels: pod('db-0', 'StatefulSet', 'db'), times: Float64Array.of(start), values: Float64Array.of(1) },
    ];
  });
  const onRefused = (reason: string): void => void refusals.push(reason);
  const owners = await readPodOwners(source, DETECTOR, { ...RANGE, onRefused });
  assert.deepEqual([...owners!.byPod.keys()], ['shop/db-0']);
  assert.deepEqual(refusals, ['no subqueries here']);
});
