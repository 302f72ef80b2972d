/** Planted secrets are looked for in everything that a query says and logs, whatever the server answers. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PrometheusAuth } from '../../../lib/source/prometheus-endpoint.ts';
import { answerJson, answerText, type FakeRequest, type Reply } from '../../helpers/fake-prometheus.ts';
import { ask } from './ask.ts';

const TOKEN = 'S3CRETtokenABCDEF0123456789';
const PASSWORD = 'pass"wörd/S3CRET+1';
const HEADER = 'HDRSECRET987654';

const AUTHS: Readonly<Record<string, PrometheusAuth>> = {
  bearer: { kind: 'bearer', token: TOKEN },
  basic: { kind: 'basic', username: 'prom', password: PASSWORD },
  sigv4: {
    kind: 'sigv4',
    region: 'eu-west-1',
    credentials: { accessKeyId: 'AKID', secretAccessKey: TOKEN, sessionToken: `${TOKEN}session` },
  },
};

const sent = (request: FakeRequest): string => JSON.stringify(request.headers);

/** A server that says back what it was sent, in every way in which it can answer. */
const ECHOES: Readonly<Record<string, Reply>> = {
  'JSON 401': (response, request) =>
    answerJson({ status: 'error', errorType: 'x', error: `bad: ${sent(request)}` }, 401)(response, request),
  'text 403': (response, request) => answerText(403, `denied ${sent(request)}`)(response, request),
  'text that is cut': (response, request) => {
    answerText(403, `${'x'.repeat(95)}${request.headers.authorization}`)(response, request);
  },
  'HTML 500': (response, request) =>
    answerText(500, `<pre>${sent(request)}</pre>`, { 'content-type': 'text/html' })(response, request),
  'JSON 200 error': (response, request) =>
    answerJson({ status: 'error', errorType: sent(request), error: sent(request) })(response, request),
  warnings: (response, request) =>
    answerJson({ status: 'success', warnings: [sent(request)], data: { resultType: 'matrix', result: [] } })(
      response,
      request,
    ),
  infos: (response, request) =>
    answerJson({ status: 'success', infos: [sent(request)], data: { resultType: 'matrix', result: [] } })(
      response,
      request,
    ),
  'no JSON': (response, request) => answerText(200, `{${sent(request)}`)(response, request),
  'content type': (response, request) =>
    answerText(200, '{}', { 'content-type': encodeURIComponent(sent(request)) })(response, request),
  redirect: (response, request) =>
    answerText(302, '', { location: `http://x/?q=${encodeURIComponent(sent(request))}` })(response, request),
};

for (const [kind, auth] of Object.entries(AUTHS))
  for (const [how, echo] of Object.entries(ECHOES))
    test(`${kind}: ${how}`, async () => {
      const authorizations = new Set<string>();
      const { error, telemetry } = await ask(
        (response, request) => {
          authorizations.add(String(request.headers.authorization).replace(/^\S+ /, ''));
          echo(response, request);
        },
        { endpoint: { auth, headers: { 'X-Scope-OrgID': HEADER }, retries: 1 } },
      );
      const told = `${error?.message} ${error?.stack} ${String(error?.cause)} ${JSON.stringify(telemetry.lines)}`;
      for (const secret of [TOKEN, PASSWORD, HEADER, ...authorizations]) {
        assert.ok(!told.includes(secret), `${secret} in ${told}`);
        assert.ok(!told.includes(JSON.stringify(secret).slice(1, -1)), `${secret}, escaped, in ${told}`);
        if (secret.length > 12)
          assert.ok(!told.includes(secret.slice(0, 12)), `the beginning of ${secret} in ${told}`);
      }
      assert.ok(told.length < 30_000);
    });

test('an error without end is read as far as it is shown, and is tried again as any other', async () => {
  const { fake, error } = await ask((response) => {
    response.writeHead(500, { 'content-type': 'application/json' });
    response.write('{"status":"error","error":"');
    const more = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(65_536, 'E')));
    };
    response.on('drain', more);
    more();
  });
  assert.equal(error?.code, 'server-error');
  assert.match(error.message, /HTTP 500: "\{\\"status\\":\\"error/);
  assert.equal(fake.requests.length, 3);
});

test('what a server says is shown in one line of bounded length', async () => {
  const words = `bad\u001b[2J\u001b]0;pwned\u0007\nERROR forged ${'E'.repeat(100_000)}`;
  const { error } = await ask(answerJson({ status: 'error', errorType: 'x', error: words }, 422));
  assert.match(error?.message ?? '', /HTTP 422: x: bad \[2J \]0;pwned {2}ERROR forged E+…$/);
  assert.ok(error!.message.length < 1_000);
});
