/** The alert topic is gone for a while: the alert waits, nobody is alarmed about the detector, and it goes out once. */
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { CreateTopicCommand, DeleteTopicCommand } from '@aws-sdk/client-sns';
import { subscribeQueue } from '../helpers/alert-queue.ts';
import { type LocalStack, startLocalStack } from '../helpers/local-stack.ts';
import { HISTORY, shopParquet } from '../helpers/shop-parquet.ts';
import { until } from '../helpers/until.ts';

const FAULTY = { from: 720, to: 735, fault: { pod: 'payment', from: 725, to: 735 } };
/** Of a message that was put off, seconds. */
const COMES_BACK_AFTER = 3;

let stack: LocalStack;

before(async () => {
  stack = await startLocalStack({ maxVisibilitySeconds: COMES_BACK_AFTER });
});
after(() => stack?.close());

it('an alert that is refused is put off, counted as no failure, and told of once the topic is back', async () => {
  await stack.put('windows/detector=shop/history.parquet', await shopParquet(HISTORY));
  await stack.idle();
  const TopicArn = stack.service.deployment.outputs['AlertTopicArn'] ?? '';
  await stack.sns.send(new DeleteTopicCommand({ TopicArn }));

  await stack.put('windows/detector=shop/new.parquet', await shopParquet(FAULTY));
  await until(() => told('telling put off').length > 0);
  assert.match(String(told('telling put off')[0]?.['reason']), /1 of 1 alerts were refused/);
  assert.equal(told('alert refused')[0]?.['entity'], 'payment');

  await stack.sns.send(new CreateTopicCommand({ Name: TopicArn.split(':').at(-1) }));
  const queue = await subscribeQueue(stack);
  const [alert] = await queue.waitFor(1);
  assert.equal(alert?.entity, 'payment');
  await stack.idle();
  assert.equal((await queue.alerts()).length, 1);
  assert.equal((await stack.keys('scores/')).length, 2);
  assert.deepEqual(told('telling failed'), []);
  assert.equal(stack.metric('notify', 'DetectorsFailed', 'shop'), 0);
});

function told(message: string): readonly Readonly<Record<string, unknown>>[] {
  return stack.logs('notify').filter((line) => line['message'] === message);
}
