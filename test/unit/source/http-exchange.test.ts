import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import test from 'node:test';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { exchange } from '../../../lib/source/http-exchange.ts';

const TEXT = 'a matrix '.repeat(1000);

test('the body comes decompressed, whatever it was sent as', async () => {
  const encodings = { identity: Buffer.from(TEXT), gzip: gzipSync(TEXT), deflate: deflateSync(TEXT) };
  for (const [encoding, body] of Object.entries({
    ...encodings,
    'X-GZip': gzipSync(TEXT),
    br: brotliCompressSync(TEXT),
  }))
    assert.equal(await readAll(answerOf({ encoding, body })), TEXT, encoding);
});

test('an encoding that nobody knows is named', async () => {
  await assert.rejects(readAll(answerOf({ encoding: 'constructor', body: Buffer.from(TEXT) })), {
    name: 'SourceError',
    code: 'unknown-encoding',
    message: /"constructor"; known are gzip/,
  });
});

test('a body that breaks off is an error, compressed or not', async () => {
  for (const encoding of ['identity', 'gzip'])
    await assert.rejects(
      readAll((_, response) => {
        const body = gzipSync(TEXT);
        response.writeHead(200, { 'content-encoding': encoding, 'content-length': body.length });
        response.write(body.subarray(0, 20), () => response.destroy());
      }),
      encoding,
    );
  await assert.rejects(readAll(answerOf({ encoding: 'gzip', body: gzipSync(TEXT).subarray(0, 40) })));
});

test('requests one after the other share a connection', async () => {
  const ports = new Set<number | undefined>();
  const listener: RequestListener = (request, response) => {
    ports.add(request.socket.remotePort);
    response.end('done');
  };
  await readAll(listener, 3);
  assert.equal(ports.size, 1);
});

function answerOf({ encoding, body }: { encoding: string; body: Uint8Array }): RequestListener {
  return (_, response) => response.writeHead(200, { 'content-encoding': encoding }).end(body);
}

async function readAll(listener: RequestListener, times = 1): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    let text = '';
    for (let time = 0; time < times; time++) {
      const { signal } = new AbortController();
      const { body } = await exchange({ url, method: 'POST', headers: {}, body: 'query=up', signal });
      text = '';
      for await (const part of body) text += String(part);
    }
    return text;
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}
