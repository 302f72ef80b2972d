/** A network whose training takes longer than its function may run: several runs make what one would have made. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import type { TrainingProgress } from '../../lib/store/training-progress.ts';
import { type LocalStack, startLocalStack } from '../helpers/local-stack.ts';
import { assertSameVersion } from '../helpers/same-version.ts';
import { HISTORY, shopParquet } from '../helpers/shop-parquet.ts';

const WINDOW = 'windows/detector=shop/history.parquet';
/**
 * Seconds that the train function gets. About half of them are its fit's, which takes several times as long; a slow
 * machine makes more runs, or has one killed and repeated.
 */
const TIMEOUT = 12;
const PARAMS = '{ layers: 1, patience: 1000 }';

let stack: LocalStack;

before(async () => {
  stack = await startLocalStack({ maxTimeoutSeconds: { TrainLambdaFunction: TIMEOUT } });
});
after(() => stack?.close());

describe('a training that takes longer than its function may run', () => {
  let version: string;

  it('goes on from run to run until the version stands, and then scores', async () => {
    await stack.put('detectors/shop.yml', declare(PARAMS));
    await stack.put(WINDOW, await shopParquet(HISTORY));
    await stack.idle();
    ({ version } = await stack.getJson<{ version: string }>('models/detector=shop/current.json'));
    const progress = await stack.getJson<TrainingProgress>('training/detector=shop/progress.json');
    assert.equal(progress.version, version);
    assert.equal(progress.phase, 'closed');
    assert.ok(progress.pauses >= 1, `${progress.pauses} pauses`);
    const told = stack.logs('train').filter(({ message }) => message === 'training goes on in another run');
    assert.equal(told.length, progress.pauses);
    assert.equal(stack.metric('train', 'DetectorsFailed', 'shop'), 0);
    assert.equal((await stack.keys('scores/')).length, 1);
  });

  it('makes the bytes of a training that nobody interrupted', async () => {
    await assertSameVersion(stack, 'shop', version);
  });
});

describe('a training that fails', () => {
  it('leaves the version in use, is told of and counted', async () => {
    const before = await stack.get('models/detector=shop/current.json');
    assert.ok(before !== undefined);
    await stack.put('detectors/shop.yml', declare('{ hidden: 0 }'));
    const { FunctionError } = await stack.lambda.send(
      new InvokeCommand({
        FunctionName: 'tidewatch-dev-train',
        Payload: JSON.stringify({ detector: 'shop' }),
      }),
    );
    assert.notEqual(FunctionError, undefined);
    const line = stack.logs('train').findLast(({ message }) => message === 'training failed');
    assert.equal(line?.['detector'], 'shop');
    assert.match(String(line?.['error']), /hidden/);
    assert.equal(stack.metric('train', 'DetectorsFailed', 'shop'), 1);
    assert.deepEqual(await stack.get('models/detector=shop/current.json'), before);
  });
});

function declare(params: string): string {
  return `kind: AnomalyDetector
metadata: { name: shop }
spec: { model: { kind: lstm-autoencoder, params: ${params} } }
`;
}
