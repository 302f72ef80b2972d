/** Manifests that are dropped into the bucket, good and bad, and the dead letters of work that kept failing. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  GetQueueAttributesCommand,
  ListMessageMoveTasksCommand,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import type { Quarantined } from '../../lib/jobs/shared/quarantine.ts';
import type { DetectorState } from '../../lib/store/detector-state.ts';
import { type AlertQueue, subscribeQueue } from '../helpers/alert-queue.ts';
import { type LocalStack, startLocalStack } from '../helpers/local-stack.ts';
import { HISTORY, queryParquet, shopParquet } from '../helpers/shop-parquet.ts';

const FAULT = { pod: 'cart', from: 725, to: 735 };
const NEWEST = { from: 720, to: 735, fault: FAULT };

let stack: LocalStack;
let everything: AlertQueue;

before(async () => {
  stack = await startLocalStack();
  everything = await subscribeQueue(stack);
});
after(() => stack?.close());

describe('a manifest in YAML', () => {
  it('sets what the detector does and what its alerts say', async () => {
    const critical = await subscribeQueue(stack, { severity: ['critical'], detector: ['checkout'] });
    await stack.put(
      'detectors/checkout.yml',
      `kind: AnomalyDetector
metadata:
  name: checkout
spec:
  target_service: check-out
  alert_severity: critical
  training:
    warmup: 300 # rows
  threshold: { percentile: 99.5, k: 2, n: 3 }
`,
    );
    await stack.put('windows/detector=checkout/history.parquet', await shopParquet({ from: 0, to: 720 }));
    await stack.idle();
    await stack.put('windows/detector=checkout/new.parquet', await shopParquet(NEWEST));
    await everything.waitFor(1);
    const [alert] = await critical.alerts();
    assert.deepEqual(
      [alert?.detector, alert?.severity, alert?.targetService, alert?.entity, alert?.state],
      ['checkout', 'critical', 'check-out', 'cart', 'opened'],
    );
    const manifest = await stack.getJson<{ percentile: number; policy: { k: number; n: number } }>(
      `models/detector=checkout/version=${alert?.model.version}/manifest.json`,
    );
    assert.deepEqual([manifest.percentile, manifest.policy.k, manifest.policy.n], [99.5, 2, 3]);
  });

  it('pins a version: a newer model is made, and the pinned one goes on scoring', async () => {
    await stack.put('windows/detector=pinned/a.parquet', await shopParquet(HISTORY));
    await stack.idle();
    const first = await currentVersion('pinned');
    await stack.put('detectors/pinned.yml', yaml('pinned', `{ model_version: ${first} }`));
    await stack.put('windows/detector=pinned/b.parquet', await shopParquet({ from: 720, to: 900 }));
    await stack.idle();
    const trained = await stack.service.deployment.invoke('train', { detector: 'pinned' });
    assert.equal(trained.functionError, undefined);
    await stack.idle();
    const second = await currentVersion('pinned');
    assert.notEqual(second, first);
    await stack.put('windows/detector=pinned/c.parquet', await shopParquet({ from: 900, to: 915 }));
    await stack.idle();
    assert.deepEqual(await versionsIn('scores/detector=pinned/c.parquet'), [first]);
    await stack.put('detectors/pinned.yml', yaml('pinned', '{ model_version: current }'));
    await stack.put('windows/detector=pinned/d.parquet', await shopParquet({ from: 915, to: 930 }));
    await stack.idle();
    assert.deepEqual(await versionsIn('scores/detector=pinned/d.parquet'), [second]);
  });
});

describe('a manifest that cannot be used', () => {
  const BAD: readonly (readonly [name: string, text: string, told: readonly RegExp[]])[] = [
    [
      'typo',
      yaml('typo', '{ detektion_window: 15m }'),
      [/detectors\/typo\.yml/, /detektion_window/, /detection_window/],
    ],
    [
      'late',
      yaml('late', '{ detection_window: 15 minutes }'),
      [/detectors\/late\.yml/, /detection_window/, /15 minutes/],
    ],
    ['other', yaml('else', '{}'), [/detectors\/other\.yml/, /"else"/, /"other"/]],
    ['tabs', 'kind: AnomalyDetector\n\tmetadata: {', [/detectors\/tabs\.yml/, /line 2/]],
  ];

  it('goes to quarantine with the reason; the rest of the batch goes on, and its own work waits', async () => {
    await stack.put('windows/detector=healthy/history.parquet', await shopParquet({ from: 0, to: 300 }));
    await stack.idle();
    for (const [name, text] of BAD) await stack.put(`detectors/${name}.yml`, text);
    const result = await stack.service.deployment.invoke('score', {
      Records: [...BAD.map(([name]) => name), 'healthy'].map((detector) => ({
        messageId: `of-${detector}`,
        body: JSON.stringify({ detector }),
      })),
    });
    assert.equal(result.functionError, undefined);
    assert.deepEqual(result.payload, {
      batchItemFailures: BAD.map(([name]) => ({ itemIdentifier: `of-${name}` })),
    });
    for (const [name, text, told] of BAD) {
      const key = `detectors/${name}.yml`;
      assert.equal(new TextDecoder().decode(await stack.get(`quarantine/${key}`)), text);
      const reason = await stack.getJson<Quarantined>(`quarantine/${key}.reason.json`);
      assert.equal(reason.key, key);
      assert.equal(reason.detector, name);
      for (const pattern of told) assert.match(reason.message, pattern);
      assert.equal(stack.metric('score', 'DetectorsFailed', name), 1, name);
      assert.equal(stack.metric('score', 'ObjectsQuarantined', name), 1, name);
      const logged = stack
        .logs('score')
        .filter(({ message, key: of }) => message === 'object quarantined' && of === key);
      assert.deepEqual(
        logged.map(({ reason: why }) => why),
        [reason.message],
      );
    }
    assert.equal((await readState('healthy')).phase, 'learning');
    assert.equal(stack.metric('score', 'DetectorsFailed', 'healthy'), 0);
  });

  it('fails export and training on their schedules with the same metric, and other detectors are trained', async () => {
    await stack.put('windows/detector=scheduled/history.parquet', await shopParquet(HISTORY));
    await stack.idle();
    await stack.put('windows/detector=scheduled/more.parquet', await shopParquet({ from: 720, to: 2_200 }));
    await stack.idle();
    const before = await currentVersion('scheduled');
    await stack.service.deployment.tick();
    await stack.idle();
    assert.notEqual(await currentVersion('scheduled'), before, 'a day of data later it is due');
    for (const [name] of BAD) assert.equal(stack.metric('train', 'DetectorsFailed', name), 1, name);
  });

  it('fails a training that was asked for with the same metric', async () => {
    const before = stack.metric('train', 'DetectorsFailed', 'late');
    const Records = [{ messageId: 'asked-for', body: JSON.stringify({ detector: 'late' }) }];
    const { payload } = await stack.service.deployment.invoke('train', { Records });
    assert.deepEqual(payload, { batchItemFailures: [{ itemIdentifier: 'asked-for' }] });
    assert.equal(stack.metric('train', 'DetectorsFailed', 'late'), before + 1);
  });

  it('leaves its messages to the dead-letter queue, from where they are redriven once it is mended', async () => {
    await stack.put('windows/detector=mended/history.parquet', await shopParquet(HISTORY));
    await stack.idle();
    // Longer than a message waits for others: it would come again into the same batch.
    await stack.setQueueAttribute('ScoreQueue', 'VisibilityTimeout', '4');
    await stack.put('detectors/mended.yml', yaml('mended', '{ alert_severity: worst }'));
    await stack.put('windows/detector=mended/new.parquet', await shopParquet(NEWEST));
    await stack.idle();
    await stack.put('windows/detector=mended/newer.parquet', await shopParquet({ from: 735, to: 740 }));
    await stack.idle();
    assert.equal(await deadLetters(), 2);
    assert.deepEqual(await stack.keys('scores/detector=mended/'), ['scores/detector=mended/history.parquet']);
    assert.equal(stack.metric('score', 'DetectorsFailed', 'mended'), 10, 'five attempts each');
    assert.equal(stack.metric('score', 'ObjectsQuarantined', 'mended'), 1, 'the same bytes count once');

    await stack.setQueueAttribute('ScoreQueue', 'VisibilityTimeout', '20');
    await stack.put('detectors/mended.yml', yaml('mended', '{ alert_severity: info }'));
    const before = (await everything.alerts()).length;
    const SourceArn = stack.queueArn('ScoreDeadLetters');
    await stack.sqs.send(new StartMessageMoveTaskCommand({ SourceArn }));
    const [alert] = (await everything.waitFor(before + 1)).slice(before);
    assert.deepEqual([alert?.detector, alert?.severity, alert?.state], ['mended', 'info', 'opened']);
    await stack.idle();
    assert.equal(await deadLetters(), 0);
    const { Results = [] } = await stack.sqs.send(new ListMessageMoveTasksCommand({ SourceArn }));
    assert.deepEqual(
      Results.map(({ Status, ApproximateNumberOfMessagesMoved }) => [
        Status,
        ApproximateNumberOfMessagesMoved,
      ]),
      [['COMPLETED', 2]],
    );
    assert.equal((await stack.keys('scores/detector=mended/')).length, 3);
  });
});

function yaml(name: string, spec: string): string {
  return `kind: AnomalyDetector\nmetadata:\n  name: ${name}\nspec: ${spec}\n`;
}

async function currentVersion(detector: string): Promise<string> {
  return (await stack.getJson<{ version: string }>(`models/detector=${detector}/current.json`)).version;
}

async function versionsIn(scoresKey: string): Promise<unknown[]> {
  const scores = await stack.get(scoresKey);
  assert.ok(scores, scoresKey);
  const rows = await queryParquet(scores, 'SELECT DISTINCT model_version AS version FROM FILE');
  return rows.map(({ version }) => version);
}

function readState(detector: string): Promise<DetectorState> {
  return stack.getJson<DetectorState>(`state/detector=${detector}.json`);
}

async function deadLetters(): Promise<number> {
  const { Attributes } = await stack.sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: stack.queueUrl('ScoreDeadLetters'),
      AttributeNames: ['ApproximateNumberOfMessages'],
    }),
  );
  return Number(Attributes?.['ApproximateNumberOfMessages']);
}
