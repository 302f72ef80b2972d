/** Who asks: signatures in headers and in addresses. */
import assert from 'node:assert/strict';
import { Sha256 } from '@aws-crypto/sha256-js';
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { SignatureV4 } from '@smithy/signature-v4';
import { type CheckedServer, put, read, refused, type S3Check } from './check.ts';

async function presign(
  { url, region, credentials, Bucket }: CheckedServer,
  method: string,
  signingDate = new Date(),
): Promise<string> {
  const { protocol, hostname, port, host } = new URL(url);
  const signer = new SignatureV4({
    service: 's3',
    region,
    credentials,
    sha256: Sha256,
    uriEscapePath: false,
  });
  const path = `/${Bucket}/k`;
  const headers = { host, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' };
  const signed = await signer.presign(
    { method, protocol, hostname, port: Number(port), path, query: {}, headers },
    { expiresIn: 60, signingDate, unsignableHeaders: new Set(['x-amz-content-sha256']) },
  );
  const query = Object.entries(signed.query ?? {}).map(
    ([name, value]) => `${name}=${encodeURIComponent(String(value))}`,
  );
  return `${url}${path}?${query.join('&')}`;
}

async function listAs(
  server: CheckedServer,
  credentials: CheckedServer['credentials'],
  clockOffset = 0,
): Promise<void> {
  const { url, region, Bucket } = server;
  const client = new S3Client({
    endpoint: url,
    region,
    credentials,
    forcePathStyle: true,
    maxAttempts: 1,
    systemClockOffset: clockOffset,
  });
  try {
    await client.send(new ListObjectsV2Command({ Bucket }));
  } finally {
    client.destroy();
  }
}

export const SIGNATURE_CHECKS: readonly S3Check[] = [
  {
    name: 'a presigned GET gives the object to whoever has the address',
    async run(server) {
      await put(server, 'k', 'by link');
      assert.equal(await (await fetch(await presign(server, 'GET'))).text(), 'by link');
    },
  },
  {
    name: 'a presigned PUT takes an object',
    async run(server) {
      const answer = await fetch(await presign(server, 'PUT'), { method: 'PUT', body: 'by link' });
      assert.equal(answer.status, 200);
      assert.equal(await read(server, 'k'), 'by link');
    },
  },
  {
    name: 'a presigned address is for its method alone: 403 SignatureDoesNotMatch',
    async run(server) {
      await put(server, 'k');
      const answer = await fetch(await presign(server, 'GET'), { method: 'DELETE' });
      assert.equal(answer.status, 403);
      assert.match(await answer.text(), /SignatureDoesNotMatch/);
    },
  },
  {
    name: 'a presigned address ends: 403 AccessDenied, "Request has expired"',
    async run(server) {
      await put(server, 'k');
      const answer = await fetch(await presign(server, 'GET', new Date(Date.now() - 61_000)));
      assert.equal(answer.status, 403);
      assert.match(await answer.text(), /AccessDenied[\s\S]*Request has expired/);
    },
  },
  {
    name: 'no signature at all: 403 AccessDenied',
    async run(server) {
      await put(server, 'k');
      const answer = await fetch(`${server.url}/${server.Bucket}/k`);
      assert.equal(answer.status, 403);
      assert.match(await answer.text(), /AccessDenied/);
    },
  },
  {
    name: 'another secret: 403 SignatureDoesNotMatch',
    run: (server) =>
      refused(
        listAs(server, { ...server.credentials, secretAccessKey: 'another' }),
        403,
        'SignatureDoesNotMatch',
      ),
  },
  {
    name: 'a key that nobody has: 403 InvalidAccessKeyId',
    run: (server) =>
      refused(
        listAs(server, { ...server.credentials, accessKeyId: 'AKIANOBODY' }),
        403,
        'InvalidAccessKeyId',
      ),
  },
  {
    name: 'a clock that is 16 minutes off: 403 RequestTimeTooSkewed',
    run: (server) => refused(listAs(server, server.credentials, -16 * 60_000), 403, 'RequestTimeTooSkewed'),
  },
];
