/**
 * A training that is spread over worker threads, in the packaged function: where there are two processors. On one there
 * is none to be found missing; test/unit/models/framework/univariate/bundle.test.ts has them everywhere.
 */
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { countThreads } from '../../lib/models/framework/univariate/threads.ts';
import { prophetKind } from '../../lib/models/kinds/prophet/kind.ts';
import { type LocalStack, startLocalStack } from '../helpers/local-stack.ts';
import { assertSameVersion } from '../helpers/same-version.ts';
import { shopParquet } from '../helpers/shop-parquet.ts';

const ROWS = 10_000;
const PODS = 2;
const METRICS = 3;
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
  // Features only add to these.
  assert.equal(countThreads(prophetKind, PODS * ROWS * METRICS, 2), 2);
  await stack.put('windows/detector=forecast/history.parquet', await shopParquet({ from: 0, to: ROWS }));
  await stack.idle();
  assert.equal(stack.metric('train', 'DetectorsFailed', 'forecast'), 0);
  const { version } = await stack.getJson<{ version: string }>('models/detector=forecast/current.json');
  await assertSameVersion(stack, 'forecast', version);
});
