/** Debian's Prometheus behind TLS, which answers those alone who show a certificate of its authority. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { parsePrometheusSources } from '../../lib/config/prometheus-sources.ts';
import { openSources, type Sources } from '../../lib/source/open-sources.ts';
import type { RangeQuery } from '../../lib/source/query-source.ts';
import { askSource } from '../helpers/ask-source.ts';
import { type Authority, type Certificate, createAuthority } from '../helpers/certificates.ts';
import { createMemoryTelemetry } from '../helpers/memory-telemetry.ts';
import { type RunningProgram, startPrometheus } from '../helpers/prometheus.ts';

const START = Date.parse('2025-01-06T08:00:00Z');
const QUERY: RangeQuery = { query: 'vector(1)', start: START, end: START + 600_000, step: 60_000 };
const ARN = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:tls';

let authority: Authority;
let stranger: Authority;
let client: Certificate;
let prometheus: RunningProgram;

before(async () => {
  authority = await createAuthority('Our authority');
  stranger = await createAuthority('Another authority');
  client = await authority.issue('tidewatch');
  prometheus = await startPrometheus({
    tls: { server: await authority.issue('prometheus'), authority, client },
  });
});
after(async () => {
  await prometheus[Symbol.asyncDispose]();
  await authority[Symbol.asyncDispose]();
  await stranger[Symbol.asyncDispose]();
});

/** The deployment's list with one source, opened as a terminal and as the function do. */
function open(entry: object, secret: object = {}): Sources {
  const list = JSON.stringify({ secured: { url: prometheus.url, ...entry } });
  const namedSources = parsePrometheusSources(list, { source: 'the list', region: undefined });
  return openSources(
    { source: undefined, namedSources },
    {
      deadline: { remaining: () => Number.POSITIVE_INFINITY },
      telemetry: createMemoryTelemetry(),
      now: Date.now,
      random: () => 0,
      readSecret: async () => JSON.stringify(secret),
      readFile: (path) => readFile(path, 'utf8'),
      credentials: async () => assert.fail('credentials'),
    },
  );
}

async function ask(sources: Sources): Promise<readonly number[]> {
  const source = await sources.sourceOf({ name: 'shop', source: 'secured' });
  const [series] = await askSource(source, QUERY);
  return [...(series?.values ?? [])];
}

describe('a Prometheus that wants client certificates', () => {
  test('answers by a secret with authority, certificate and key', async () => {
    const secret = { ca: authority.ca, cert: client.cert, key: client.key };
    assert.deepEqual(await ask(open({ tlsSecretArn: ARN }, secret)), Array(10).fill(1));
  });

  test('answers by files', async () => {
    const { certFile, keyFile } = client;
    assert.deepEqual(await ask(open({ caFile: authority.caFile, certFile, keyFile })), Array(10).fill(1));
  });

  test('answers nobody who shows none, or one of another authority', async () => {
    const other = await stranger.issue('tidewatch');
    // In TLS 1.3 the refusal comes after the handshake, and the end of the connection may come before it.
    for (const secret of [{ ca: authority.ca }, { ca: authority.ca, cert: other.cert, key: other.key }])
      await assert.rejects(ask(open({ tlsSecretArn: ARN }, secret)), {
        code: 'connection-failed',
        message: /alert|ECONNRESET|EPIPE/i,
      });
  });

  test('is not believed by who trusts another authority, or public ones alone', async () => {
    const { cert, key } = client;
    for (const secret of [
      { cert, key },
      { ca: stranger.ca, cert, key },
    ])
      await assert.rejects(ask(open({ tlsSecretArn: ARN }, secret)), {
        code: 'connection-failed',
        message: /UNABLE_TO_|SELF_SIGNED/,
      });
  });

  test('a key that is not the one of the certificate is told of before anything is asked', async () => {
    const { key } = await authority.issue('somebody-else');
    const secret = { ca: authority.ca, cert: client.cert, key };
    await assert.rejects(ask(open({ tlsSecretArn: ARN }, secret)), {
      name: 'SettingError',
      code: 'bad-tls',
      message: /belongs to the certificate/,
    });
  });
});
