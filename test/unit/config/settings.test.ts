import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SettingError } from '../../../lib/base/errors.ts';
import { parsePrometheusSecret } from '../../../lib/config/prometheus-secret.ts';
import { type Environment, readSettings } from '../../../lib/config/settings.ts';
import { asPrometheus } from '../../helpers/as-prometheus.ts';

const FULL: Environment = {
  TIDEWATCH_BUCKET: 'tidewatch-data',
  TIDEWATCH_TOPIC_ARN: 'arn:aws:sns:eu-west-1:123456789012:tidewatch-alerts',
  TIDEWATCH_SCORE_QUEUE_URL: 'https://sqs.eu-west-1.amazonaws.com/123456789012/score',
  TIDEWATCH_TRAIN_QUEUE_URL: 'http://127.0.0.1:9000/000000000000/train',
  TIDEWATCH_SERVICE: 'tidewatch-prod',
  TIDEWATCH_PROMETHEUS_URL: 'https://prometheus.example.com/prefix',
};

test('settings that are asked for are read, others are not looked at', () => {
  const settings = readSettings({ ...FULL, TIDEWATCH_TOPIC_ARN: 'nonsense' }, ['bucket', 'trainQueueUrl']);
  assert.deepEqual(settings, {
    bucket: 'tidewatch-data',
    trainQueueUrl: 'http://127.0.0.1:9000/000000000000/train',
  });
});

test('an optional setting may be blank, but not wrong', () => {
  assert.deepEqual(readSettings({ TIDEWATCH_PROMETHEUS_URL: ' ' }, [], ['source', 'bucket']), {
    source: undefined,
    bucket: undefined,
  });
  assert.match(
    refusal(() => readSettings({ TIDEWATCH_BUCKET: 'My Bucket' }, [], ['bucket'])),
    /^TIDEWATCH_BUCKET is "My Bucket"; a bucket has /,
  );
});

test('every missing or bad variable is named, with what it is for', () => {
  assert.equal(
    refusal(() =>
      readSettings(
        {
          TIDEWATCH_TOPIC_ARN: 'arn:aws:sqs:eu-west-1:123456789012:alerts',
          TIDEWATCH_SCORE_QUEUE_URL: 'ftp://queue',
          TIDEWATCH_PROMETHEUS_AUTH: 'basic',
          TIDEWATCH_PROMETHEUS_USER: 'tidewatch',
          TIDEWATCH_PROMETHEUS_HEADERS: '{"X-Scope-OrgID": 7}',
        },
        ['bucket', 'topicArn', 'scoreQueueUrl', 'source'],
      ),
    ),
    [
      'TIDEWATCH_BUCKET is not set: the bucket that holds windows, models and incidents',
      'TIDEWATCH_TOPIC_ARN is "arn:aws:sqs:eu-west-1:123456789012:alerts", not the ARN of a standard topic such as arn:aws:sns:eu-west-1:123456789012:alerts',
      'TIDEWATCH_SCORE_QUEUE_URL is "ftp://queue", not an http:// or https:// URL',
      'TIDEWATCH_PROMETHEUS_URL is not set: the Prometheus that windows are exported from',
      'TIDEWATCH_PROMETHEUS_PASSWORD is not set (TIDEWATCH_PROMETHEUS_AUTH is basic): the password for Prometheus',
      'TIDEWATCH_PROMETHEUS_HEADERS is not a JSON object of strings such as {"X-Scope-OrgID": "team-a"}',
    ].join('; '),
  );
});

test('metrics of each detector are on where that is said, and nothing else is taken for it', () => {
  const read = (text: string | undefined) =>
    readSettings({ ...FULL, TIDEWATCH_DETECTOR_METRICS: text }, ['detectorMetrics']).detectorMetrics;
  assert.deepEqual([undefined, '', 'off', 'on'].map(read), [false, false, false, true]);
  assert.throws(() => read('yes'), /TIDEWATCH_DETECTOR_METRICS is "yes"; on or off/);
});

test('each way to sign in to Prometheus', () => {
  const auth = (env: Environment) => asPrometheus(readSettings({ ...FULL, ...env }, ['source']).source).auth;
  assert.deepEqual(auth({}), { kind: 'none' });
  assert.deepEqual(auth({ TIDEWATCH_PROMETHEUS_AUTH: 'bearer', TIDEWATCH_PROMETHEUS_TOKEN: 't' }), {
    kind: 'bearer',
    token: 't',
  });
  assert.deepEqual(
    auth({
      TIDEWATCH_PROMETHEUS_AUTH: 'basic',
      TIDEWATCH_PROMETHEUS_USER: 'u',
      TIDEWATCH_PROMETHEUS_PASSWORD: 'p',
    }),
    { kind: 'basic', username: 'u', password: 'p' },
  );
  assert.deepEqual(auth({ TIDEWATCH_PROMETHEUS_AUTH: 'sigv4', AWS_REGION: 'eu-west-1' }), {
    kind: 'sigv4',
    region: 'eu-west-1',
  });
  for (const scheme of ['bearer', 'basic'] as const)
    assert.deepEqual(auth({ TIDEWATCH_PROMETHEUS_AUTH: scheme, TIDEWATCH_PROMETHEUS_SECRET_ARN: 'arn:x' }), {
      kind: 'secret',
      scheme,
      secretArn: 'arn:x',
    });
  assert.match(
    refusal(() => auth({ TIDEWATCH_PROMETHEUS_AUTH: 'oauth' })),
    /"oauth"; one of none, bearer, basic, sigv4$/,
  );
  assert.match(
    refusal(() => auth({ TIDEWATCH_PROMETHEUS_AUTH: 'sigv4' })),
    /^AWS_REGION is not set/,
  );
});

test('an address is shown without what may be secret in it', () => {
  for (const [url, shown] of [
    ['htps://user:pa/ss@prom.example.com', 'htps://prom.example.com'],
    ['prom.example.com/?token=hunter2', 'prom.example.com/'],
    ['ftp://prom.example.com#key', 'ftp://prom.example.com'],
  ])
    assert.throws(
      () => readSettings({ TIDEWATCH_PROMETHEUS_URL: url, TIDEWATCH_PROMETHEUS_AUTH: 'none' }, ['source']),
      new RegExp(`is "${shown}", not an http`),
    );
});

test('no message shows a password or a header', () => {
  const env = {
    TIDEWATCH_PROMETHEUS_URL: 'htp://user:hunter2@host',
    TIDEWATCH_PROMETHEUS_HEADERS: '{"X-Token": "hunter2"',
  };
  const message = refusal(() => readSettings(env, ['source']));
  assert.match(message, /TIDEWATCH_PROMETHEUS_URL is "htp:\/\/host".*TIDEWATCH_PROMETHEUS_HEADERS/);
  assert.doesNotMatch(message, /hunter2/);
});

test('a secret holds a token, or a user name with its password', () => {
  const secret = (scheme: 'bearer' | 'basic') => ({ kind: 'secret', scheme, secretArn: 'arn:x' }) as const;
  assert.deepEqual(parsePrometheusSecret(' abc\n', secret('bearer')), { kind: 'bearer', token: 'abc' });
  assert.deepEqual(parsePrometheusSecret('{"token":"abc"}', secret('bearer')), {
    kind: 'bearer',
    token: 'abc',
  });
  assert.deepEqual(parsePrometheusSecret('12345', secret('bearer')), { kind: 'bearer', token: '12345' });
  assert.deepEqual(parsePrometheusSecret('{"username":"u","password":"p"}', secret('basic')), {
    kind: 'basic',
    username: 'u',
    password: 'p',
  });
  const bad: ['bearer' | 'basic', string][] = [
    ['bearer', ''],
    ['bearer', '{"Token":"hunter2"}'],
    ['basic', 'u:hunter2'],
    ['basic', '{"username":"hunter2"}'],
    ['basic', 'null'],
  ];
  for (const [scheme, text] of bad)
    assert.doesNotMatch(
      refusal(() => parsePrometheusSecret(text, secret(scheme))),
      /hunter2/,
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

test('pages are served at an address, with a key that no message shows', () => {
  const keyArn = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:key-abc123';
  const url = 'https://abc.lambda-url.eu-west-1.on.aws/';
  assert.deepEqual(
    readSettings({ TIDEWATCH_PAGES_URL: url, TIDEWATCH_PAGES_KEY_ARN: keyArn }, [], ['pages']),
    {
      pages: { url, keyArn },
    },
  );
  assert.deepEqual(readSettings({ TIDEWATCH_PAGES_URL: '', TIDEWATCH_PAGES_KEY_ARN: '' }, [], ['pages']), {
    pages: undefined,
  });
  assert.throws(
    () => readSettings({ TIDEWATCH_PAGES_URL: url }, [], ['pages']),
    /TIDEWATCH_PAGES_KEY_ARN is not set: the secret that holds the key of links/,
  );
  const given = { TIDEWATCH_PAGES_KEY_ARN: 'the-key-itself' };
  assert.throws(
    () => readSettings(given, ['pagesKeyArn']),
    (error: Error) => /no ARN of a secret/.test(error.message) && !error.message.includes('the-key-itself'),
  );
});
