import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SettingError } from '../../../lib/base/errors.ts';
import { parsePrometheusSources, secretsOfSources } from '../../../lib/config/prometheus-sources.ts';
import { type Environment, readSettings } from '../../../lib/config/settings.ts';
import { parseTlsSecret } from '../../../lib/config/tls-setting.ts';
import { asPrometheus } from '../../helpers/as-prometheus.ts';

const ARN = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret';
const FROM = { source: 'the list', region: 'eu-west-1' };

test('each source has its own address, credentials, headers, certificates and concurrency', () => {
  const sources = parsePrometheusSources(
    JSON.stringify({
      plain: { url: 'http://prometheus:9090' },
      'prod-eu': {
        url: 'https://eu.example.com/prom',
        auth: 'bearer',
        secretArn: `${ARN}:token`,
        headers: { 'X-Scope-OrgID': 'team-a' },
        tlsSecretArn: `${ARN}:tls`,
        concurrency: 8,
      },
      'prod.us': {
        url: 'https://us.example.com',
        auth: 'basic',
        username: 'tidewatch',
        passwordFile: '/etc/tidewatch/password',
        caFile: '/etc/tidewatch/ca.pem',
        certFile: 'cert.pem',
        keyFile: 'key.pem',
      },
      managed: { url: 'https://aps-workspaces.us-east-1.amazonaws.com/workspaces/ws-1', auth: 'sigv4' },
      elsewhere: { url: 'https://aps.example.com', auth: 'sigv4', region: 'us-east-1' },
    }),
    FROM,
  );
  assert.deepEqual(Object.fromEntries(sources), {
    plain: { kind: 'prometheus', url: 'http://prometheus:9090', auth: { kind: 'none' }, headers: {} },
    'prod-eu': {
      kind: 'prometheus',
      url: 'https://eu.example.com/prom',
      auth: { kind: 'secret', scheme: 'bearer', secretArn: `${ARN}:token` },
      headers: { 'X-Scope-OrgID': 'team-a' },
      concurrency: 8,
      tls: { kind: 'secret', secretArn: `${ARN}:tls` },
    },
    'prod.us': {
      kind: 'prometheus',
      url: 'https://us.example.com',
      auth: { kind: 'file', scheme: 'basic', username: 'tidewatch', path: '/etc/tidewatch/password' },
      headers: {},
      tls: { kind: 'files', caFile: '/etc/tidewatch/ca.pem', certFile: 'cert.pem', keyFile: 'key.pem' },
    },
    managed: {
      kind: 'prometheus',
      url: 'https://aps-workspaces.us-east-1.amazonaws.com/workspaces/ws-1',
      auth: { kind: 'sigv4', region: 'eu-west-1' },
      headers: {},
    },
    elsewhere: {
      kind: 'prometheus',
      url: 'https://aps.example.com',
      auth: { kind: 'sigv4', region: 'us-east-1' },
      headers: {},
    },
  });
  assert.deepEqual(secretsOfSources(sources.values()), [`${ARN}:token`, `${ARN}:tls`]);
});

test('all that is wrong with a list is told at once, and nothing of it is shown', () => {
  const refusals: [unknown, RegExp][] = [
    ['{"a": {"url": "https://hunter2', /^the list: it is no JSON$/],
    [[], /it is no map from names to sources/],
    [{}, /it is no map from names to sources/],
    [{ a: 'hunter2' }, /"a" must be a map with url$/],
    [{ a: {} }, /"a" has no url$/],
    [{ a: { url: 'ftp://hunter2' } }, /"a" has a field url that must be an http:/],
    [
      { a: { url: 'https://x', token: 'hunter2' } },
      /"a" has the unknown field "token"; known are url, auth,/,
    ],
    [{ a: { url: 'https://x', auth: 'bearer', secretArn: 'hunter2' } }, /secretArn that must be the ARN/],
    [{ a: { url: 'https://x', concurrency: 0 } }, /concurrency that must be a whole number from 1 to 64$/],
    [{ a: { url: 'https://x', headers: { a: 7 } } }, /headers that must be a map of strings$/],
    [{ a: { url: 'https://x', auth: 'bearer' } }, /needs secretArn or tokenFile and nothing besides$/],
    [
      { a: { url: 'https://x', auth: 'basic', username: 'u' } },
      /auth basic, which needs secretArn, or username/,
    ],
    [{ a: { url: 'https://x', tokenFile: 'f' } }, /"a" has auth none and credentials$/],
    [{ a: { url: 'https://x', region: 'eu-west-1' } }, /"a" has auth none and a region$/],
    [{ a: { url: 'https://x', certFile: 'f' } }, /"a" has one of certFile and keyFile$/],
    [{ a: { url: 'https://x', caFile: 'f', tlsSecretArn: `${ARN}:x` } }, /has both tlsSecretArn and files/],
    [{ a: { url: 'http://x', caFile: 'f' } }, /has certificates, and an address that is not https:/],
    [{ 'a b': { url: 'https://x' }, c: {} }, /"a b" is no name of letters.*; "c" has no url$/],
  ];
  for (const [list, message] of refusals)
    assert.throws(
      () => parsePrometheusSources(typeof list === 'string' ? list : JSON.stringify(list), FROM),
      (error) => {
        assert.ok(error instanceof SettingError);
        assert.match(error.message, message);
        assert.doesNotMatch(error.message, /hunter2/);
        return true;
      },
    );
  const signed = JSON.stringify({ a: { url: 'https://x', auth: 'sigv4' } });
  assert.throws(() => parsePrometheusSources(signed, { ...FROM, region: undefined }), /needs a region$/);
});

test('the environment has the list, and certificates and concurrency of the Prometheus without a name', () => {
  const read = (env: Environment) => readSettings(env, [], ['source', 'namedSources']);
  assert.deepEqual(read({ TIDEWATCH_PROMETHEUS_SOURCES: '' }), {
    source: undefined,
    namedSources: undefined,
  });
  const { namedSources } = read({ TIDEWATCH_PROMETHEUS_SOURCES: '{"a": {"url": "https://x"}}' });
  assert.deepEqual([...(namedSources?.keys() ?? [])], ['a']);
  assert.throws(() => read({ TIDEWATCH_PROMETHEUS_SOURCES: '{"a": {}}' }), {
    message: 'TIDEWATCH_PROMETHEUS_SOURCES: "a" has no url',
  });

  const url = { TIDEWATCH_PROMETHEUS_URL: 'https://x' };
  const of = (env: Environment) => asPrometheus(read({ ...url, ...env }).source);
  assert.deepEqual(of({ TIDEWATCH_PROMETHEUS_CONCURRENCY: '8' }).concurrency, 8);
  assert.deepEqual(of({ TIDEWATCH_PROMETHEUS_TLS_SECRET_ARN: `${ARN}:tls` }).tls, {
    kind: 'secret',
    secretArn: `${ARN}:tls`,
  });
  assert.deepEqual(of({ TIDEWATCH_PROMETHEUS_CA_FILE: 'ca.pem' }).tls, {
    kind: 'files',
    caFile: 'ca.pem',
    certFile: undefined,
    keyFile: undefined,
  });
  const refusals: [Environment, RegExp][] = [
    [{ TIDEWATCH_PROMETHEUS_CONCURRENCY: '4.5' }, /CONCURRENCY is "4.5", not a whole number from 1 to 64/],
    [{ TIDEWATCH_PROMETHEUS_KEY_FILE: 'k' }, /one of .*CERT_FILE and .*KEY_FILE is not set/],
    [{ TIDEWATCH_PROMETHEUS_TLS_SECRET_ARN: 'x' }, /TLS_SECRET_ARN is no ARN/],
    [
      { TIDEWATCH_PROMETHEUS_TLS_SECRET_ARN: `${ARN}:x`, TIDEWATCH_PROMETHEUS_CA_FILE: 'x' },
      /one of them can hold/,
    ],
    [{ TIDEWATCH_PROMETHEUS_CA_FILE: 'x', TIDEWATCH_PROMETHEUS_URL: 'http://x' }, /is not https:/],
  ];
  for (const [env, message] of refusals) assert.throws(() => of(env), message);
});

test('a secret holds authorities, a certificate with its key, or both', () => {
  assert.deepEqual(parseTlsSecret('{"ca": "A"}', 'arn:x'), { ca: 'A' });
  assert.deepEqual(parseTlsSecret('{"ca": "A", "cert": "C", "key": "K", "made": 1}', 'arn:x'), {
    ca: 'A',
    cert: 'C',
    key: 'K',
  });
  for (const text of ['hunter2', '{}', '{"CA": "hunter2"}', '{"ca": ["hunter2"]}', 'null'])
    assert.throws(
      () => parseTlsSecret(text, 'arn:x'),
      (error) => error instanceof SettingError && /^the secret arn:x is not/.test(error.message),
    );
});
