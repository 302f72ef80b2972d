import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { createPrometheusSource } from '../../../lib/source/prometheus-source.ts';
import { askSource } from '../../helpers/ask-source.ts';
import {
  answerJson,
  answerSeries,
  answerText,
  dropConnection,
  dropMidway,
  inTurn,
  type Reply,
  startFakePrometheus,
  staySilent,
} from '../../helpers/fake-prometheus.ts';
import { createMemoryTelemetry } from '../../helpers/memory-telemetry.ts';
import { type Asked, ask, GOOD, QUERY, type Setup, START, STEP } from './ask.ts';

const UNAVAILABLE = answerText(503, 'no healthy upstream', { 'content-type': 'text/plain' });

/** It is tried again, and the second answer is taken. */
async function assertMended(reply: Reply, setup?: Setup): Promise<Asked> {
  const asked = await ask(inTurn(reply, GOOD), setup);
  assert.equal(asked.error, undefined);
  assert.equal(asked.series?.[0]?.values.length, 10);
  assert.equal(asked.fake.requests.length, 2);
  assert.equal(asked.telemetry.lines.filter(({ level }) => level === 'warn').length, 1);
  return asked;
}

test('asks by POST form for the half-open range', async () => {
  const { fake, series } = await ask(GOOD);
  const [request] = fake.requests;
  assert.equal(request?.method, 'POST');
  assert.equal(request.path, '/api/v1/query_range');
  assert.equal(request.headers['content-type'], 'application/x-www-form-urlencoded');
  assert.deepEqual(request.fields, {
    query: QUERY.query,
    start: '1700000040',
    end: '1700000580',
    step: '60',
  });
  assert.equal(series?.length, 1);
  assert.deepEqual({ ...series[0]!.labels }, { job: 'a' });
  assert.deepEqual(
    [...series[0]!.times],
    Array.from({ length: 10 }, (_, index) => START + index * STEP),
  );
  assert.deepEqual([...series[0]!.values], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test('GET takes the place of POST where a proxy allows no other, from then on', async () => {
  const reply: Reply = (response, request) =>
    (request.method === 'POST' ? answerText(405, 'POST not allowed') : GOOD)(response, request);
  const { fake, series } = await ask(reply, {
    options: { maxPointsPerSeries: 5 },
    endpoint: { concurrency: 1 },
  });
  assert.deepEqual(
    fake.requests.map(({ method, fields }) => [method, fields.query]),
    [
      ['POST', QUERY.query],
      ['GET', QUERY.query],
      ['GET', QUERY.query],
    ],
  );
  assert.equal(series?.[0]?.values.length, 10);
  await assert.rejects(
    ask(answerText(405, '')).then(({ error }) => Promise.reject(error)),
    { code: 'http-status' },
  );
});

test('long ranges are asked for in chunks, a bounded number at a time, and put together in order', async () => {
  const { fake, series } = await ask(
    answerSeries([
      { labels: { pod: 'a' }, valueAt: (time) => time },
      { labels: { pod: 'b' }, valueAt: (time) => (time > START + 6 * STEP ? 1 : undefined) },
    ]),
    { options: { maxPointsPerSeries: 2 }, endpoint: { concurrency: 3 } },
  );
  assert.equal(fake.requests.length, 5);
  assert.ok(fake.mostAtOnce() <= 3);
  assert.deepEqual(
    series?.map(({ labels, times }) => [labels.pod, times.length, times[0]]),
    [
      ['a', 10, START],
      ['b', 3, START + 7 * STEP],
    ],
  );
  assert.deepEqual([...series![0]!.values], [...series![0]!.times]);
});

test('no series is an answer', async () => {
  assert.deepEqual((await ask(answerSeries([]))).series, []);
});

test('sends extra headers and the credentials', async () => {
  const { fake } = await ask(GOOD, {
    endpoint: { auth: { kind: 'bearer', token: 'abc' }, headers: { 'X-Scope-OrgID': 'team-1' } },
  });
  assert.equal(fake.requests[0]?.headers.authorization, 'Bearer abc');
  assert.equal(fake.requests[0]?.headers['x-scope-orgid'], 'team-1');
});

test('a compressed answer is read', async () => {
  const body = { status: 'success', data: { resultType: 'matrix', result: [{ metric: {}, values: [] }] } };
  const { series } = await ask((response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
    response.end(gzipSync(JSON.stringify(body)));
  });
  assert.equal(series?.length, 1);
});

test('transient failures are tried again', async () => {
  await assertMended(UNAVAILABLE);
  await assertMended(answerText(500, ''));
  await assertMended(answerText(429, 'slow down', { 'retry-after': '0' }));
  await assertMended(dropConnection);
  await assertMended(dropMidway);
  await assertMended(staySilent, { endpoint: { timeoutMs: 100 } });
});

test('what never mends is an error that says how often it was tried', async () => {
  const cases: readonly [Reply, string, RegExp][] = [
    [UNAVAILABLE, 'server-error', /HTTP 503: "no healthy upstream" \(attempt 3, the last\)/],
    [
      answerJson({ status: 'error', errorType: 'timeout', error: 'query timed out' }, 503),
      'server-error',
      /timeout: query timed out/,
    ],
    [answerText(429, ''), 'rate-limited', /HTTP 429/],
    [dropConnection, 'connection-failed', /could not be asked/],
    [staySilent, 'timeout', /no answer within 50 ms/],
  ];
  for (const [reply, code, message] of cases) {
    const { fake, error } = await ask(reply, { endpoint: { timeoutMs: code === 'timeout' ? 50 : 5000 } });
    assert.equal(error?.code, code);
    assert.match(error.message, message);
    assert.equal(fake.requests.length, 3);
  }
});

test('an answer that trickles past the time limit counts as none', async () => {
  const { error } = await ask(
    (response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{');
    },
    { endpoint: { timeoutMs: 50, retries: 0 } },
  );
  assert.equal(error?.code, 'timeout');
});

test('Retry-After beyond the deadline or beyond patience is not waited for', async () => {
  const limited = answerText(429, '', { 'retry-after': '60' });
  const late = await ask(limited, { options: { deadline: { remaining: () => 59_000 } } });
  assert.equal(late.error?.name, 'RetryLaterError');
  assert.equal(late.error.code, 'deadline');
  assert.match(late.error.message, /due in 60000 ms, and 59000 ms are left/);
  assert.equal(late.fake.requests.length, 1);

  const date = new Date(START + 3_600_000).toUTCString();
  const patient = await ask(answerText(503, '', { 'retry-after': date }));
  assert.equal(patient.error?.code, 'server-error');
  assert.match(patient.error.message, /asks to wait 3600 s, and 300 s is the most/);
  assert.equal(patient.fake.requests.length, 1);
});

test('no attempt starts after the deadline, and none outlives it', async () => {
  const none = await ask(GOOD, { options: { deadline: { remaining: () => 0 } } });
  assert.equal(none.error?.code, 'deadline');
  assert.equal(none.fake.requests.length, 0);
  const cut = await ask(staySilent, {
    endpoint: { retries: 0 },
    options: { deadline: { remaining: () => 50 } },
  });
  assert.equal(cut.error?.code, 'timeout');
});

test('a query that is called off ends at once and is not tried again', async () => {
  const controller = new AbortController();
  const { error, fake } = await ask(() => controller.abort(), { query: { signal: controller.signal } });
  assert.equal(error?.code, 'aborted');
  assert.equal(fake.requests.length, 1);
});

test('one chunk that fails calls the others off', async () => {
  const { error, fake } = await ask(inTurn(answerText(422, ''), staySilent), {
    options: { maxPointsPerSeries: 1 },
    endpoint: { concurrency: 2 },
  });
  assert.equal(error?.code, 'query-rejected');
  assert.ok(fake.requests.length <= 2);
});

test('remarks of Prometheus reach telemetry', async () => {
  const { telemetry, error } = await ask(
    answerJson({ status: 'success', infos: ['not a counter'], data: { resultType: 'matrix', result: [] } }),
  );
  assert.equal(error, undefined);
  assert.deepEqual(
    telemetry.lines.map(({ level, fields }) => [level, fields.info]),
    [['info', 'not a counter']],
  );
});

test('errors show neither the user of the URL nor its query string', async () => {
  await using fake = await startFakePrometheus(answerText(400, ''));
  const source = createPrometheusSource({
    endpoint: {
      url: `${fake.url.replace('//', '//me:SECRET@')}/?key=SECRET`,
      auth: { kind: 'none' },
      headers: { 'x-key': 'SECRET' },
      timeoutMs: 5000,
      concurrency: 1,
      retries: 0,
    },
    deadline: { remaining: () => 1e6 },
    telemetry: createMemoryTelemetry(),
    now: () => START,
    random: () => 0,
  });
  await assert.rejects(askSource(source, QUERY), (error: Error) => !error.message.includes('SECRET'));
  assert.equal(fake.requests[0]?.headers.authorization, `Basic ${btoa('me:SECRET')}`);
  assert.equal(fake.requests[0]?.fields.key, 'SECRET');
});

test('what it refuses is asked for in parts as long as the run has time for that', async () => {
  // Every range but the newest cell.
  const reply: Reply = (response, request) =>
    (request.fields['start'] === request.fields['end'] && Number(request.fields['start']) > END
      ? GOOD
      : answerJson({ status: 'error', errorType: 'execution', error: 'several matches' }, 422))(
      response,
      request,
    );
  const END = (START + 10 * STEP) / 1000;
  const query = { newest: START + 11 * STEP };
  const countAsked = async (secondsLeft: readonly number[]): Promise<number> => {
    const left = secondsLeft.map((seconds) => seconds * 1000);
    const deadline = { remaining: () => (left.length > 1 ? left.shift()! : left[0]!) };
    const { fake } = await ask(reply, { query, options: { deadline } });
    return fake.requests.length;
  };
  assert.ok((await countAsked([Infinity])) > 10);
  // Twice for the requests, then for how long the parts take.
  assert.equal(await countAsked([50, 50, 48, 27]), 2);
});
