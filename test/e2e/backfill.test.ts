/**
 * A backfill as a person starts it: the state machine of the packaged template, by an interpreter of its language, with the packaged
 * functions for its tasks, and a Prometheus.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { stateKey } from '../../lib/store/keys.ts';
import { answerSeries, type FakePrometheus, startFakePrometheus } from '../helpers/fake-prometheus.ts';
import { type LocalStack, startLocalStack } from '../helpers/local-stack.ts';
import { runStateMachine, StateError } from '../helpers/run-state-machine.ts';

const DAY = 86_400_000;
const CONCURRENCY = 2;
const MANIFEST = `kind: AnomalyDetector
metadata: { name: shop }
spec:
  step: 5m
  detection_window: 1h
  backfill: 1h
  metrics: [{ name: cpu, query: cpu }, { name: memory, query: memory }]
  entity: [pod]
  model: { kind: robust-z }
  training: { warmup: 100, lookback: 60d }
`;

let prometheus: FakePrometheus;
let stack: LocalStack;
let definition: object;
/** Midnight before what the schedule exports, an hour ago; and what Prometheus has since. */
const today = Math.floor((Date.now() - 3_600_000) / DAY) * DAY;
const dayBefore = (days: number): string => new Date(today - days * DAY).toISOString().slice(0, 10);
const since = today - 30 * DAY;

before(async () => {
  prometheus = await startFakePrometheus(
    answerSeries(
      ['a', 'b'].map((pod, i) => ({
        labels: { pod },
        valueAt: (time) => (time < since ? undefined : 10 * i + Math.sin(time / 3_600_000)),
      })),
    ),
  );
  stack = await startLocalStack({
    params: {
      prometheusUrl: prometheus.url,
      prometheusConcurrency: '4',
      backfill: 'on',
      backfillConcurrency: String(CONCURRENCY),
    },
  });
  await stack.put('detectors/shop.yml', MANIFEST);
  ({ definition } = stack.service.deployment.stateMachines.get('BackfillMachine')!);
});
after(async () => {
  await stack.close();
  await prometheus[Symbol.asyncDispose]();
});

/** As `aws stepfunctions start-execution` does. */
async function start(input: object): Promise<unknown> {
  const { deployment, emulator } = stack.service;
  const { role, arn } = deployment.stateMachines.get('BackfillMachine')!;
  const permissions = emulator.access.actAs(role);
  return await runStateMachine(definition, input, {
    async invoke(functionArn, payload) {
      permissions.require('lambda:InvokeFunction', functionArn);
      return await deployment.functions.invoke(functionArn, payload);
    },
    startItems() {
      permissions.require('states:StartExecution', arn);
      for (const action of ['states:DescribeExecution', 'states:StopExecution'])
        permissions.require(action, `${arn.replace(':stateMachine:', ':execution:')}/1:1`);
    },
  });
}

describe('a backfill', () => {
  it('exports each day as one window, shares what Prometheus is asked, trains once, and has all of it scored', async () => {
    const result = (await start({ detector: 'shop', from: dayBefore(33) })) as {
      outcome: string;
      rows: number;
    };
    const days = (await stack.keys('windows/detector=shop/')).map(
      (key) => /_(\d{8})T000000Z\.parquet$/.exec(key)?.[1],
    );
    // From the first day that Prometheus knows up to the last whole one before what the schedule exports.
    assert.equal(days.length, 30);
    assert.ok(days.every((day) => day !== undefined));
    assert.equal(result.outcome, 'trained');
    assert.equal(result.rows, 30 * 288 * 2);
    // Two queries of each of two days.
    assert.ok(prometheus.mostAtOnce() <= 4, String(prometheus.mostAtOnce()));
    await stack.idle();
    const trained = stack.logs('train').filter(({ message }) => message === 'model trained');
    assert.ok(trained.length >= 1);
    assert.equal((await stack.keys('scores/detector=shop/')).length, 30);
    assert.deepEqual(await stack.keys('incidents/'), []);
    // The exporter's own place is as it was.
    const { exportedUntil } = await stack.getJson<{ exportedUntil?: number }>(stateKey('shop'));
    assert.equal(exportedUntil, undefined);
  });

  it('is harmless again: what stands is kept, and the model is as it was', async () => {
    const asked = prometheus.requests.length;
    const result = (await start({ detector: 'shop', from: dayBefore(30), to: dayBefore(1) })) as {
      outcome: string;
    };
    assert.equal(result.outcome, 'unchanged');
    assert.equal(prometheus.requests.length, asked);
  });

  it('is refused before a day of it is exported where it cannot hold', async () => {
    for (const [input, message] of [
      [{ detector: 'shop', from: '2026-02-30' }, /from is "2026-02-30", not a day such as/],
      [
        { detector: 'shop', from: dayBefore(3), to: dayBefore(0) },
        /the schedule of shop exports from .* on, and a backfill ends before/,
      ],
      [{ detector: 'shop', from: dayBefore(3), untill: dayBefore(2) }, /a backfill has no "untill"/],
      [{ detector: 'shop', from: '1999-01-01' }, /are \d+ days, and a backfill has 3660 at most/],
    ] as const)
      await assert.rejects(start(input), (error) => {
        assert.ok(error instanceof StateError);
        assert.equal(error.error, 'TidewatchError');
        assert.match(error.message, message);
        return true;
      });
  });

  it('has a role that uses all that it may', () => {
    const unused = stack.service.emulator.access.listUnused().filter(({ role }) => /Backfill/.test(role));
    assert.deepEqual(unused, []);
  });
});
