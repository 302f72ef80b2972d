import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { answerJson, answerText, type Reply, startFakePrometheus } from '../../helpers/fake-prometheus.ts';
import { ask, GOOD, QUERY, type Setup } from './ask.ts';

/** The error has this code, names URL and query, and came at once. */
async function assertRefused(reply: Reply, code: string, message: RegExp, setup?: Setup): Promise<void> {
  const { fake, error } = await ask(reply, setup);
  assert.equal(error?.name, 'SourceError');
  assert.equal(error.code, code);
  assert.match(error.message, message);
  assert.ok(error.message.includes(`query ${QUERY.query} at ${fake.url}/api/v1/query_range`), error.message);
  assert.equal(fake.requests.length, 1);
}

test('refusals are passed on in the words of Prometheus and not tried again', async () => {
  const words = { status: 'error', errorType: 'bad_data', error: 'parse error: unclosed left parenthesis' };
  await assertRefused(answerJson(words, 400), 'query-rejected', /HTTP 400: bad_data: parse error: unclosed/);
  const many = {
    status: 'error',
    errorType: 'execution',
    error: 'query processing would load too many samples',
  };
  await assertRefused(answerJson(many, 422), 'query-rejected', /HTTP 422: execution: .*too many samples/);
  await assertRefused(answerText(401, 'who are you'), 'unauthorized', /HTTP 401: "who are you"/);
  await assertRefused(answerText(403, ''), 'unauthorized', /HTTP 403/);
  await assertRefused(answerText(404, '404 page not found'), 'http-status', /HTTP 404: "404 page not found"/);
});

test('what is no answer of Prometheus is named for what it is', async () => {
  const html = '<!DOCTYPE html><title>Log in</title>';
  await assertRefused(
    answerText(200, html, { 'content-type': 'text/html' }),
    'not-json',
    /"text\/html".*<!DOCTYPE html>/,
  );
  await assertRefused(answerText(200, html), 'not-json', /<!DOCTYPE html>/);
  await assertRefused(answerText(200, '{}', { 'content-type': 'text/plain' }), 'not-json', /"text\/plain"/);
  await assertRefused(answerText(200, '[]'), 'not-json', /"\[\]"/);
  await assertRefused(
    answerJson({ status: 'success', data: { resultType: 'vector', result: [] } }),
    'not-a-matrix',
    /"vector"/,
  );
  const twice = { metric: { a: 'b' }, values: [] };
  await assertRefused(
    answerJson({ status: 'success', data: { resultType: 'matrix', result: [twice, twice] } }),
    'duplicate-series',
    /\{a="b"\} twice/,
  );
});

test('an answer over the size limit is cut off, announced or not', async () => {
  const setup = { options: { maxBodyBytes: 1000 } };
  await assertRefused(answerText(200, `{${' '.repeat(2000)}}`), 'body-too-large', /limit is 1000/, setup);
  await assertRefused(
    (response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
      response.end(gzipSync(`{${' '.repeat(100_000)}}`));
    },
    'body-too-large',
    /limit is 1000/,
    setup,
  );
});

test('redirects are errors, and the credentials stay here', async () => {
  await using elsewhere = await startFakePrometheus(GOOD);
  for (const status of [301, 302, 303, 307, 308])
    await assertRefused(
      answerText(status, '', { location: `${elsewhere.url}/login?state=SECRET` }),
      'redirect',
      new RegExp(`HTTP ${status} to ${elsewhere.url}/login, (?!.*SECRET)`),
      { endpoint: { auth: { kind: 'bearer', token: 'abc' } } },
    );
  assert.equal(elsewhere.requests.length, 0);
});

test('half an answer is asked for again, then told', async () => {
  const data = { resultType: 'matrix', result: [] };
  const halves = [
    {
      code: 'partial-response',
      words: 'store unreachable',
      half: answerJson({ status: 'success', warnings: ['store unreachable'], data }),
    },
    {
      code: 'partial-response',
      words: 'isPartial',
      half: answerJson({ status: 'success', isPartial: true, data }),
    },
    // A proxy ended it as if it were whole.
    {
      code: 'truncated-json',
      words: 'breaks off after 55 bytes',
      half: answerText(200, '{"status":"success","data":{"resultType":"matrix","resu'),
    },
    { code: 'empty-answer', words: 'HTTP 200 with an empty body', half: answerText(200, '') },
    { code: 'empty-answer', words: 'HTTP 204 with an empty body', half: answerText(204, '') },
  ];
  for (const { code, words, half } of halves) {
    const { fake, error, telemetry } = await ask(half);
    assert.equal(error?.code, code);
    assert.match(error.message, new RegExp(`${words}.*attempt 3, the last`));
    assert.equal(fake.requests.length, 3);
    assert.equal(telemetry.lines.filter(({ level }) => level === 'warn').length, 2);
    let asked = 0;
    const recovered = await ask((response, request) => (asked++ === 0 ? half : GOOD)(response, request));
    assert.equal(recovered.series?.length, 1, 'the second answer is whole');
  }
  const whole = answerJson({ status: 'success', isPartial: false, data });
  assert.deepEqual((await ask(whole)).series, []);
});
