/** A training that is spread over worker threads, in the packaged function. */
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { type LocalStack, startLocalStack } from '../helpers/local-stack.ts';
import { assertSameVersion } from '../helpers/same-version.ts';
import { shopParquet } from '../helpers/shop-parquet.ts';

const MANIFEST = `kind: AnomalyDetector
metadata: { name: forecast }
spec: { model: { kind: prophet } }
`;

let stack: LocalStack;

before(async () => {
  stack = await startLocalStack();
});
after(() => stack?.close());

it('finds their script in the package, and makes the bytes that the sources make', async () => {
  await stack.put('detectors/forecast.yml', MANIFEST);
  // Two pods and three metrics are seconds of work for Prophet.
  await stack.put('windows/detector=forecast/history.parquet', await shopParquet({ from: 0, to: 10_000 }));
  await stack.idle();
  assert.equal(stack.metric('train', 'DetectorsFailed', 'forecast'), 0);
  const { version } = await stack.getJson<{ version: string }>('models/detector=forecast/current.json');
  await assertSameVersion(stack, 'forecast', version);
});
