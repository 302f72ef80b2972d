import assert from 'node:assert/strict';
import { test } from 'node:test';
import { carryMetadata } from '../../../lib/alert/carry-metadata.ts';
import { renderAlert } from '../../../lib/alert/render.ts';
import { manifestHash, parseManifest } from '../../../lib/config/manifest.ts';
import { createAlert } from '../../helpers/alerts.ts';

const parse = (metadata: string): ReturnType<typeof parseManifest> =>
  parseManifest(`kind: AnomalyDetector\nmetadata: ${metadata}`, { source: 'a.yml' });

test("a manifest's labels and annotations reach the alert, and are no part of what its hash is of", () => {
  const bare = parse('{ name: a }');
  const given = parse('{ name: a, labels: { team: shop }, annotations: { runbook: "https://w/1" } }');
  assert.deepEqual(carryMetadata(given.metadata), {
    labels: { team: 'shop' },
    annotations: { runbook: 'https://w/1' },
  });
  assert.deepEqual(carryMetadata(bare.metadata), {});
  assert.equal(manifestHash(given), manifestHash(bare));
});

test('what is too long, or one too many, is counted', () => {
  const labels = Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`l${i}`, 'v']));
  const annotations = { fits: 'x'.repeat(1024), long: 'x'.repeat(1025), ['n'.repeat(257)]: 'v' };
  const carried = carryMetadata({ labels, annotations });
  assert.equal(Object.keys(carried.labels ?? {}).length, 20);
  assert.deepEqual(Object.keys(carried.annotations ?? {}), ['fits']);
  assert.equal(carried.metadataLeftOut, 3);
});

test('message attributes hold them as NAME=VALUE, and the text shows them', () => {
  const { attributes, text } = renderAlert(
    createAlert({
      labels: { team: 'shop', tier: '1' },
      annotations: { runbook: 'https://w/1', team: 'see the label' },
    }),
  );
  assert.deepEqual(attributes.labels, ['team=shop', 'tier=1']);
  assert.deepEqual(attributes.annotations, ['runbook=https://w/1', 'team=see the label']);
  assert.match(text, /^runbook: +https:\/\/w\/1\nteam: +see the label\nteam: +shop\ntier: +1$/m);
  assert.equal('labels' in renderAlert(createAlert()).attributes, false);
});

test('the text says in which bucket and region the keys are', () => {
  const alert = createAlert();
  const objects = { bucket: 'data', region: 'eu-west-1', ...alert.objects };
  assert.match(renderAlert({ ...alert, objects }).text, /^Bucket: +data \(eu-west-1\)$/m);
});
