/** A queue, its receivers, and what becomes of an alert where they do not take it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Alert } from '../../../../lib/alert/alert.ts';
import type { ReceiverSetting } from '../../../../lib/config/receiver-settings.ts';
import { type DeliverOutcome, deliver } from '../../../../lib/jobs/deliver/deliver.ts';
import { createSecretCache } from '../../../../lib/jobs/deliver/secret-cache.ts';
import { toAlertmanagerAlerts } from '../../../../lib/receivers/alertmanager.ts';
import { toOpsgenieRequests } from '../../../../lib/receivers/opsgenie.ts';
import { toPagerDutyEvent } from '../../../../lib/receivers/pagerduty.ts';
import { toSlackMessage } from '../../../../lib/receivers/slack.ts';
import { toTeamsMessage } from '../../../../lib/receivers/teams.ts';
import { createAlert } from '../../../helpers/alerts.ts';
import { createMemoryObjectStore } from '../../../helpers/memory-object-store.ts';
import { createMemoryTelemetry, type MemoryTelemetry } from '../../../helpers/memory-telemetry.ts';
import { startReceiverServer } from '../../../helpers/receiver-server.ts';

const HOUR = 3_600_000;
const NOW = Date.parse('2026-11-22T10:00:00Z');
const TOKEN = 'hunter2hunter2';

interface World {
  readonly telemetry: MemoryTelemetry;
  readonly store: ReturnType<typeof createMemoryObjectStore>;
  /** By ARN; may be changed. */
  readonly secrets: Map<string, string>;
  /** ARNs, in the order in which they were read. */
  readonly reads: readonly string[];
  /** Bodies that wait, each with the attempts so far. */
  readonly queue: { body: string; attempts: number }[];
  /** Names of receivers whose messages the queue does not take. */
  readonly refusedByQueue: Set<string>;
  /** Takes every message that waits, once. */
  run(): Promise<DeliverOutcome[]>;
}

/** What is published to it is in the queue as the topic puts it there. */
function createWorld(
  receivers: readonly ReceiverSetting[],
  secrets: Readonly<Record<string, string>>,
  published: readonly (Alert | string)[],
): World {
  const telemetry = createMemoryTelemetry();
  const store = createMemoryObjectStore();
  const texts = new Map(Object.entries(secrets));
  const reads: string[] = [];
  const refusedByQueue = new Set<string>();
  const queue = published.map((alert) => ({
    body: typeof alert === 'string' ? alert : JSON.stringify(alert),
    attempts: 0,
  }));
  const context = {
    receivers,
    repeatInterval: 24 * HOUR,
    secrets: createSecretCache(async (arn) => {
      reads.push(arn);
      const text = texts.get(arn);
      if (text === undefined) throw new Error(`AccessDenied: ${arn}`);
      return text;
    }),
    store,
    telemetry,
    now: () => NOW,
    timeoutMs: 300,
    enqueue: async (body: string) => {
      if (refusedByQueue.has((JSON.parse(body) as { receiver: string }).receiver))
        throw new Error('throttled');
      queue.push({ body, attempts: 0 });
    },
  };
  return {
    telemetry,
    store,
    secrets: texts,
    reads,
    queue,
    refusedByQueue,
    async run() {
      const outcomes: DeliverOutcome[] = [];
      for (const message of queue.splice(0)) {
        const attempts = message.attempts + 1;
        const outcome = await deliver({ body: message.body, attempt: attempts }, context);
        outcomes.push(outcome);
        if (outcome.kind === 'failed') queue.push({ body: message.body, attempts });
      }
      return outcomes;
    },
  };
}

const FAILED_ONCE: DeliverOutcome = { kind: 'failed', retryIn: 30_000 };
const DONE: DeliverOutcome = { kind: 'done' };

test('each receiver gets its request: method, path, credentials, body', async () => {
  await using server = await startReceiverServer();
  const receivers: readonly ReceiverSetting[] = [
    { name: 'alertmanager', url: `${server.url}/am`, secretArn: 'arn:am' },
    { name: 'pagerduty', url: `${server.url}/v2/enqueue`, secretArn: 'arn:pd' },
    { name: 'opsgenie', url: server.url, secretArn: 'arn:og' },
    { name: 'slack', secretArn: 'arn:slack' },
    { name: 'teams', secretArn: 'arn:teams' },
  ];
  const secrets = {
    'arn:am': 'user:password',
    'arn:pd': 'routing',
    'arn:og': 'genie',
    'arn:slack': `${server.url}/services/T0/B0/${TOKEN}`,
    'arn:teams': `${server.url}/workflows/1?sig=${TOKEN}`,
  };
  const alert = createAlert({ state: 'escalated', severity: 'critical' });
  const world = createWorld(receivers, secrets, [alert]);
  assert.deepEqual(await world.run(), [DONE]);
  assert.equal(world.queue.length, 5, 'a message for each');
  assert.deepEqual(server.requests, [], 'and nothing else yet');
  assert.deepEqual(await world.run(), [DONE, DONE, DONE, DONE, DONE]);

  const contentType = 'application/json';
  const [priority, note] = toOpsgenieRequests(alert);
  assert.deepEqual(server.requests, [
    {
      method: 'POST',
      path: '/am/api/v2/alerts',
      authorization: `Basic ${Buffer.from('user:password').toString('base64')}`,
      contentType,
      body: plain(toAlertmanagerAlerts(alert, { now: NOW, openFor: 25 * HOUR })),
    },
    {
      method: 'POST',
      path: '/v2/enqueue',
      authorization: undefined,
      contentType,
      body: plain(toPagerDutyEvent(alert, 'routing')),
    },
    {
      method: 'PUT',
      path: '/v2/alerts/inc1/priority?identifierType=alias',
      authorization: 'GenieKey genie',
      contentType,
      body: priority?.body,
    },
    {
      method: 'POST',
      path: '/v2/alerts/inc1/notes?identifierType=alias',
      authorization: 'GenieKey genie',
      contentType,
      body: note?.body,
    },
    {
      method: 'POST',
      path: `/services/T0/B0/${TOKEN}`,
      authorization: undefined,
      contentType,
      body: plain(toSlackMessage(alert)),
    },
    {
      method: 'POST',
      path: `/workflows/1?sig=${TOKEN}`,
      authorization: undefined,
      contentType,
      body: plain(toTeamsMessage(alert)),
    },
  ]);
  assert.equal(world.telemetry.total('AlertsDelivered', 'shop'), 5);
  assert.deepEqual(world.reads, ['arn:am', 'arn:pd', 'arn:og', 'arn:slack', 'arn:teams']);
});

test('Alertmanager may need no secret, or a token', async () => {
  await using server = await startReceiverServer();
  for (const [secretArn, authorization] of [
    [undefined, undefined],
    ['arn:am', 'Bearer token'],
  ] as const) {
    const receivers: ReceiverSetting[] = [{ name: 'alertmanager', url: server.url, secretArn }];
    const world = createWorld(receivers, { 'arn:am': 'token' }, [createAlert()]);
    await world.run();
    assert.deepEqual(await world.run(), [DONE]);
    assert.equal(server.requests.at(-1)?.authorization, authorization);
    assert.equal(server.requests.at(-1)?.path, '/api/v2/alerts');
  }
});

test('a digest goes to those who read, and wakes nobody', async () => {
  await using server = await startReceiverServer();
  const receivers: readonly ReceiverSetting[] = [
    { name: 'alertmanager', url: server.url, secretArn: undefined },
    { name: 'pagerduty', url: server.url, secretArn: 'arn:pd' },
    { name: 'opsgenie', url: server.url, secretArn: 'arn:og' },
    { name: 'slack', secretArn: 'arn:slack' },
  ];
  const secrets = { 'arn:pd': 'key', 'arn:og': 'key', 'arn:slack': `${server.url}/slack` };
  const world = createWorld(receivers, secrets, [createAlert({ state: 'digest' })]);
  await world.run();
  assert.deepEqual(await world.run(), [DONE, DONE, DONE, DONE]);
  assert.deepEqual(
    server.requests.map(({ path }) => path),
    ['/slack'],
  );
});

test('one of two that is down is tried again by itself: the other hears once', async () => {
  await using slack = await startReceiverServer();
  await using teams = await startReceiverServer();
  const world = createWorld(
    [
      { name: 'slack', secretArn: 'arn:slack' },
      { name: 'teams', secretArn: 'arn:teams' },
    ],
    { 'arn:slack': `${slack.url}/hook`, 'arn:teams': `${teams.url}/hook` },
    [createAlert()],
  );
  slack.answer({ status: 500 }, { status: 503, text: 'upstream' }, { status: 408 });
  await world.run();
  assert.deepEqual(await world.run(), [FAILED_ONCE, DONE]);
  assert.deepEqual(await world.run(), [{ kind: 'failed', retryIn: 60_000 }]);
  assert.deepEqual(await world.run(), [{ kind: 'failed', retryIn: 120_000 }]);
  assert.deepEqual(await world.run(), [DONE]);
  assert.deepEqual(world.queue, []);
  assert.equal(slack.requests.length, 4);
  assert.equal(teams.requests.length, 1);
  assert.equal(world.telemetry.total('AlertsDelivered'), 2);
  assert.equal(world.telemetry.total('AlertsRefused'), 0);
});

test('where the queue fails while a message is divided, the message comes back', async () => {
  await using server = await startReceiverServer();
  const receivers: readonly ReceiverSetting[] = [
    { name: 'alertmanager', url: server.url, secretArn: undefined },
    slackAt('arn:slack'),
  ];
  const world = createWorld(receivers, { 'arn:slack': `${server.url}/slack` }, [createAlert()]);
  world.refusedByQueue.add('slack');
  assert.deepEqual(await world.run(), [FAILED_ONCE]);
  world.refusedByQueue.clear();
  await world.run();
  await world.run();
  assert.deepEqual(world.queue, []);
  assert.deepEqual(
    server.requests.map(({ path }) => path).sort(),
    ['/api/v2/alerts', '/api/v2/alerts', '/slack'],
    'twice for the one that knows an alert that it has',
  );
});

test('waits grow to a quarter of an hour, and go no further', async () => {
  await using server = await startReceiverServer();
  const world = createWorld([slackAt('arn:slack')], { 'arn:slack': server.url }, [createAlert()]);
  await world.run();
  server.answer(...Array.from({ length: 10 }, () => ({ status: 500 })));
  const waits: number[] = [];
  for (let attempt = 1; attempt <= 10; attempt++)
    for (const outcome of await world.run())
      if (outcome.kind === 'failed') waits.push(outcome.retryIn / 1000);
  assert.deepEqual(waits, [30, 60, 120, 240, 480, 900, 900, 900, 900, 900]);
});

test('Retry-After is kept, within bounds', async () => {
  await using server = await startReceiverServer();
  const cases: readonly (readonly [string, number])[] = [
    ['100', 100_000],
    ['1', 30_000],
    ['86400', 900_000],
    [new Date(NOW + 200_000).toUTCString(), 200_000],
    ['soon', 30_000],
  ];
  for (const [header, retryIn] of cases) {
    const world = createWorld([slackAt('arn:slack')], { 'arn:slack': server.url }, [createAlert()]);
    await world.run();
    server.answer({ status: 429, headers: { 'retry-after': header } });
    assert.deepEqual(await world.run(), [{ kind: 'failed', retryIn }], header);
    assert.deepEqual(await world.run(), [DONE]);
  }
});

test('what is refused for good is logged and counted, cleaned of secrets, and not sent again', async () => {
  await using server = await startReceiverServer();
  const path = `/services/T0/B0/${TOKEN}`;
  for (const status of [400, 404, 410, 302]) {
    const world = createWorld([slackAt('arn:slack')], { 'arn:slack': server.url + path }, [createAlert()]);
    await world.run();
    const text = `no_service\u001b[31m at ${path}\n${'x'.repeat(40_000)}`;
    server.answer({ status, text, headers: { location: `${server.url}/elsewhere` } });
    assert.deepEqual(await world.run(), [DONE]);
    assert.deepEqual(await world.run(), []);
    assert.equal(world.telemetry.total('AlertsRefused', 'shop'), 1);
    assert.equal(world.telemetry.total('AlertsDelivered'), 0);
    const [refused] = world.telemetry.lines.filter(({ level }) => level === 'error');
    assert.equal(refused?.message, 'alert refused');
    const { reason, ...fields } = refused.fields;
    assert.deepEqual(fields, {
      correlationId: 'shop@20261122T080000Z',
      receiver: 'slack',
      detector: 'shop',
      notificationId: 'inc1-0001',
      status,
    });
    assert.match(String(reason), /^no_service \[31m at \[hidden\] x+…$/);
    assert.equal(String(reason).length, 501);
  }
  assert.equal(server.requests.length, 4, 'no redirect is followed');
});

test('one that does not answer in time, or is not there, is tried again; no text shows a secret', async () => {
  await using server = await startReceiverServer();
  const gone = await startReceiverServer();
  await gone[Symbol.asyncDispose]();
  const cases = [
    [server.url, /^ReceiverError: slack gave no answer within 300 ms$/],
    [gone.url, /^ReceiverError: slack could not be asked: ECONNREFUSED /],
    // A port that fetch refuses.
    ['http://127.0.0.1:1', /^ReceiverError: slack could not be asked: /],
  ] as const;
  for (const [url, error] of cases) {
    server.answer('silence');
    const secrets = { 'arn:slack': `${url}/services/${TOKEN}` };
    const world = createWorld([slackAt('arn:slack')], secrets, [createAlert()]);
    await world.run();
    assert.deepEqual(await world.run(), [FAILED_ONCE]);
    const [line] = world.telemetry.lines.filter(({ level }) => level === 'warn');
    assert.match(String(line?.fields['error']), error);
    assert.doesNotMatch(JSON.stringify(world.telemetry.lines), new RegExp(TOKEN));
  }
});

test('a secret is read once, and again where it is refused: a new one is tried at once', async () => {
  await using server = await startReceiverServer();
  const receivers: ReceiverSetting[] = [{ name: 'opsgenie', url: server.url, secretArn: 'arn:og' }];
  const world = createWorld(receivers, { 'arn:og': 'old' }, [createAlert(), createAlert()]);
  await world.run();
  assert.deepEqual(await world.run(), [DONE, DONE]);
  assert.deepEqual(world.reads, ['arn:og']);
  world.secrets.set('arn:og', 'new');
  world.queue.push(...[1, 2].map(() => ({ body: JSON.stringify(createAlert()), attempts: 0 })));
  await world.run();
  server.answer({ status: 401, text: '{"message":"Key old"}' });
  assert.deepEqual(await world.run(), [DONE, DONE]);
  assert.deepEqual(
    server.requests.map(({ authorization }) => authorization),
    ['GenieKey old', 'GenieKey old', 'GenieKey old', 'GenieKey new', 'GenieKey new'],
  );
  assert.deepEqual(world.reads, ['arn:og', 'arn:og']);
  assert.equal(world.telemetry.total('AlertsDelivered'), 4);
});

test('where the secret is still the same, the refusal stands', async () => {
  await using server = await startReceiverServer();
  const world = createWorld([slackAt('arn:slack')], { 'arn:slack': `${server.url}/hook` }, [createAlert()]);
  await world.run();
  server.answer({ status: 403, text: 'invalid_token' });
  assert.deepEqual(await world.run(), [DONE]);
  assert.deepEqual(world.reads, ['arn:slack', 'arn:slack']);
  assert.equal(server.requests.length, 1);
  assert.equal(world.telemetry.total('AlertsRefused'), 1);
});

test('a secret that cannot be read, or has another form, leaves the message in the queue until it is mended', async () => {
  await using server = await startReceiverServer();
  const world = createWorld([slackAt('arn:slack')], {}, [createAlert()]);
  await world.run();
  assert.deepEqual(await world.run(), [FAILED_ONCE]);
  world.secrets.set('arn:slack', `not an address ${TOKEN}`);
  assert.deepEqual(await world.run(), [{ kind: 'failed', retryIn: 60_000 }]);
  assert.doesNotMatch(JSON.stringify(world.telemetry.lines), new RegExp(TOKEN));
  const levels = world.telemetry.lines.map(({ level, message }) => `${level} ${message}`);
  assert.deepEqual(levels, ['error delivery put off', 'error delivery put off']);
  world.secrets.set('arn:slack', `${server.url}/hook`);
  assert.deepEqual(await world.run(), [DONE]);
  assert.equal(server.requests.length, 1);
});

test('a message that was late does not open again what has ended; its end, and what only tells, goes through', async () => {
  await using server = await startReceiverServer();
  const receivers: readonly ReceiverSetting[] = [
    { name: 'pagerduty', url: `${server.url}/pagerduty`, secretArn: 'arn:pd' },
    { name: 'slack', secretArn: 'arn:slack' },
  ];
  const secrets = { 'arn:pd': 'key', 'arn:slack': `${server.url}/slack` };
  const end = '2026-11-22T08:09:00.000Z';
  const opened = createAlert();
  const resolved = createAlert({ state: 'resolved', end, notificationId: 'inc1-0002' });
  const world = createWorld(receivers, secrets, [opened, resolved]);
  await world.run();
  const incident = { formatVersion: 1, state: 'opened' };
  await world.store.put(opened.objects.incident, encode(incident));
  // The opening's two, and the end's: PagerDuty is down for the first.
  server.answer({ status: 500 });
  await world.store.put(opened.objects.incident, encode({ ...incident, state: 'opened' }));
  assert.deepEqual(await world.run(), [FAILED_ONCE, DONE, DONE, DONE]);
  await world.store.put(opened.objects.incident, encode({ ...incident, state: 'resolved' }));
  assert.deepEqual(await world.run(), [DONE]);
  assert.deepEqual(
    server.requests.map(({ path, body }) => `${path} ${(body as { event_action?: string }).event_action}`),
    ['/pagerduty trigger', '/slack undefined', '/pagerduty resolve', '/slack undefined'],
  );
  const passed = world.telemetry.lines.filter(({ message }) => message.startsWith('alert passed over'));
  assert.equal(passed.length, 1);
});

test('an end that was late does not close what is back', async () => {
  await using server = await startReceiverServer();
  const receivers: ReceiverSetting[] = [{ name: 'pagerduty', url: server.url, secretArn: 'arn:pd' }];
  const end = '2026-11-22T08:09:00.000Z';
  const resolved = createAlert({ state: 'resolved', end, notificationId: 'inc1-0002' });
  const sentWhere = async (state: string, newest: number): Promise<number> => {
    const before = server.requests.length;
    const world = createWorld(receivers, { 'arn:pd': 'key' }, [resolved]);
    const changes = Array.from({ length: newest }, (_, at) => ({
      sequence: at + 1,
      alert: { notificationId: `inc1-000${at + 1}` },
    }));
    await world.store.put(resolved.objects.incident, encode({ formatVersion: 1, state, changes }));
    await world.run();
    await world.run();
    return server.requests.length - before;
  };
  assert.equal(await sentWhere('opened', 1), 1, 'of which its object does not know yet');
  assert.equal(await sentWhere('resolved', 2), 1);
  assert.equal(await sentWhere('updated', 3), 0);
  assert.equal(await sentWhere('resolved', 4), 1);
});

test('a late message is as loud as its incident is by now, and one that nobody can read holds up none', async () => {
  await using server = await startReceiverServer();
  const receivers: ReceiverSetting[] = [{ name: 'pagerduty', url: server.url, secretArn: 'arn:pd' }];
  const opened = createAlert({ severity: 'warning' });
  const world = createWorld(receivers, { 'arn:pd': 'key' }, [opened, opened]);
  await world.run();
  await world.store.put(opened.objects.incident, encode({ state: 'escalated', severity: 'critical' }));
  const [late] = world.queue.splice(0, 1);
  const second = world.queue.splice(0);
  world.queue.push(late!);
  assert.deepEqual(await world.run(), [DONE]);
  await world.store.put(opened.objects.incident, new TextEncoder().encode('{"formatVer'));
  world.queue.push(...second);
  assert.deepEqual(await world.run(), [DONE]);
  assert.deepEqual(
    server.requests.map(({ body }) => (body as { payload: { severity: string } }).payload.severity),
    ['critical', 'warning'],
  );
  assert.ok(world.telemetry.lines.some(({ message }) => message.startsWith('alert sent as it came')));
});

test('an address that was taken back is read anew from its secret, whatever the service answers', async () => {
  await using server = await startReceiverServer();
  const world = createWorld([slackAt('arn:slack')], { 'arn:slack': `${server.url}/old` }, [createAlert()]);
  await world.run();
  assert.deepEqual(await world.run(), [DONE]);
  world.secrets.set('arn:slack', `${server.url}/new`);
  world.queue.push({ body: JSON.stringify(createAlert()), attempts: 0 });
  await world.run();
  server.answer({ status: 404, text: 'no_service' });
  assert.deepEqual(await world.run(), [DONE]);
  assert.deepEqual(
    server.requests.map(({ path }) => path),
    ['/old', '/old', '/new'],
  );
  assert.equal(world.telemetry.total('AlertsDelivered'), 2);
});

test('what is no alert comes back, and what waits for a receiver that was taken out is passed over', async () => {
  await using server = await startReceiverServer();
  const world = createWorld([slackAt('arn:slack')], { 'arn:slack': server.url }, [
    'no alert',
    '{"formatVersion":1}',
    JSON.stringify({ receiver: 'opsgenie', alert: createAlert() }),
  ]);
  assert.deepEqual(await world.run(), [FAILED_ONCE, FAILED_ONCE, DONE]);
  assert.deepEqual(server.requests, []);
  assert.ok(world.telemetry.lines.some(({ message }) => message.includes('is not configured any more')));
});

function slackAt(secretArn: string): ReceiverSetting {
  return { name: 'slack', secretArn };
}

/** As JSON carries it. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

function encode(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

test('what a receiver tells again of the alert shows no link that answers it', async () => {
  await using server = await startReceiverServer();
  const signature = 'a'.repeat(43);
  const page = `https://pages.example.com/i/inc1?e=1800000000&s=${signature}`;
  const alert = createAlert({ links: { page, expires: '2027-01-15T08:00:00.000Z' } });
  const world = createWorld([{ name: 'alertmanager', url: server.url, secretArn: undefined }], {}, [alert]);
  for (const status of [400, 503]) {
    server.answer({ status, text: `invalid: {"generatorURL":"${page}"}` });
    world.queue.splice(0, Infinity, { body: JSON.stringify(alert), attempts: 0 });
    await world.run();
    await world.run();
  }
  const lines = JSON.stringify(world.telemetry.lines);
  assert.match(lines, /alert refused.*generatorURL.*delivery put off.*generatorURL/);
  assert.ok(!lines.includes(signature), lines);
});
