/** A detector in two shards: exported from a Prometheus, trained, scored and told by the packaged functions. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import type { DetectorState } from '../../lib/store/detector-state.ts';
import { unitOfWindowKey } from '../../lib/store/keys.ts';
import { type AlertQueue, subscribeQueue } from '../helpers/alert-queue.ts';
import { answerSeries, type FakePrometheus, startFakePrometheus } from '../helpers/fake-prometheus.ts';
import { type LocalStack, startLocalStack } from '../helpers/local-stack.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const UNITS = ['shop/shard=1-of-2', 'shop/shard=2-of-2'];
/** The first two are in the first shard. */
const PODS = ['cart', 'ads', 'payment', 'stock'];
const MANIFEST = `kind: AnomalyDetector
metadata: { name: shop }
spec:
  metrics: [{ name: cpu, query: cpu }, { name: memory, query: memory }]
  entity: [pod]
  shards: 2
  detection_window: 1h
  backfill: 2d
  model: { kind: robust-z }
  training: { warmup: 1000 }
`;
/** Up to here Prometheus has samples: first the history, then the fault. */
const learned = Math.floor((Date.now() - 3 * HOUR) / HOUR) * HOUR;
let until = learned;
const noise = (time: number, seed: number): number =>
  ((Math.imul(time / MINUTE + 7 * seed, 2_654_435_761) >>> 8) % 1000) / 100;

let prometheus: FakePrometheus;
let stack: LocalStack;
let alerts: AlertQueue;

before(async () => {
  prometheus = await startFakePrometheus(
    answerSeries(
      PODS.map((pod, i) => ({
        labels: { pod },
        valueAt: (time) => {
          if (time >= until) return undefined;
          const isFaulty = pod === 'payment' && time >= learned + 10 * MINUTE;
          return (100 + 10 * i + noise(time, i)) * (isFaulty ? 10 : 1);
        },
      })),
    ),
  );
  stack = await startLocalStack({ params: { prometheusUrl: prometheus.url } });
  alerts = await subscribeQueue(stack);
  await stack.put('detectors/shop.yml', MANIFEST);
});
after(async () => {
  await stack?.close();
  await prometheus?.[Symbol.asyncDispose]();
});

async function invoke(name: string, event: object): Promise<unknown> {
  const { Payload, FunctionError } = await stack.lambda.send(
    new InvokeCommand({ FunctionName: `tidewatch-dev-${name}`, Payload: JSON.stringify(event) }),
  );
  const answer = JSON.parse(Buffer.from(Payload ?? []).toString()) as unknown;
  assert.equal(FunctionError, undefined, JSON.stringify(answer));
  await stack.idle();
  return answer;
}

function stateOf(unit: string): Promise<DetectorState> {
  return stack.getJson<DetectorState>(`state/detector=${unit}.json`);
}

describe('a detector in shards', () => {
  it('is exported by one query a metric into a file a shard, and each shard learns by itself', async () => {
    await invoke('export', { source: 'schedule' });
    const units = (await stack.keys('windows/')).map(unitOfWindowKey);
    assert.deepEqual([...new Set(units)], UNITS);
    const ranges = new Set((await stack.keys('windows/')).map((key) => key.slice(key.lastIndexOf('/'))));
    assert.equal(units.length, 2 * ranges.size);
    const asked = new Set(
      prometheus.requests.map(({ fields, start, end }) => `${fields['query']} ${start} ${end}`),
    );
    assert.equal(prometheus.requests.length, asked.size);
    const whole = await stateOf('shop');
    assert.deepEqual([whole.shards, whole.exportedUntil], [2, learned]);
    for (const unit of UNITS) {
      const { phase, learning, exportedUntil } = await stateOf(unit);
      assert.deepEqual([phase, exportedUntil], ['learning', undefined]);
      assert.equal(Object.keys(learning).length, ranges.size);
    }
  });

  it('has a model of each shard once its training is asked for', async () => {
    const answer = await invoke('train', { detector: 'shop' });
    assert.equal((answer as { outcome: string }).outcome, 'in-shards');
    for (const unit of UNITS) {
      assert.equal((await stateOf(unit)).phase, 'active');
      const { version } = await stack.getJson<{ version: string }>(`models/detector=${unit}/current.json`);
      const { inputs } = await stack.getJson<{ inputs: { key: string }[] }>(
        `models/detector=${unit}/version=${version}/manifest.json`,
      );
      assert.ok(inputs.every(({ key }) => unitOfWindowKey(key) === unit));
    }
    const windows = await stack.keys('windows/');
    assert.deepEqual(
      await stack.keys('scores/'),
      windows.map((key) => key.replace('windows/', 'scores/')),
    );
    assert.deepEqual(await alerts.alerts(), []);
    assert.equal(stack.metric('train', 'ModelsTrained', 'shop'), 2);
  });

  it('tells of the fault of one workload once, as the detector', async () => {
    until = Date.now();
    await invoke('export', { source: 'schedule' });
    const [opened] = await alerts.waitFor(1);
    await invoke('notify', { source: 'schedule' });
    assert.equal((await alerts.alerts()).length, 1);
    assert.deepEqual([opened!.detector, opened!.entity, opened!.state], ['shop', 'payment', 'opened']);
    assert.equal(unitOfWindowKey(opened!.objects.window), UNITS[1]);
    assert.ok((await stack.get(opened!.objects.window)) !== undefined);
    const [page] = (await stack.keys('incidents/')).filter((key) => key.endsWith('.html'));
    assert.match(Buffer.from((await stack.get(page!))!).toString(), /payment/);
    assert.equal((await stateOf(UNITS[0]!)).outbox.length, 0);
    assert.deepEqual(await stack.keys('quarantine/'), []);
  });

  it('is looked at shard by shard by the hour', async () => {
    await invoke('train', { source: 'schedule' });
    const concerns = stack.logs('train').filter(({ message }) => message === 'detector needs attention');
    assert.deepEqual(concerns, []);
    const logged = stack.logs('score').filter(({ message }) => message === 'window scored');
    assert.deepEqual([...new Set(logged.map(({ detector, shard }) => `${detector} ${shard}`))].sort(), [
      'shop 1-of-2',
      'shop 2-of-2',
    ]);
  });
});
