import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { sendRequest } from '../../../lib/receivers/send-request.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

async function ask(handler: Handler, timeoutMs = 5000): Promise<Awaited<ReturnType<typeof sendRequest>>> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/path`;
  try {
    return await sendRequest({ method: 'POST', url, headers: {}, body: {} }, timeoutMs);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test('no connection is kept for a process that sleeps meanwhile', async () => {
  let connection: string | undefined;
  const answer = await ask((request, response) => {
    connection = request.headers.connection;
    response.end('ok');
  });
  assert.equal(connection, 'close');
  assert.deepEqual(answer, { status: 200, retryAfter: null, text: '' });
});

test('of a refusal the first 16 KB are read', async () => {
  const { status, retryAfter, text } = await ask((_request, response) => {
    response.writeHead(503, { 'retry-after': '7' });
    response.write('x'.repeat(50_000));
    // It never ends.
  });
  assert.deepEqual([status, retryAfter, text.length], [503, '7', 16_384]);
});

test('a refusal that breaks off, and an acceptance that never ends, count by their status', async () => {
  const broken = await ask((_request, response) => {
    response.writeHead(404, { 'content-length': '100' });
    response.write('no such', () => response.destroy());
  });
  assert.deepEqual(broken, { status: 404, retryAfter: null, text: 'no such' });
  const endless = await ask((_request, response) => {
    response.writeHead(202);
    response.write('taken');
  });
  assert.equal(endless.status, 202);
});

test('what gives no answer within the time is a TimeoutError', async () => {
  await assert.rejects(
    ask(() => {}, 50),
    { name: 'TimeoutError' },
  );
});
