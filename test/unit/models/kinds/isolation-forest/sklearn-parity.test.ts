import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { getModel } from '../../../../../lib/models/registry.ts';
import { NO_DEADLINE, readRealSample, rocAuc } from '../../../../helpers/feature-matrices.ts';

interface Reference {
  readonly params: Readonly<Record<string, unknown>>;
  readonly aucBySeed: Readonly<Record<string, readonly number[]>>;
}

const reference: Reference = JSON.parse(
  readFileSync(new URL('../../../../fixtures/sklearn/isolation-forest.json', import.meta.url), 'utf8'),
);

test('three real files have figures of scikit-learn', () => {
  assert.equal(Object.keys(reference.aucBySeed).length, 3);
});

for (const [name, peer] of Object.entries(reference.aucBySeed)) {
  test(`${name}: the mean AUC over ${peer.length} seeds is within 0.01 of scikit-learn's`, async () => {
    const model = await getModel('isolation-forest');
    const params = model.parseParams(reference.params);
    const { x } = readRealSample(name, 'train');
    const { x: unseen, labels } = readRealSample(name, 'test');
    const ours: number[] = [];
    for (let seed = 1; seed <= peer.length; seed++) {
      const fitted = await model.fit(x, params, { seed, deadline: NO_DEADLINE });
      ours.push(rocAuc(await fitted.score(unseen), labels));
    }
    const difference = mean(ours) - mean(peer);
    assert.ok(Math.abs(difference) < 0.01, `${mean(ours)} against ${mean(peer)}`);
  });
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
