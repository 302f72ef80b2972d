import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PrometheusAuthSetting } from '../../../lib/config/source-settings.ts';
import { openSource, type SourceHost } from '../../../lib/source/open-source.ts';
import { askSource } from '../../helpers/ask-source.ts';
import { startFakePrometheus } from '../../helpers/fake-prometheus.ts';
import { createMemoryTelemetry } from '../../helpers/memory-telemetry.ts';
import { GOOD, QUERY, START } from './ask.ts';

const HOST: SourceHost = {
  deadline: { remaining: () => Number.POSITIVE_INFINITY },
  telemetry: createMemoryTelemetry(),
  now: () => START,
  random: () => 0,
  readFile: async (path) => `text-of-${path}\n`,
  readSecret: async (arn) => `{"token": "token-of-${arn}"}`,
  credentials: async () => ({ accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' }),
};

async function signInBy(auth: PrometheusAuthSetting): Promise<string | undefined> {
  await using fake = await startFakePrometheus(GOOD);
  const source = await openSource({ kind: 'prometheus', url: fake.url, auth, headers: {} }, HOST);
  assert.equal(source.name, `Prometheus at ${fake.url}/api/v1/query_range`);
  assert.equal((await askSource(source, QUERY)).length, 1);
  return fake.requests[0]!.headers.authorization;
}

test('the settings of a Prometheus open it, with their secret or credentials looked up', async () => {
  assert.equal(await signInBy({ kind: 'none' }), undefined);
  assert.equal(await signInBy({ kind: 'secret', scheme: 'bearer', secretArn: 'a' }), 'Bearer token-of-a');
  assert.match(
    (await signInBy({ kind: 'sigv4', region: 'eu-west-1' })) ?? '',
    /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\//,
  );
});

test('settings that cannot hold are an error that names them', async () => {
  const settings = { kind: 'prometheus', url: 'ftp://x', auth: { kind: 'none' }, headers: {} } as const;
  await assert.rejects(openSource(settings, HOST), { name: 'SettingError', code: 'bad-prometheus-url' });
});
