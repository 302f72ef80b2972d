import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { test } from 'node:test';
import { authorize, type UnsignedRequest } from '../../../lib/source/authorize.ts';

const NOW = Date.UTC(2026, 10, 22, 8, 30, 5);
const CREDENTIALS = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
};
const REQUEST: UnsignedRequest = {
  method: 'POST',
  url: new URL('https://aps-workspaces.eu-west-1.amazonaws.com/workspaces/ws-1/api/v1/query_range'),
  headers: { 'content-type': 'application/x-www-form-urlencoded', 'x-scope-orgid': 'a  b ' },
  body: 'query=rate%28up%5B5m%5D%29&start=1',
};

test('none, bearer and basic add what RFC 6750 and RFC 7617 say', async () => {
  assert.deepEqual(await authorize(REQUEST, { kind: 'none' }, NOW), REQUEST.headers);
  const bearer = await authorize(REQUEST, { kind: 'bearer', token: 'abc.def' }, NOW);
  assert.equal(bearer.authorization, 'Bearer abc.def');
  // Example of RFC 7617, section 2.1: UTF-8.
  const basic = await authorize(REQUEST, { kind: 'basic', username: 'test', password: '123£' }, NOW);
  assert.equal(basic.authorization, 'Basic dGVzdDoxMjPCow==');
});

for (const [name, request] of [
  ['POST', REQUEST],
  ['GET', { ...REQUEST, method: 'GET', body: '', url: new URL(`${REQUEST.url}?query=a%2Bb%20c%27&start=1`) }],
] as const)
  for (const sessionToken of [undefined, 'FwoGZX+/=='])
    test(`SigV4 of a ${name} request ${sessionToken ? 'with' : 'without'} a session token is what AWS documents`, async () => {
      const credentials = sessionToken ? { ...CREDENTIALS, sessionToken } : CREDENTIALS;
      for (const given of [credentials, async () => credentials]) {
        const auth = { kind: 'sigv4', region: 'eu-west-1', credentials: given } as const;
        const sent = await authorize(request, auth, NOW);
        assert.equal(sent['x-amz-date'], '20261122T083005Z');
        assert.equal(sent['x-amz-security-token'], sessionToken);
        assert.equal(sent.authorization, signByHand(request, sent));
        assert.ok(!('host' in sent));
      }
    });

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html, step by step. */
function signByHand({ method, url, body }: UnsignedRequest, sent: Readonly<Record<string, string>>): string {
  const headers: Record<string, string> = { host: url.host };
  for (const [name, value] of Object.entries(sent)) if (name !== 'authorization') headers[name] = value;
  const names = Object.keys(headers).sort();
  const query = url.search.slice(1).split('&').filter(Boolean).sort().join('&');
  const canonicalRequest = [
    method,
    url.pathname,
    query,
    ...names.map((name) => `${name}:${headers[name]!.trim().replaceAll(/ +/g, ' ')}`),
    '',
    names.join(';'),
    sha256(body),
  ].join('\n');
  const scope = '20261122/eu-west-1/aps/aws4_request';
  const toSign = ['AWS4-HMAC-SHA256', '20261122T083005Z', scope, sha256(canonicalRequest)].join('\n');
  const key = scope
    .split('/')
    .reduce<string | Buffer>((secret, part) => hmac(secret, part), `AWS4${CREDENTIALS.secretAccessKey}`);
  const signature = createHmac('sha256', key).update(toSign).digest('hex');
  return `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
