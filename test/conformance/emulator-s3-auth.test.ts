/** Signatures and payload checks over HTTP: by the SDK, and by hand where the SDK would not send such a request. */
import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { after, before, test } from 'node:test';
import { crc32 } from 'node:zlib';
import { Sha256 } from '@aws-crypto/sha256-js';
import { CreateBucketCommand, GetObjectCommand, ListBucketsCommand } from '@aws-sdk/client-s3';
import { SignatureV4 } from '@smithy/signature-v4';
import { assertFails, createClient, type EmulatedS3, REGION, startS3 } from '../helpers/emulated-s3.ts';

interface Signed {
  readonly headers: Record<string, string>;
  readonly signature: string;
  readonly timestamp: string;
}

const Bucket = 'signed';
const EMPTY_HASH = createHash('sha256').digest('hex');
const CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' };
let s3: EmulatedS3;

before(async () => {
  s3 = await startS3();
  await s3.client.send(new CreateBucketCommand({ Bucket }));
});
after(() => s3[Symbol.asyncDispose]());

test('a wrong secret, an unknown key, no signature', async () => {
  const wrong = createClient(s3.emulator.url, 'wrong');
  await assertFails(wrong.send(new ListBucketsCommand({})), 'SignatureDoesNotMatch', 403);
  wrong.destroy();
  const headers = (await sign('GET', '/', EMPTY_HASH)).headers;
  const unknown = {
    ...headers,
    authorization: (headers.authorization ?? '').replace('Credential=test', 'Credential=nobody'),
  };
  await assertAnswer('GET', '/', unknown, undefined, 403, 'InvalidAccessKeyId');
  await assertAnswer('GET', '/', {}, undefined, 403, 'AccessDenied');
  await assertAnswer('GET', '/', { authorization: 'AWS test:signature' }, undefined, 400, 'InvalidRequest');
});

test('a clock that is off', async () => {
  const at = (skew: number) => sign('GET', '/', EMPTY_HASH, {}, new Date(Date.now() + skew));
  await assertAnswer('GET', '/', (await at(-14 * 60_000)).headers, undefined, 200, 'ListAllMyBucketsResult');
  for (const skew of [16 * 60_000, -16 * 60_000])
    await assertAnswer('GET', '/', (await at(skew)).headers, undefined, 403, 'RequestTimeTooSkewed');
});

test('the body must be the one that was signed', async () => {
  const hash = createHash('sha256').update('right').digest('hex');
  const path = `/${Bucket}/body`;
  const { headers } = await sign('PUT', path, hash);
  await assertAnswer('PUT', path, headers, 'wrong', 400, 'XAmzContentSHA256Mismatch');
  await assertAnswer('PUT', path, headers, 'right', 200, '');
  await assertAnswer('PUT', path, (await sign('PUT', path, 'nonsense')).headers, 'x', 400, 'InvalidArgument');
  const { headers: changed } = await sign('PUT', path, hash, { 'x-amz-meta-a': '1' });
  await assertAnswer('PUT', path, { ...changed, 'x-amz-meta-a': '2' }, 'right', 403, 'SignatureDoesNotMatch');
});

test('an unsigned payload with a trailing checksum', async () => {
  const path = `/${Bucket}/trailer`;
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32('hello'));
  const trailer = `x-amz-checksum-crc32:${sum.toString('base64')}`;
  const send = async (body: string, status: number, code: string, length = '5') => {
    const { headers } = await sign('PUT', path, 'STREAMING-UNSIGNED-PAYLOAD-TRAILER', {
      'content-encoding': 'aws-chunked',
      'x-amz-decoded-content-length': length,
      'x-amz-trailer': 'x-amz-checksum-crc32',
    });
    await assertAnswer('PUT', path, headers, body, status, code);
  };
  await send(`5\r\nhello\r\n0\r\n${trailer}\r\n\r\n`, 200, '');
  assert.equal(await read('trailer'), 'hello');
  await send(`5\r\nhellO\r\n0\r\n${trailer}\r\n\r\n`, 400, 'BadDigest');
  await send('5\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n', 400, 'BadDigest');
  await send(`5\r\nhello\r\n0\r\n\r\n`, 400, 'MalformedTrailerError');
  await send(`5\r\nhello\r\n0\r\n${trailer}\r\n\r\n`, 400, 'IncompleteBody', '6');
  await send('5\r\nhel', 400, 'IncompleteBody');
  await send('hello', 400, 'IncompleteBody');
  assert.equal(await read('trailer'), 'hello');
});

test('signed chunks, with and without a signed trailer', async () => {
  const path = `/${Bucket}/chunks`;
  const chunks = ['a'.repeat(8192), 'b'.repeat(100), ''];
  const common = { 'content-encoding': 'aws-chunked', 'x-amz-decoded-content-length': '8292' };
  const trailerName = 'x-amz-checksum-sha256';
  const trailer = `${trailerName}:${createHash('sha256').update(chunks.join('')).digest('base64')}`;
  for (const trailers of [false, true]) {
    const mode = `STREAMING-AWS4-HMAC-SHA256-PAYLOAD${trailers ? '-TRAILER' : ''}`;
    const signed = await sign(
      'PUT',
      path,
      mode,
      trailers ? { ...common, 'x-amz-trailer': trailerName } : common,
    );
    const body = frame(signed, chunks, trailers ? trailer : undefined);
    await assertAnswer('PUT', path, signed.headers, body, 200, '');
    assert.equal(await read('chunks'), chunks.join(''));
    const corrupted = [
      body.replace('aaa', 'aab'),
      body.replace('b\r\n', 'c\r\n'),
      body.replace(/(0;chunk-signature=)./, '$1_'),
    ];
    if (trailers) corrupted.push(body.replace(/(x-amz-trailer-signature:).{4}/, '$1dead'));
    for (const bad of corrupted) {
      const answer = await send('PUT', path, signed.headers, bad);
      assert.match(answer.text, /SignatureDoesNotMatch|InvalidChunkSizeError/);
      assert.equal(answer.status, 403);
    }
  }
  assert.equal(await read('chunks'), chunks.join(''));
});

test('presigned URLs', async () => {
  const path = `/${Bucket}/pre signed+ü.txt`.replaceAll(' ', '%20').replace('ü', '%C3%BC');
  const put = await presign('PUT', path, 60);
  assert.equal((await fetch(put, { method: 'PUT', body: 'by link' })).status, 200);
  const get = await presign('GET', path, 60);
  assert.equal(await (await fetch(get)).text(), 'by link');
  assert.equal((await fetch(get, { method: 'DELETE' })).status, 403);
  const expired = await presign('GET', path, 60, new Date(Date.now() - 61_000));
  const answer = await fetch(expired);
  assert.equal(answer.status, 403);
  assert.match(await answer.text(), /AccessDenied.*Request has expired/);
});

test('requests for what is not there', async () => {
  assert.equal((await fetch(`${s3.emulator.url}/_tidewatch/health`)).status, 200);
  const lambda = await sign('GET', '/2015-03-31/functions/', EMPTY_HASH, {}, new Date(), 'lambda');
  const answer = await send('GET', '/2015-03-31/functions/', lambda.headers, undefined);
  assert.deepEqual(
    [answer.status, JSON.parse(answer.text).message],
    [501, 'The emulator has no service "lambda", only s3, sns, sqs, sts, secretsmanager'],
  );
  const sts = async (body: string) => {
    const hash = createHash('sha256').update(body).digest('hex');
    const { headers } = await sign(
      'POST',
      '/',
      hash,
      { 'content-type': 'application/x-www-form-urlencoded' },
      new Date(),
      'sts',
    );
    return send('POST', '/', headers, body);
  };
  assert.match(
    (await sts('Action=GetCallerIdentity&Version=2011-06-15')).text,
    /<Account>000000000000<\/Account>/,
  );
  assert.equal((await sts('Action=AssumeRole')).status, 501);
});

async function sign(
  method: string,
  path: string,
  payloadHash: string,
  extra: Record<string, string> = {},
  signingDate = new Date(),
  service = 's3',
): Promise<Signed> {
  const { hostname, port, host } = new URL(s3.emulator.url);
  const signer = new SignatureV4({
    service,
    region: REGION,
    credentials: CREDENTIALS,
    sha256: Sha256,
    uriEscapePath: service !== 's3',
    applyChecksum: false,
  });
  const headers = { host, 'x-amz-content-sha256': payloadHash, ...extra };
  const request = { method, protocol: 'http:', hostname, port: Number(port), path, headers, query: {} };
  const signed = await signer.sign(request, { signingDate });
  return {
    headers: signed.headers,
    signature: /Signature=(\w+)/.exec(signed.headers.authorization ?? '')?.[1] ?? '',
    timestamp: signed.headers['x-amz-date'] ?? '',
  };
}

async function presign(
  method: string,
  path: string,
  expiresIn: number,
  signingDate = new Date(),
): Promise<string> {
  const { hostname, port, host } = new URL(s3.emulator.url);
  const signer = new SignatureV4({
    service: 's3',
    region: REGION,
    credentials: CREDENTIALS,
    sha256: Sha256,
    uriEscapePath: false,
    applyChecksum: false,
  });
  const request = {
    method,
    protocol: 'http:',
    hostname,
    port: Number(port),
    path,
    headers: { host },
    query: {},
    body: undefined,
  };
  const headers = { ...request.headers, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' };
  const signed = await signer.presign(
    { ...request, headers },
    {
      expiresIn,
      signingDate,
      unhoistableHeaders: new Set(),
      unsignableHeaders: new Set(['x-amz-content-sha256']),
    },
  );
  const query = Object.entries(signed.query ?? {}).map(
    ([name, value]) => `${name}=${encodeURIComponent(String(value))}`,
  );
  return `${s3.emulator.url}${path}?${query.join('&')}`;
}

/** Chunks as https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html signs them. */
function frame(
  { signature, timestamp }: Signed,
  chunks: readonly string[],
  trailer: string | undefined,
): string {
  const scope = `${timestamp.slice(0, 8)}/${REGION}/s3/aws4_request`;
  const key = scope
    .split('/')
    .reduce<Buffer>((k, part) => createHmac('sha256', k).update(part).digest(), Buffer.from('AWS4test'));
  const hash = (text: string) => createHash('sha256').update(text).digest('hex');
  let previous = signature;
  const next = (kind: string, hashes: string) => {
    const toSign = [`AWS4-HMAC-SHA256-${kind}`, timestamp, scope, previous, hashes].join('\n');
    previous = createHmac('sha256', key).update(toSign).digest('hex');
    return previous;
  };
  const body = chunks.map((chunk) => {
    const head = `${chunk.length.toString(16)};chunk-signature=${next('PAYLOAD', `${EMPTY_HASH}\n${hash(chunk)}`)}\r\n`;
    return chunk === '' ? head : `${head}${chunk}\r\n`;
  });
  const end =
    trailer === undefined
      ? ''
      : `${trailer}\r\nx-amz-trailer-signature:${next('TRAILER', hash(`${trailer}\n`))}\r\n`;
  return `${body.join('')}${end}\r\n`;
}

async function send(
  method: string,
  path: string,
  { host: _, ...headers }: Record<string, string>,
  body: string | undefined,
) {
  const answer = await fetch(`${s3.emulator.url}${path}`, { method, headers, body: body ?? null });
  return { status: answer.status, text: await answer.text() };
}

/** @param text stands in the answer's body */
async function assertAnswer(
  method: string,
  path: string,
  headers: Record<string, string>,
  body: string | undefined,
  status: number,
  text: string,
): Promise<void> {
  const answer = await send(method, path, headers, body);
  assert.equal(answer.status, status, answer.text);
  assert.ok(answer.text.includes(text), answer.text);
}

async function read(Key: string): Promise<string | undefined> {
  return (await s3.client.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString();
}
