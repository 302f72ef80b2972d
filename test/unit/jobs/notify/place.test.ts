import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeAlertExamples } from '../../../../scripts/alert-examples.ts';

test('every message says in which bucket and region its keys are, and carries the labels of its manifest', async () => {
  for (const [name, { objects, labels, annotations }] of await makeAlertExamples()) {
    assert.equal(objects.bucket, 'tidewatch-prod-123456789012-eu-west-1', name);
    assert.equal(objects.region, 'eu-west-1', name);
    assert.deepEqual(labels, { team: 'payments' }, name);
    assert.equal(annotations?.['runbook'], 'https://wiki.example.com/runbooks/payment', name);
  }
});
