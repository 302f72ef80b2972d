/** Where alerts are delivered to, and the secrets with which. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SettingError } from '../../../lib/base/errors.ts';
import { resolveReceiver, secretsOfReceiver } from '../../../lib/config/receiver-secret.ts';
import type { ReceiverSetting } from '../../../lib/config/receiver-settings.ts';
import { type Environment, readSettings } from '../../../lib/config/settings.ts';

const arn = (name: string): string => `arn:aws:secretsmanager:eu-west-1:123456789012:secret:${name}-AbCdEf`;
const receiversOf = (env: Environment): readonly ReceiverSetting[] =>
  readSettings(env, ['receivers']).receivers;
const ADDRESSES: Environment = {
  TIDEWATCH_PAGERDUTY_URL: 'https://events.pagerduty.com/v2/enqueue',
  TIDEWATCH_OPSGENIE_URL: 'https://api.opsgenie.com/',
};

test('none is set: no receiver, whatever the addresses are', () => {
  assert.deepEqual(receiversOf({}), []);
  assert.deepEqual(receiversOf({ ...ADDRESSES, TIDEWATCH_SLACK_SECRET_ARN: ' ' }), []);
});

test('each is there by its secret, Alertmanager by its address', () => {
  const receivers = receiversOf({
    ...ADDRESSES,
    TIDEWATCH_SLACK_SECRET_ARN: arn('slack'),
    TIDEWATCH_TEAMS_SECRET_ARN: arn('teams'),
    TIDEWATCH_PAGERDUTY_SECRET_ARN: arn('pagerduty'),
    TIDEWATCH_OPSGENIE_SECRET_ARN: arn('opsgenie'),
    TIDEWATCH_ALERTMANAGER_URL: 'http://alertmanager:9093/prefix/',
  });
  assert.deepEqual(receivers, [
    { name: 'alertmanager', url: 'http://alertmanager:9093/prefix', secretArn: undefined },
    { name: 'pagerduty', url: 'https://events.pagerduty.com/v2/enqueue', secretArn: arn('pagerduty') },
    { name: 'opsgenie', url: 'https://api.opsgenie.com', secretArn: arn('opsgenie') },
    { name: 'slack', secretArn: arn('slack') },
    { name: 'teams', secretArn: arn('teams') },
  ]);
});

test('what is wrong is named, and a secret that stands in the wrong place is not shown', () => {
  const message = refusal(() =>
    receiversOf({
      TIDEWATCH_SLACK_SECRET_ARN: 'https://hooks.slack.com/services/T0/B0/hunter2',
      TIDEWATCH_PAGERDUTY_SECRET_ARN: arn('pagerduty'),
      TIDEWATCH_OPSGENIE_SECRET_ARN: arn('opsgenie'),
      TIDEWATCH_OPSGENIE_URL: 'ftp://api.opsgenie.com',
      TIDEWATCH_ALERTMANAGER_SECRET_ARN: arn('alertmanager'),
    }),
  );
  for (const part of [
    /TIDEWATCH_SLACK_SECRET_ARN is no ARN/,
    /TIDEWATCH_PAGERDUTY_URL is not set/,
    /TIDEWATCH_OPSGENIE_URL is "ftp:/,
    /TIDEWATCH_ALERTMANAGER_URL is not set \(TIDEWATCH_ALERTMANAGER_SECRET_ARN is\)/,
  ])
    assert.match(message, part);
  assert.doesNotMatch(message, /hunter2/);
  for (const url of ['https://user:hunter2@host', 'https://host/?token=hunter2', 'user:hunter2@host'])
    assert.doesNotMatch(
      refusal(() => receiversOf({ TIDEWATCH_ALERTMANAGER_URL: url })),
      /hunter2/,
    );
});

test('a secret is the text itself, or a member of an object', () => {
  const slack: ReceiverSetting = { name: 'slack', secretArn: arn('slack') };
  const url = 'https://hooks.slack.com/services/T0000/B0000/hunter2hunter2';
  for (const text of [`${url}\n`, JSON.stringify({ url })])
    assert.deepEqual(resolveReceiver(slack, text), { name: 'slack', url });
  const pagerduty: ReceiverSetting = { name: 'pagerduty', url: 'https://p', secretArn: arn('p') };
  for (const text of ['key', '{"routing_key":"key"}'])
    assert.deepEqual(resolveReceiver(pagerduty, text), {
      name: 'pagerduty',
      url: 'https://p',
      routingKey: 'key',
    });
  const opsgenie: ReceiverSetting = { name: 'opsgenie', url: 'https://o', secretArn: arn('o') };
  for (const text of ['key', '{"api_key":"key"}'])
    assert.deepEqual(resolveReceiver(opsgenie, text), { name: 'opsgenie', url: 'https://o', apiKey: 'key' });
});

test("Alertmanager's is a user with a password, a token, or none", () => {
  const auth = (text: string | undefined, secretArn: string | undefined = arn('alertmanager')): unknown => {
    const target = resolveReceiver({ name: 'alertmanager', url: 'https://a', secretArn }, text);
    return 'auth' in target && target.auth;
  };
  assert.deepEqual(
    resolveReceiver({ name: 'alertmanager', url: 'https://a', secretArn: undefined }, undefined),
    {
      name: 'alertmanager',
      url: 'https://a',
      auth: { kind: 'none' },
    },
  );
  assert.deepEqual(auth('user:pass:word\n'), { kind: 'basic', username: 'user', password: 'pass:word' });
  assert.deepEqual(auth('{"username":"u","password":"p"}'), { kind: 'basic', username: 'u', password: 'p' });
  assert.deepEqual(auth('token\n'), { kind: 'bearer', token: 'token' });
  assert.deepEqual(auth('{"token":"t"}'), { kind: 'bearer', token: 't' });
  for (const text of [
    '',
    '{"Token":"hunter2"}',
    'hunter2 hunter2',
    '{"username":"a:b","password":"hunter2"}',
  ])
    assert.doesNotMatch(
      refusal(() => auth(text)),
      /hunter2/,
    );
});

test('a secret of another form is refused without being shown', () => {
  const bad: readonly (readonly [ReceiverSetting['name'], string])[] = [
    ['slack', 'hunter2'],
    ['slack', 'https://user:hunter2@hooks.slack.com/'],
    ['teams', '{"URL":"https://hunter2"}'],
    ['pagerduty', 'hunter2\nhunter2'],
    ['opsgenie', ''],
  ];
  for (const [name, text] of bad) {
    const setting = { name, url: 'https://x', secretArn: arn(name) } as ReceiverSetting;
    const message = refusal(() => resolveReceiver(setting, text));
    assert.ok(message.includes(arn(name)), message);
    assert.doesNotMatch(message, /hunter2/);
  }
});

test('of an address everything is secret that a server could echo', () => {
  const secrets = secretsOfReceiver({
    name: 'teams',
    url: 'https://prod.example.com/workflows/abcdef123456/triggers?sig=hunter2hunter2',
  });
  for (const part of [
    'abcdef123456',
    'hunter2hunter2',
    '/workflows/abcdef123456/triggers?sig=hunter2hunter2',
  ])
    assert.ok(secrets.includes(part), part);
  assert.deepEqual(
    secretsOfReceiver({
      name: 'alertmanager',
      url: 'https://a',
      auth: { kind: 'basic', username: 'u', password: 'hunter2' },
    }),
    ['hunter2', 'u:hunter2', Buffer.from('u:hunter2').toString('base64')],
  );
});

function refusal(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    assert.ok(error instanceof SettingError, String(error));
    return error.message;
  }
  throw new Error('was taken');
}
