import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type PrometheusEndpoint, prepareTarget } from '../../../lib/source/prometheus-endpoint.ts';

const ENDPOINT: PrometheusEndpoint = {
  url: 'http://p:9090',
  auth: { kind: 'none' },
  headers: {},
  timeoutMs: 1000,
  concurrency: 1,
  retries: 0,
};

test('the path prefix stays, and what people copy from a console is understood', () => {
  const cases = {
    'http://p:9090': 'http://p:9090/api/v1/query_range',
    'http://p:9090/': 'http://p:9090/api/v1/query_range',
    'https://p/mimir/prometheus/': 'https://p/mimir/prometheus/api/v1/query_range',
    'https://aps/workspaces/ws-1/api/v1/query': 'https://aps/workspaces/ws-1/api/v1/query_range',
    'https://p/x/api/v1/': 'https://p/x/api/v1/query_range',
    'https://p/?dedup=true#top': 'https://p/api/v1/query_range?dedup=true',
  };
  for (const [url, expected] of Object.entries(cases))
    assert.equal(prepareTarget({ ...ENDPOINT, url }).url.href, expected);
});

test('user info becomes basic auth and is never shown', () => {
  const target = prepareTarget({ ...ENDPOINT, url: 'https://us%40er:p%3Ass@p/x?token=t' });
  assert.deepEqual(target.auth, { kind: 'basic', username: 'us@er', password: 'p:ss' });
  assert.equal(target.url.href, 'https://p/x/api/v1/query_range?token=t');
  assert.equal(target.shownUrl, 'https://p/x/api/v1/query_range');
});

test('what cannot be asked is an error that names the setting and keeps the secret', () => {
  const cases: readonly [string, Partial<PrometheusEndpoint>][] = [
    ['bad-prometheus-url', { url: 'p:9090' }],
    ['bad-prometheus-url', { url: 'ftp://user:SECRET@p' }],
    ['bad-prometheus-url', { url: '' }],
    ['bad-prometheus-url', { url: 'http://user:SECRET@' }],
    ['two-credentials', { url: 'http://u:SECRET@p', auth: { kind: 'bearer', token: 'SECRET' } }],
    ['bad-bearer-token', { auth: { kind: 'bearer', token: 'SECRET\n' } }],
    ['bad-bearer-token', { auth: { kind: 'bearer', token: '' } }],
    ['bad-user-name', { auth: { kind: 'basic', username: 'a:b', password: 'SECRET' } }],
    [
      'bad-region',
      { auth: { kind: 'sigv4', region: '', credentials: { accessKeyId: 'a', secretAccessKey: 'SECRET' } } },
    ],
    ['bad-header', { headers: { Host: 'x' } }],
    ['bad-header', { headers: { 'a b': 'x' } }],
    ['bad-header', { headers: { 'x-a': 'SECRET\r\nx: y' } }],
    ['bad-header', { headers: { 'x-a': '1', 'X-A': '2' } }],
    ['bad-header', { headers: { Authorization: 'SECRET' }, auth: { kind: 'bearer', token: 't' } }],
    ['bad-prometheus-limit', { timeoutMs: 0 }],
    ['bad-prometheus-limit', { concurrency: 0 }],
    ['bad-prometheus-limit', { retries: -1 }],
    ['bad-prometheus-limit', { retries: 0.5 }],
  ];
  for (const [code, change] of cases)
    assert.throws(
      () => prepareTarget({ ...ENDPOINT, ...change }),
      (error: Error & { code?: string }) =>
        error.name === 'SettingError' && error.code === code && !error.message.includes('SECRET'),
      JSON.stringify(change),
    );
  assert.deepEqual(
    prepareTarget({ ...ENDPOINT, headers: { Authorization: 'x', 'X-Scope-OrgID': 't' } }).headers,
    {
      authorization: 'x',
      'x-scope-orgid': 't',
    },
  );
});
