import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PrometheusSettings } from '../../../lib/config/source-settings.ts';
import type { SourceHost } from '../../../lib/source/open-source.ts';
import { openSources } from '../../../lib/source/open-sources.ts';
import { askSource } from '../../helpers/ask-source.ts';
import { answerQueries, startFakePrometheus } from '../../helpers/fake-prometheus.ts';
import { createMemoryTelemetry } from '../../helpers/memory-telemetry.ts';
import { GOOD, QUERY, START } from './ask.ts';

const ARN = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret';

function createHost(): SourceHost & { readonly read: string[] } {
  const read: string[] = [];
  const note = async (what: string): Promise<string> => {
    read.push(what);
    if (what.includes('missing')) throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
    return `text-of-${what}\n`;
  };
  return {
    read,
    deadline: { remaining: () => Number.POSITIVE_INFINITY },
    telemetry: createMemoryTelemetry(),
    now: () => START,
    random: () => 0,
    readSecret: note,
    readFile: note,
    credentials: async () => assert.fail('credentials'),
  };
}

function at(url: string, more: Partial<PrometheusSettings> = {}): PrometheusSettings {
  return { kind: 'prometheus', url, auth: { kind: 'none' }, headers: {}, ...more };
}

test('each detector asks the source that its manifest names, as that one wants to be asked', async () => {
  await using home = await startFakePrometheus(GOOD);
  await using abroad = await startFakePrometheus(GOOD);
  const host = createHost();
  const abroadSettings = at(abroad.url, {
    auth: { kind: 'file', scheme: 'bearer', path: 'token' },
    headers: { 'X-Scope-OrgID': 'team-a' },
  });
  const sources = openSources(
    { source: at(home.url), namedSources: new Map([['abroad', abroadSettings]]) },
    host,
  );
  assert.deepEqual(host.read, []);
  await askSource(await sources.sourceOf({ name: 'a' }), QUERY);
  assert.deepEqual([home.requests.length, abroad.requests.length, host.read.length], [1, 0, 0]);
  await askSource(await sources.sourceOf({ name: 'b', source: 'abroad' }), QUERY);
  await askSource(await sources.sourceOf({ name: 'c', source: 'abroad' }), QUERY);
  assert.deepEqual([home.requests.length, abroad.requests.length], [1, 2]);
  assert.deepEqual(host.read, ['token'], 'once for all of its detectors');
  const { headers } = abroad.requests[0]!;
  assert.equal(headers.authorization, 'Bearer text-of-token');
  assert.equal(headers['x-scope-orgid'], 'team-a');
  assert.equal(home.requests[0]!.headers.authorization, undefined);
});

test('a name that the deployment does not have is an error that lists what it has', async () => {
  const namedSources = new Map([
    ['prod-eu', at('https://eu')],
    ['prod-ap', at('https://ap')],
  ]);
  const both = openSources({ source: at('https://home'), namedSources }, createHost());
  await assert.rejects(both.sourceOf({ name: 'a', source: 'prod-us' }), {
    name: 'SettingError',
    code: 'unknown-source',
    message:
      'detector a: spec.source is "prod-us", which is no Prometheus of this deployment: known are prod-eu, prod-ap',
  });
  const listed = openSources({ source: undefined, namedSources }, createHost());
  await assert.rejects(listed.sourceOf({ name: 'a' }), {
    code: 'no-source',
    message: /known are prod-eu, prod-ap/,
  });
  const single = openSources({ source: at('https://home'), namedSources: undefined }, createHost());
  await assert.rejects(
    single.sourceOf({ name: 'a', source: 'x' }),
    /this deployment has no list of sources$/,
  );
});

test('a source whose secret or file cannot be read fails, and the others open', async () => {
  const namedSources = new Map([
    ['locked', at('https://a', { tls: { kind: 'files', caFile: 'missing.pem' } })],
    ['torn', at('https://b', { tls: { kind: 'secret', secretArn: `${ARN}:tls` } })],
  ]);
  const sources = openSources({ source: at('https://home'), namedSources }, createHost());
  await assert.rejects(sources.sourceOf({ name: 'a', source: 'locked' }), {
    code: 'unreadable-file',
    message: 'the file missing.pem for Prometheus cannot be read: ENOENT',
  });
  await assert.rejects(sources.sourceOf({ name: 'a', source: 'torn' }), { code: 'bad-secret' });
  assert.match((await sources.sourceOf({ name: 'a' })).name, /^Prometheus at https:\/\/home/);
});

test('the concurrency of a source holds for all of its detectors together', async () => {
  let [running, most] = [0, 0];
  const answer = answerQueries(() => [{ labels: {}, valueAt: () => 1 }]);
  await using slow = await startFakePrometheus((response, request) => {
    most = Math.max(most, ++running);
    setTimeout(() => {
      running--;
      answer(response, request);
    }, 5);
  });
  const namedSources = new Map([['slow', at(slow.url, { concurrency: 2 })]]);
  const sources = openSources({ source: undefined, namedSources }, createHost());
  const detectors = Array.from({ length: 8 }, async (_, i) =>
    askSource(await sources.sourceOf({ name: `d${i}`, source: 'slow' }), QUERY),
  );
  await Promise.all(detectors);
  assert.equal(slow.requests.length, 8);
  assert.equal(most, 2);
});
