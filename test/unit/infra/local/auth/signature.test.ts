/** The examples of https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html and sigv4-query-string-auth.html. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseClaim, type SignedRequest } from '../../../../../infra/local/auth/credential.ts';
import { type SignatureOptions, verifySignature } from '../../../../../infra/local/auth/signature.ts';

const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const SCOPE = 'AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request';
const OPTIONS: SignatureOptions = {
  secrets: { AKIAIOSFODNN7EXAMPLE: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' },
  region: 'us-east-1',
  now: Date.UTC(2013, 4, 24),
  payloadHash: EMPTY,
};
const HOST = 'examplebucket.s3.amazonaws.com';

test('GET with a Range header', () => {
  verify(getRequest());
});

test('PUT with a Date header and an encoded path', () => {
  const payloadHash = '44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072';
  const request: SignedRequest = {
    method: 'PUT',
    path: '/test%24file.text',
    rawQuery: '',
    headers: {
      host: HOST,
      date: 'Fri, 24 May 2013 00:00:00 GMT',
      'x-amz-date': '20130524T000000Z',
      'x-amz-storage-class': 'REDUCED_REDUNDANCY',
      'x-amz-content-sha256': payloadHash,
      authorization: authorization(
        'date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class',
        '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
      ),
    },
  };
  verify(request, { payloadHash });
  // Some clients send reserved characters as they are and sign them encoded.
  verify({ ...request, path: '/test$file.text' }, { payloadHash });
});

test('a query without values, and one with several', () => {
  const headers = (signature: string) => ({
    host: HOST,
    'x-amz-date': '20130524T000000Z',
    'x-amz-content-sha256': EMPTY,
    authorization: authorization('host;x-amz-content-sha256;x-amz-date', signature),
  });
  verify({
    method: 'GET',
    path: '/',
    rawQuery: 'lifecycle',
    headers: headers('fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543'),
  });
  verify({
    method: 'GET',
    path: '/',
    rawQuery: 'prefix=J&max-keys=2',
    headers: headers('34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7'),
  });
});

test('a presigned URL holds until it expires', () => {
  const request = presigned();
  const options = { payloadHash: 'UNSIGNED-PAYLOAD' };
  verify(request, options);
  verify(request, { ...options, now: OPTIONS.now + 86_400_000 });
  assertCode(request, { ...options, now: OPTIONS.now + 86_401_000 }, 'AccessDenied');
  assertCode({ ...request, path: '/other.txt' }, options, 'SignatureDoesNotMatch');
});

test('what was not signed is refused', () => {
  const request = getRequest();
  const secrets = { AKIAIOSFODNN7EXAMPLE: 'another' };
  assertCode(request, { secrets }, 'SignatureDoesNotMatch');
  assertCode(request, { secrets: {} }, 'InvalidAccessKeyId');
  assertCode(request, { region: 'eu-west-1' }, 'AuthorizationHeaderMalformed');
  assertCode(request, { payloadHash: 'UNSIGNED-PAYLOAD' }, 'SignatureDoesNotMatch');
  assertCode({ ...request, method: 'PUT' }, {}, 'SignatureDoesNotMatch');
  assertCode({ ...request, rawQuery: 'acl' }, {}, 'SignatureDoesNotMatch');
  assertCode(
    { ...request, headers: { ...request.headers, range: 'bytes=0-99' } },
    {},
    'SignatureDoesNotMatch',
  );
  assertCode({ ...request, headers: { ...request.headers, 'x-amz-acl': 'private' } }, {}, 'AccessDenied');
});

test('a clock may be a quarter of an hour off, either way', () => {
  const request = getRequest();
  for (const skew of [900_000, -900_000]) verify(request, { now: OPTIONS.now + skew });
  for (const skew of [900_001, -900_001])
    assertCode(request, { now: OPTIONS.now + skew }, 'RequestTimeTooSkewed');
});

test('a header that cannot be read says why', () => {
  const request = getRequest();
  const withHeader = (value: string) => ({
    ...request,
    headers: { ...request.headers, authorization: value },
  });
  assert.equal(parseClaim({ ...request, headers: {} }), undefined);
  assert.throws(() => parseClaim(withHeader('AWS key:signature')), {
    code: 'InvalidRequest',
    message: /AWS4-HMAC-SHA256/,
  });
  assert.throws(() => parseClaim(withHeader('AWS4-HMAC-SHA256 Credential=a/b')), {
    code: 'AuthorizationHeaderMalformed',
  });
  assert.throws(() => parseClaim({ ...request, rawQuery: presigned().rawQuery }), /Only one auth mechanism/);
  assert.throws(
    () => parseClaim({ ...presigned(), rawQuery: presigned().rawQuery.replace('86400', '604801') }),
    {
      code: 'AuthorizationQueryParametersError',
      message: /604801/,
    },
  );
});

function getRequest(): SignedRequest {
  return {
    method: 'GET',
    path: '/test.txt',
    rawQuery: '',
    headers: {
      host: HOST,
      range: 'bytes=0-9',
      'x-amz-date': '20130524T000000Z',
      'x-amz-content-sha256': EMPTY,
      authorization: authorization(
        'host;range;x-amz-content-sha256;x-amz-date',
        'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
      ),
    },
  };
}

function presigned(): SignedRequest {
  return {
    method: 'GET',
    path: '/test.txt',
    rawQuery:
      `X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=${encodeURIComponent(SCOPE)}&X-Amz-Date=20130524T000000Z` +
      '&X-Amz-Expires=86400&X-Amz-SignedHeaders=host' +
      '&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404',
    headers: { host: HOST },
  };
}

function authorization(signedHeaders: string, signature: string): string {
  return `AWS4-HMAC-SHA256 Credential=${SCOPE},SignedHeaders=${signedHeaders},Signature=${signature}`;
}

function verify(request: SignedRequest, options: Partial<SignatureOptions> = {}): void {
  const claim = parseClaim(request);
  assert.ok(claim);
  verifySignature(request, claim, { ...OPTIONS, ...options });
}

function assertCode(request: SignedRequest, options: Partial<SignatureOptions>, code: string): void {
  assert.throws(() => verify(request, options), { code });
}
