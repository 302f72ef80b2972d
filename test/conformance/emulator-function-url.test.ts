/** A function's own address: the event that it gets, and what becomes of its answer. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { LambdaFunctionURLEvent } from 'aws-lambda';
import type { Emulator } from '../../infra/local/emulator.ts';
import { functionUrl } from '../../infra/local/lambda/function-url.ts';
import { createFunctionFolder, startFunctionEmulator } from '../helpers/local-functions.ts';

const ECHO = `export async function handler(event) {
  if (event.rawPath === '/crash') throw new Error('crashed');
  if (event.rawPath === '/plain') return { any: 'value' };
  return { statusCode: 201, headers: { 'x-made': 'yes', 'content-type': 'text/plain' }, body: JSON.stringify(event) };
}`;

const folder = createFunctionFolder();
let emulator: Emulator;
let base: string;
let close: () => Promise<void>;

before(async () => {
  const { functions, ...started } = await startFunctionEmulator(folder);
  ({ emulator, close } = started);
  for (const name of ['echo', 'hidden', 'inner']) functions.create(folder.add(name, ECHO));
  functions.addUrl('echo', { isPublic: true });
  functions.addUrl('hidden', { isPublic: false });
  base = functionUrl(emulator.url, 'echo');
});
after(() => close());

test('it gets the request as an event, unsigned, path and query as they were sent', async () => {
  const response = await fetch(`${base}i/a%2Fb?x=1&y=%20z`, { headers: { 'user-agent': 'Test/1' } });
  assert.deepEqual(
    [response.status, response.headers.get('x-made'), response.headers.get('content-type')],
    [201, 'yes', 'text/plain'],
  );
  const event = (await response.json()) as LambdaFunctionURLEvent;
  assert.deepEqual(
    [event.version, event.rawPath, event.rawQueryString, event.isBase64Encoded, event.body],
    ['2.0', '/i/a%2Fb', 'x=1&y=%20z', false, undefined],
  );
  assert.deepEqual(event.queryStringParameters, { x: '1', y: ' z' });
  const { method, sourceIp, userAgent } = event.requestContext.http;
  assert.deepEqual([method, sourceIp, userAgent], ['GET', '127.0.0.1', 'Test/1']);
});

test('a form comes in base64, text as it is; HEAD has no body', async () => {
  const form = await fetch(base, { method: 'POST', body: new URLSearchParams({ note: 'a b' }) });
  const event = (await form.json()) as LambdaFunctionURLEvent;
  assert.deepEqual(
    [event.isBase64Encoded, Buffer.from(event.body ?? '', 'base64').toString()],
    [true, 'note=a+b'],
  );
  const text = await fetch(base, { method: 'POST', body: 'ä', headers: { 'content-type': 'text/plain' } });
  assert.equal(((await text.json()) as LambdaFunctionURLEvent).body, 'ä');
  const head = await fetch(base, { method: 'HEAD' });
  assert.deepEqual([head.status, await head.text()], [201, '']);
});

test('what is no answer of HTTP is JSON, a failure is 502, and who may not ask hears so', async () => {
  const plain = await fetch(`${base}plain`);
  assert.deepEqual([plain.status, await plain.text()], [200, '{"any":"value"}']);
  assert.equal((await fetch(`${base}crash`)).status, 502);
  for (const name of ['hidden', 'inner', 'absent', '']) {
    const response = await fetch(functionUrl(emulator.url, name));
    assert.equal(response.status, 403, name);
  }
});
