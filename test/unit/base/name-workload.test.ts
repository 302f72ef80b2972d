import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nameWorkload } from '../../../lib/base/workload.ts';

const PODS: Readonly<Record<string, string>> = {
  'checkout-6d4cf56db6-x2x4z': 'checkout',
  'shop/cart-worker-7c5ddbdf54-9k2lm': 'shop/cart-worker',
  // A DaemonSet, a Job, a CronJob.
  'node-exporter-8xk2z': 'node-exporter',
  'migrate-qw8rt': 'migrate',
  'backup-28912345-zx9kl': 'backup',
  'shop/checkout-6d4cf56db6-x2x4z/app': 'shop/checkout/app',
};

test('a pod is one of its workload', () => {
  for (const [pod, workload] of Object.entries(PODS)) assert.equal(nameWorkload(pod, []), workload);
});

test('what is no pod stands for itself', () => {
  for (const name of ['', 'payments', 'web-01', 'shop/payment', 'host-7.example.com', 'db-0', 'a/b/c'])
    assert.equal(nameWorkload(name, []), name);
});

test('a number at the end is of a StatefulSet where the labels say that it is a pod', () => {
  assert.equal(nameWorkload('shop/db-0', ['namespace', 'pod']), 'shop/db');
  assert.equal(nameWorkload('shop/db-0', ['namespace', 'node']), 'shop/db-0');
  assert.equal(nameWorkload('checkout-6d4cf56db6-x2x4z/db-0', ['pod', 'shard']), 'checkout/db-0');
});

test('an owner stands in the place of its pod', () => {
  const owner = { kind: 'Engine', name: 'engine' };
  assert.equal(nameWorkload('shop/engine-blue/eu', ['namespace', 'pod', 'zone'], owner), 'shop/engine/eu');
  assert.equal(nameWorkload('shop/engine-blue', ['namespace', 'service'], owner), 'shop/engine-blue');
});
