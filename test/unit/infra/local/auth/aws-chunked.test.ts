/** The examples of https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html and sigv4-streaming-trailers.html. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type ChunkedOptions, decodeChunks } from '../../../../../infra/local/auth/aws-chunked.ts';
import { hmac } from '../../../../../infra/local/auth/signature.ts';

const SIGNING = {
  key: ['20130524', 'us-east-1', 's3', 'aws4_request'].reduce<Buffer>(
    (key, part) => hmac(key, part),
    Buffer.from('AWS4wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'),
  ),
  timestamp: '20130524T000000Z',
  scope: '20130524/us-east-1/s3/aws4_request',
};
const SIGNED: ChunkedOptions = {
  signing: { ...SIGNING, seed: '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9' },
  trailers: undefined,
  length: 66_560,
};
const SIGNED_BODY = Buffer.from(
  `10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n${'a'.repeat(65_536)}\r\n` +
    `400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n${'a'.repeat(1024)}\r\n` +
    '0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n',
);
const TRAILED: ChunkedOptions = {
  signing: { ...SIGNING, seed: '106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e' },
  trailers: ['x-amz-checksum-crc32c'],
  length: 66_560,
};
const TRAILED_BODY = Buffer.from(
  `10000;chunk-signature=b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2\r\n${'a'.repeat(65_536)}\r\n` +
    `400;chunk-signature=1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7\r\n${'a'.repeat(1024)}\r\n` +
    '0;chunk-signature=2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992\r\n' +
    'x-amz-checksum-crc32c:sOO8/Q==\r\n' +
    'x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n',
);
const UNSIGNED: ChunkedOptions = { signing: undefined, trailers: ['x-amz-checksum-crc32'], length: 8 };
const UNSIGNED_BODY = Buffer.from('5\r\nhello\r\n3\r\n\r\n!\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n');

test('signed chunks', async () => {
  const { bytes } = await decode([SIGNED_BODY], SIGNED);
  assert.deepEqual(bytes, Buffer.alloc(66_560, 'a'));
});

test('signed chunks with a signed trailer', async () => {
  const { bytes, trailers } = await decode([TRAILED_BODY], TRAILED);
  assert.equal(bytes.length, 66_560);
  assert.deepEqual(trailers, { 'x-amz-checksum-crc32c': 'sOO8/Q==' });
});

test('unsigned chunks with a trailer, however the bytes arrive', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 12 })), async (sizes) => {
      const { bytes, trailers } = await decode(cut(UNSIGNED_BODY, sizes), UNSIGNED);
      assert.equal(bytes.toString(), 'hello\r\n!');
      assert.deepEqual(trailers, { 'x-amz-checksum-crc32': 'AAAAAA==' });
    }),
    { numRuns: 50 },
  );
});

test('any changed byte of a signed body is found', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat(TRAILED_BODY.length - 1),
      fc.integer({ min: 1, max: 255 }),
      async (position, change) => {
        const body = Buffer.from(TRAILED_BODY);
        body[position] = body[position]! ^ change;
        // The case of a size or of a trailer's name, and space around its value, mean nothing.
        const harmless =
          body.toString('latin1').toLowerCase() === TRAILED_BODY.toString('latin1').toLowerCase();
        if (!harmless) await assert.rejects(decode([body], TRAILED), { name: 'AwsError' });
      },
    ),
    { numRuns: 200 },
  );
});

test('a cut body is incomplete', async () => {
  for (const end of [0, 1, 5, 20, UNSIGNED_BODY.length - 20])
    await assert.rejects(decode([UNSIGNED_BODY.subarray(0, end)], UNSIGNED), { code: 'IncompleteBody' });
  await assert.rejects(decode([SIGNED_BODY.subarray(0, 70_000 - 4000)], SIGNED), { code: 'IncompleteBody' });
});

test('the declared length, the chunk sizes and the trailers must hold', async () => {
  const text = UNSIGNED_BODY.toString();
  const refused: [string, ChunkedOptions, string][] = [
    [text, { ...UNSIGNED, length: 9 }, 'IncompleteBody'],
    [text, { ...UNSIGNED, length: 7 }, 'IncompleteBody'],
    [text.replace('5\r\nhello', '4\r\nhello'), UNSIGNED, 'IncompleteBody'],
    [text.replace('5\r\n', 'z\r\n'), UNSIGNED, 'InvalidChunkSizeError'],
    [`${text}more`, UNSIGNED, 'IncompleteBody'],
    [text, { ...UNSIGNED, trailers: ['x-amz-checksum-sha1'] }, 'MalformedTrailerError'],
    [text.replace(/x-amz.*\r\n/, ''), UNSIGNED, 'MalformedTrailerError'],
    [text, SIGNED, 'InvalidChunkSizeError'],
  ];
  for (const [body, options, code] of refused)
    await assert.rejects(decode([Buffer.from(body)], options), { code });
});

async function decode(
  pieces: readonly Buffer[],
  options: ChunkedOptions,
): Promise<{ bytes: Buffer; trailers: Readonly<Record<string, string>> }> {
  async function* source(): AsyncGenerator<Buffer> {
    yield* pieces;
  }
  const chunks: Buffer[] = [];
  const decoder = decodeChunks(source(), options);
  for (;;) {
    const next = await decoder.next();
    if (next.done) return { bytes: Buffer.concat(chunks), trailers: next.value };
    chunks.push(next.value);
  }
}

function cut(body: Buffer, sizes: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  let start = 0;
  for (const size of sizes) {
    pieces.push(body.subarray(start, start + size));
    start += size;
  }
  return [...pieces, body.subarray(start)];
}
