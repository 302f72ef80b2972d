/** Debian's VictoriaMetrics, the one for a single machine: under the path of a tenant, and behind vmauth. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { parsePrometheusSources } from '../../lib/config/prometheus-sources.ts';
import type { MatrixSeries } from '../../lib/source/metric-source.ts';
import { openSources } from '../../lib/source/open-sources.ts';
import { askSource } from '../helpers/ask-source.ts';
import { createMemoryTelemetry } from '../helpers/memory-telemetry.ts';
import {
  formatOpenMetrics,
  type RunningProgram,
  startVictoriaMetrics,
  startVmauth,
} from '../helpers/prometheus.ts';

const MINUTE = 60_000;
const START = Date.parse('2025-01-06T08:00:00Z');
const ROWS = 120;
const USER = { name: 'team-a', password: 'a-long-password' };

let tenant: RunningProgram;
let vmauth: RunningProgram;

before(async () => {
  const series = ['web-0', 'web-1'].map((pod, at) => ({
    name: 'memory',
    labels: { pod },
    samples: Array.from({ length: ROWS }, (_, row) => [START + row * MINUTE, row * 1.25 + at] as const),
  }));
  // Where vmselect of a cluster has the tenant 1.
  tenant = await startVictoriaMetrics(formatOpenMetrics(series), '/select/1/prometheus');
  vmauth = await startVmauth(USER, tenant.url);
});
after(async () => {
  await vmauth[Symbol.asyncDispose]();
  await tenant[Symbol.asyncDispose]();
});

async function ask(entry: object, query: string): Promise<readonly MatrixSeries[]> {
  const list = JSON.stringify({ victoria: entry });
  const namedSources = parsePrometheusSources(list, { source: 'the list', region: undefined });
  const sources = openSources(
    { source: undefined, namedSources },
    {
      deadline: { remaining: () => Number.POSITIVE_INFINITY },
      telemetry: createMemoryTelemetry(),
      now: Date.now,
      random: () => 0,
      readSecret: async (arn) => assert.fail(arn),
      readFile: async () => `${USER.password}\n`,
      credentials: async () => assert.fail('credentials'),
    },
  );
  const source = await sources.sourceOf({ name: 'shop', source: 'victoria' });
  return askSource(source, { query, start: START, end: START + ROWS * MINUTE, step: MINUTE });
}

function check(found: readonly MatrixSeries[]): void {
  assert.deepEqual(found.map(({ labels }) => labels['pod']).sort(), ['web-0', 'web-1']);
  for (const { labels, times, values } of found) {
    const at = labels['pod'] === 'web-1' ? 1 : 0;
    assert.deepEqual(
      [...times],
      Array.from({ length: ROWS }, (_, row) => START + row * MINUTE),
    );
    assert.deepEqual(
      [...values],
      Array.from({ length: ROWS }, (_, row) => row * 1.25 + at),
    );
  }
}

test('what it was given is read under the path of a tenant, whatever of the API the address has', async () => {
  for (const suffix of ['', '/', '/api/v1', '/api/v1/query_range'])
    check(await ask({ url: `${tenant.url}${suffix}` }, 'memory'));
});

test('what vmauth lets somebody see is read by their name and password', async () => {
  const entry = { url: vmauth.url, auth: 'basic', username: USER.name, passwordFile: 'password' };
  check(await ask(entry, 'memory'));
  await assert.rejects(ask({ ...entry, username: 'team-b' }, 'memory'), /HTTP 4\d\d/);
});

test('its own language is answered, and what it refuses is told in its words', async () => {
  check(await ask({ url: tenant.url }, 'WITH (m = memory) m'));
  await assert.rejects(ask({ url: tenant.url }, 'rate(memory['), {
    code: 'query-rejected',
    message: /HTTP 422/,
  });
});
