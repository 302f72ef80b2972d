import assert from 'node:assert/strict';
import { test } from 'node:test';
import { revisionOf, type WorkloadKind, workloadOf } from '../../../lib/base/workload.ts';

/** Names as clusters have them. */
const PODS: readonly (readonly [pod: string, name: string, kind: WorkloadKind | undefined])[] = [
  ['carts-5ff676694b-fzj9z', 'carts', 'Deployment'],
  ['front-end-6d5b5b8f6d-kq2xl', 'front-end', 'Deployment'],
  ['coredns-5d78c9869d-2wz5v', 'coredns', 'Deployment'],
  ['coredns-558bd4d5db-q8m6b', 'coredns', 'Deployment'],
  ['metrics-server-v0.5.2-6bf74b5d5f-l6hmv', 'metrics-server-v0.5.2', 'Deployment'],
  ['argo-rollouts-canary-cf887546b-vd27m', 'argo-rollouts-canary', 'Deployment'],
  ['ingress-nginx-controller-7d4db76476-zlkpg', 'ingress-nginx-controller', 'Deployment'],
  ['cart-v2-59c6d7f5b-8kxht', 'cart-v2', 'Deployment'],
  ['api-2-84dd6f9fb9-tn6kz', 'api-2', 'Deployment'],
  ['nginx-deployment-2035384211-7cz7k', 'nginx-deployment', 'Deployment'],
  ['payment-db-0', 'payment-db', 'StatefulSet'],
  ['kafka-broker-12', 'kafka-broker', 'StatefulSet'],
  ['prometheus-k8s-1', 'prometheus-k8s', 'StatefulSet'],
  ['alertmanager-main-2', 'alertmanager-main', 'StatefulSet'],
  ['node-exporter-x7k2p', 'node-exporter', 'DaemonSet'],
  ['kube-proxy-gwz9k', 'kube-proxy', 'DaemonSet'],
  ['calico-node-vlbtn', 'calico-node', 'DaemonSet'],
  ['fluent-bit-9drmw', 'fluent-bit', 'DaemonSet'],
  ['backup-28391040-x7k2p', 'backup', 'CronJob'],
  ['hello-1587654360-gr5qw', 'hello', 'CronJob'],
  ['nightly-report-27894240-b4l6n', 'nightly-report', 'CronJob'],
  ['indexed-job-3-xvp8k', 'indexed-job', 'Job'],
  ['kube-apiserver-ip-10-0-1-23.ec2.internal', 'kube-apiserver', 'Static'],
  ['etcd-control-plane-1', 'etcd', 'Static'],
  ['kube-scheduler-kind-control-plane', 'kube-scheduler', 'Static'],
  ['kube-proxy-gke-prod-pool-1-8d4b2f10-x1zq', 'kube-proxy', 'Static'],
  // What is named by people.
  ['payment', 'payment', undefined],
  ['gateway-https', 'gateway-https', undefined],
  ['orders-pgsql', 'orders-pgsql', undefined],
  ['turbine-north', 'turbine-north', undefined],
  ['cart-redis', 'cart-redis', undefined],
  ['checkout-service', 'checkout-service', undefined],
  ['', '', undefined],
];

test('a pod belongs to the workload whose name its own begins with', () => {
  for (const [pod, name, kind] of PODS)
    assert.deepEqual([workloadOf(pod).name, workloadOf(pod).kind], [name, kind], pod);
});

test('a name that Kubernetes cut to 63 characters still tells its workload', () => {
  const long = 'a-very-long-name-of-a-release-and-its-component-that-is-cut-h';
  const pod = `${long.slice(0, 58)}x7k2p`;
  assert.equal(pod.length, 63);
  assert.equal(workloadOf(pod).name, long.slice(0, 58));
  const half = `${'an-even-longer-name-of-a-release-and-its-component'.padEnd(51, 'e')}-5ff676x7k2p`;
  assert.equal(half.length, 63);
  assert.equal(workloadOf(half).name, 'an-even-longer-name-of-a-release-and-its-componente');
});

test('labels say which part of the entity is the pod, and which one its namespace', () => {
  assert.deepEqual(workloadOf('shop/carts-5ff676694b-fzj9z', ['namespace', 'pod']), {
    namespace: 'shop',
    name: 'carts',
    kind: 'Deployment',
  });
  assert.deepEqual(workloadOf('carts-5ff676694b-fzj9z/app/shop', ['pod', 'container', 'namespace']), {
    namespace: 'shop',
    name: 'carts',
    kind: 'Deployment',
  });
  // A label that is no pod's is not read as one.
  assert.deepEqual(workloadOf('disk-1', ['device']), { name: 'disk-1', namespace: undefined });
  assert.deepEqual(workloadOf('shop', ['namespace']), { name: 'shop', namespace: 'shop' });
});

test('without labels a part that is named as a pod is one, and the part before it its namespace', () => {
  assert.deepEqual(workloadOf('shop/carts-5ff676694b-fzj9z'), {
    namespace: 'shop',
    name: 'carts',
    kind: 'Deployment',
  });
  assert.equal(workloadOf('shop/carts-5ff676694b-fzj9z/app').name, 'carts');
  assert.deepEqual(workloadOf('north/turbine'), { name: 'north/turbine' });
});

test('the revision of a Deployment is the hash of its ReplicaSet; nothing else has one', () => {
  assert.equal(revisionOf('shop/checkout-6d4cf56db6-x2x4z', ['namespace', 'pod']), '6d4cf56db6');
  assert.equal(revisionOf('shop/checkout-6d4cf56db6-x2x4z', []), '6d4cf56db6');
  assert.equal(revisionOf('checkout-6d4cf56db6-x2x4z/app', []), '6d4cf56db6');
  assert.equal(revisionOf('nginx-deployment-2035384211-7cz7k', []), '2035384211');
  for (const pod of ['orders-db-0', 'node-exporter-x7k2p', 'backup-28391040-x7k2p', 'payment', ''])
    assert.equal(revisionOf(pod, []), undefined, pod);
  // The labels say that it is no pod.
  assert.equal(revisionOf('checkout-6d4cf56db6-x2x4z/web-0', ['team', 'pod']), undefined);
});

test('an owner goes before the name, in the namespace of its pod', () => {
  const owner = { kind: 'Engine', name: 'engine' };
  const labels = ['namespace', 'pod'];
  assert.deepEqual(workloadOf('shop/engine-blue', labels, owner), { ...owner, namespace: 'shop' });
  assert.deepEqual(workloadOf('shop/web-6d4cf56db6-x2x4z', labels, owner), { ...owner, namespace: 'shop' });
  // What is no pod has none.
  assert.deepEqual(workloadOf('shop', ['namespace'], owner), { name: 'shop', namespace: 'shop' });
});
