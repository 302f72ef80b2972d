/** Parquet in, alert out: through the emulator and the functions' deployment zips, with nothing but the AWS SDK. */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { SubscribeCommand } from '@aws-sdk/client-sns';
import type { Alert } from '../../lib/alert/alert.ts';
import { correlationOf } from '../../lib/base/correlation.ts';
import type { DetectorState } from '../../lib/store/detector-state.ts';
import { type AlertQueue, subscribeQueue } from '../helpers/alert-queue.ts';
import { type LocalStack, startLocalStack } from '../helpers/local-stack.ts';
import { HISTORY, MINUTE, queryParquet, shopParquet, T0 } from '../helpers/shop-parquet.ts';
import { startWebhook, type Webhook } from '../helpers/webhook.ts';

const SHOP = 'windows/detector=shop';
/** Of the shop: ten minutes of payment, from the newest minute that the history has on. */
const FAULT = { pod: 'payment', from: 725, to: 735 };
/** Three of four rows open an incident, which begins with the first of them; what the mean of the newest five still shows keeps it open. */
const START = new Date(T0 + FAULT.from * MINUTE).toISOString();
const END = new Date(T0 + (FAULT.to + 4) * MINUTE).toISOString();

/** Grants of roles that this pipeline does not use, and who does. */
const USED_ELSEWHERE: readonly (readonly [grant: RegExp, by: string])[] = [
  [/ExportRole sqs:SendMessage .*-score$/, 'a silence that an export notices'],
  [/ExportRole s3:/, 'an export from a Prometheus: test/peers/prometheus-pipeline.test.ts'],
  [/ s3:(Get|Put)ObjectTagging /, 'a file with tags that cannot be used: test/e2e/bad-input.test.ts'],
  [/(Score|Train)Role s3:(Get|Put)Object .*\/quarantine\/\*$/, 'test/e2e/bad-input.test.ts'],
  [/TrainRole sqs:SendMessage .*-train$/, 'a training in several runs: test/long/long-training.test.ts'],
  [/ScoreRole sqs:SendMessage .*-score$/, 'a backlog that takes longer than a run'],
  [/NotifyRole s3:(Get|Put)Object .*\/quarantine\/\*$/, 'a state of notifications that is cut'],
  [
    /NotifyRole sqs:SendMessage .*-notify$/,
    'what is due before the next tick, where the first message waits',
  ],
  [/NotifyRole s3:GetObject .*\/silences\/\*$/, 'what people silence: test/unit/jobs/notify'],
  [/NotifyRole s3:GetObject .*\/feedback\/\*$/, 'what people answered, for a page: test/e2e/pages.test.ts'],
  [
    /TrainRole s3:GetObject .*\/(exclusions|feedback|anomalies|incidents)\/\*$/,
    'a training after alerts, and what people said of them: test/e2e/answered-training.test.ts',
  ],
  [
    /TrainRole s3:DeleteObject /,
    'versions of over a year ago: test/unit/jobs/train/remove-old-versions.test.ts',
  ],
  [/ReceiptRole s3:ListBucket /, 'an incident that is not there'],
  [/ sqs:ChangeMessageVisibility /, 'nobody so far: Lambda needs the other three of its queue'],
];

let stack: LocalStack;
let everything: AlertQueue;
let web: Webhook;

before(async () => {
  stack = await startLocalStack();
  everything = await subscribeQueue(stack);
  web = await startWebhook();
});
after(async () => {
  await stack?.close();
  await web?.close();
});

describe('a file that is dropped, without a manifest', () => {
  let opened: Alert;
  let passing: AlertQueue;
  let failing: AlertQueue;
  let resolvedOnly: AlertQueue;

  it('is learned from until there is enough, and alerts nobody', async () => {
    await stack.put(`${SHOP}/monday.parquet`, await shopParquet({ from: 0, to: 200 }));
    await stack.idle();
    const state = await readState('shop');
    assert.equal(state.phase, 'learning');
    assert.deepEqual(
      Object.entries(state.learning).map(([key, { rows }]) => [key, rows]),
      [[`${SHOP}/monday.parquet`, 400]],
    );
    assert.deepEqual(await stack.keys('models/'), []);
    assert.deepEqual(await stack.keys('scores/'), []);
  });

  it('makes the detector train itself once the warmup is reached', async () => {
    await stack.put(
      `${SHOP}/from some/other folder+1/tüesday.parquet`,
      await shopParquet({ from: 200, to: 720 }),
    );
    await stack.idle();
    const state = await readState('shop');
    assert.equal(state.phase, 'active');
    const { version } = await stack.getJson<{ version: string }>('models/detector=shop/current.json');
    const manifest = await stack.getJson<{ rows: number; inputs: { key: string }[] }>(
      `models/detector=shop/version=${version}/manifest.json`,
    );
    assert.equal(manifest.rows, 1440);
    assert.deepEqual(
      manifest.inputs.map(({ key }) => key),
      [`${SHOP}/monday.parquet`, `${SHOP}/from some/other folder+1/tüesday.parquet`],
    );
    assert.equal((await stack.keys('scores/')).length, 2, 'the history is scored');
    assert.deepEqual(await everything.alerts(), [], 'and alerts nobody');
    assert.equal(stack.metric('train', 'ModelsTrained', 'shop'), 1);
  });

  it('alerts once of a fault, and says why', async () => {
    passing = await subscribeQueue(stack, { severity: ['warning'], entity: ['payment'], state: ['opened'] });
    failing = await subscribeQueue(stack, { severity: ['critical'] });
    resolvedOnly = await subscribeQueue(stack, { state: ['resolved'], entity: [{ prefix: 'pay' }] });
    const topic = stack.service.deployment.outputs['AlertTopicArn'];
    for (const [Protocol, Endpoint] of [
      ['http', web.url],
      ['email', 'sre@example.com'],
    ])
      await stack.sns.send(new SubscribeCommand({ TopicArn: topic, Protocol, Endpoint }));

    await web.confirmed;

    await stack.put(`${SHOP}/new.parquet`, await shopParquet({ from: 720, to: 735, fault: FAULT }));
    await everything.waitFor(1);
    await stack.idle();
    const messages = await everything.messages();
    assert.equal(messages.length, 1);
    opened = JSON.parse(messages[0]?.Body ?? '') as Alert;
    const { version } = await stack.getJson<{ version: string }>('models/detector=shop/current.json');
    const { reasons, score, threshold, summary, worst, ...rest } = opened;
    const anomaly = `anomalies/detector=shop/${opened.incidentId}.json`;
    assert.deepEqual(rest, {
      formatVersion: 1,
      notificationId: `${opened.incidentId}-0001`,
      incidentId: opened.incidentId,
      state: 'opened',
      detector: 'shop',
      targetService: null,
      entity: 'payment',
      severity: 'warning',
      reasonsLeftOut: 0,
      by: 'evidence',
      falseAlarms: { count: 1, per: 7 * 24 * 60 * MINUTE },
      start: START,
      lastAnomalous: new Date(T0 + (FAULT.to - 1) * MINUTE).toISOString(),
      end: null,
      model: {
        version,
        kind: 'auto',
        trainedFrom: new Date(T0).toISOString(),
        trainedTo: new Date(T0 + 720 * MINUTE).toISOString(),
      },
      objects: {
        bucket: stack.bucket,
        region: 'us-east-1',
        window: `${SHOP}/new.parquet`,
        scores: 'scores/detector=shop/new.parquet',
        incident: `incidents/${opened.incidentId}.json`,
        page: `incidents/${opened.incidentId}.html`,
        anomaly,
      },
      firstCulprit: { detector: 'shop', workload: 'payment' },
      members: [
        {
          anomalyId: opened.incidentId,
          detector: 'shop',
          entity: 'payment',
          workload: 'payment',
          state: 'opened',
          start: START,
          end: null,
          summary,
          object: anomaly,
        },
      ],
      membersLeftOut: 0,
    });
    assert.ok(score > threshold, `${score} is above ${threshold}`);
    assert.match(summary, /payment.*(cpu|memory)/);
    await assertReasons(reasons);
    assert.equal(worst?.metric, reasons[0]?.metric);
    assert.ok(worst!.value > 5 * worst!.usualHigh, `${worst!.value} beyond ${worst!.usualHigh}`);
    assert.deepEqual(attributesOf(messages[0]?.MessageAttributes), {
      detector: 'shop',
      severity: 'warning',
      entity: 'payment',
      metric: reasons[0]?.metric,
      state: 'opened',
      correlationId: correlationOf(`${SHOP}/new.parquet`),
    });
  });

  it('reaches the subscribers whose filter it passes, and no others', async () => {
    assert.deepEqual(
      (await passing.alerts()).map(({ notificationId }) => notificationId),
      [opened.notificationId],
    );
    assert.deepEqual(await failing.alerts(), []);
    assert.deepEqual(await resolvedOnly.alerts(), []);
  });

  it('reaches a webhook that confirmed, and the mailbox', async () => {
    await web.waitFor(1);
    assert.deepEqual(
      web.notifications.map((message) => (JSON.parse(message) as Alert).notificationId),
      [opened.notificationId],
    );
    const outbox = stack.service.emulator.outboxDir;
    const mails = await Promise.all(
      (await readdir(outbox)).map((file) => readFile(`${outbox}/${file}`, 'utf8')),
    );
    const told = mails.filter((mail) => mail.includes('sre@example.com') && mail.includes('payment'));
    assert.equal(told.length, 1);
    assert.match(told[0] ?? '', /^Subject: .*payment/m);
  });

  it('leaves an incident object and scores that DuckDB reads', async () => {
    const incident = await stack.getJson<{ state: string; changes: { sequence: number; alert: Alert }[] }>(
      opened.objects.incident,
    );
    assert.equal(incident.state, 'opened');
    assert.deepEqual(incident.changes, [{ sequence: 1, alert: opened }]);
    const scores = await stack.get(opened.objects.scores);
    assert.ok(scores);
    const rows = await queryParquet(
      scores,
      `SELECT entity, count(*)::INT AS n, count(*) FILTER (anomalous)::INT AS anomalous, max(evidence) AS worst,
        any_value(threshold) AS threshold, any_value(model_version) AS version,
        min(timestamp) FILTER (anomalous) AS first FROM FILE GROUP BY ALL ORDER BY entity`,
    );
    const common = { n: 15, threshold: opened.threshold, version: opened.model.version };
    assert.equal(rows.length, 2);
    assert.deepEqual(rows[1], {
      ...common,
      entity: 'payment',
      anomalous: 8,
      worst: opened.score,
      // The third of the rows that are off: the rows before it are no anomaly by themselves.
      first: new Date(T0 + (FAULT.from + 2) * MINUTE),
    });
    assert.equal(rows[0]?.['entity'], 'cart');
    assert.ok((rows[0]?.['worst'] as number) < opened.score);
  });

  it('comes to an end once the fault is over', async () => {
    await stack.put(`${SHOP}/later.parquet`, await shopParquet({ from: 735, to: 765 }));
    const [, resolved] = await everything.waitFor(2);
    assert.equal(resolved?.state, 'resolved');
    assert.equal(resolved.incidentId, opened.incidentId);
    assert.equal(resolved.start, START);
    assert.equal(resolved.end, END);
    const incident = await stack.getJson<{ state: string; end: string; changes: unknown[] }>(
      opened.objects.incident,
    );
    assert.deepEqual([incident.state, incident.end, incident.changes.length], ['resolved', END, 2]);
    assert.deepEqual(
      (await resolvedOnly.alerts()).map(({ notificationId }) => notificationId),
      [resolved.notificationId],
    );
    assert.equal((await passing.alerts()).length, 1);
    const { outbox } = await readState('shop');
    assert.deepEqual(outbox, []);
  });
});

describe('an event that comes again', () => {
  it('publishes nothing twice: ten at once on new windows, and five more afterwards', async () => {
    const prefix = 'windows/detector=again';
    await stack.put(`${prefix}/history.parquet`, await shopParquet(HISTORY));
    await stack.idle();
    const before = (await everything.alerts()).length;
    const key = `${prefix}/new.parquet`;
    const event = objectCreated(key);
    const body = await shopParquet({ from: 720, to: 750, fault: FAULT });
    const invoke = (): Promise<unknown> =>
      stack.lambda.send(
        new InvokeCommand({
          FunctionName: 'tidewatch-dev-score',
          Payload: JSON.stringify({
            Records: [{ messageId: 'by-hand', body: JSON.stringify(event), attributes: {} }],
          }),
        }),
      );
    await stack.put(key, body);
    await Promise.all([
      ...Array.from({ length: 2 }, invoke),
      ...Array.from({ length: 8 }, () => stack.send('ScoreQueue', event)),
    ]);
    await everything.waitFor(before + 2);
    await stack.idle();
    for (let i = 0; i < 5; i++) await stack.send('ScoreQueue', event);
    await stack.idle();
    const alerts = (await everything.alerts()).slice(before);
    assert.deepEqual(alerts.map(({ state, entity, start }) => `${state} ${entity} ${start}`).sort(), [
      `opened payment ${START}`,
      `resolved payment ${START}`,
    ]);
    assert.equal(stack.metric('notify', 'AlertsPublished', 'again'), 2);
    assert.deepEqual((await readState('again')).outbox, []);
  });

  it('does not alert again of a window that is written again, or whose scores were deleted', async () => {
    const before = (await everything.alerts()).length;
    await stack.put(
      'windows/detector=again/new.parquet',
      await shopParquet({ from: 720, to: 750, fault: { ...FAULT, to: 734 } }),
    );
    await stack.idle();
    await stack.s3.send(
      new DeleteObjectCommand({ Bucket: stack.bucket, Key: 'scores/detector=again/new.parquet' }),
    );
    await stack.send('ScoreQueue', { detector: 'again' });
    await stack.idle();
    assert.ok(await stack.get('scores/detector=again/new.parquet'), 'it is scored again');
    assert.equal((await everything.alerts()).length, before);
  });
});

describe('the roles of the functions', () => {
  it('refuse nothing that a function asks for', () => {
    assert.deepEqual(stack.service.emulator.access.denials, []);
  });

  it('grant nothing that nobody uses, here or elsewhere', (context) => {
    const unused = stack.service.emulator.access
      .listUnused()
      .map(({ role, action, resource }) => `${role} ${action} ${resource}`);
    for (const grant of unused) context.diagnostic(`not used here: ${grant}`);
    assert.deepEqual(
      unused.filter((grant) => !USED_ELSEWHERE.some(([pattern]) => pattern.test(grant))),
      [],
    );
  });
});

/** The fault is in cpu and, much less, in memory; the values are ones that were measured, all in the same row. */
async function assertReasons(reasons: Alert['reasons']): Promise<void> {
  const named = reasons.map(({ metric }) => metric);
  assert.equal(named[0], 'cpu');
  assert.ok(!named.includes('requests'), 'what was not part of it is no reason');
  assert.deepEqual(
    reasons.map(({ share }) => share),
    reasons.map(({ share }) => share).toSorted((a, b) => b - a),
  );
  assert.ok(Math.abs(reasons.reduce((sum, { share }) => sum + share, 0) - 1) < 0.01);
  for (const { usualLow, usual, usualHigh, value, metric } of reasons) {
    assert.ok(usualLow > 80 && usualLow < usual && usual < usualHigh && usualHigh < 120, metric);
    assert.ok(value !== null && value > 2 * usualHigh, `${metric} ${value}`);
  }
  const row = reasons.map(({ metric, value }) => `${metric} = ${value}`).join(' AND ');
  const [found] = await queryParquet(
    await shopParquet({ from: 720, to: 735, fault: FAULT }),
    `SELECT count(*)::INT AS rows FROM FILE WHERE pod = 'payment' AND ${row}`,
  );
  assert.equal(found?.['rows'], 1, row);
}

function objectCreated(key: string): object {
  return {
    Records: [
      {
        eventSource: 'aws:s3',
        eventName: 'ObjectCreated:Put',
        s3: { bucket: { name: stack.bucket }, object: { key: encodeURIComponent(key) } },
      },
    ],
  };
}

function readState(detector: string): Promise<DetectorState> {
  return stack.getJson<DetectorState>(`state/detector=${detector}.json`);
}

function attributesOf(
  attributes: Readonly<Record<string, { StringValue?: string | undefined }>> | undefined,
): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(attributes ?? {}).map(([name, { StringValue }]) => [name, StringValue]),
  );
}
