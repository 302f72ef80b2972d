import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { rootCertificates } from 'node:tls';
import { checkTls } from '../../../lib/source/check-tls.ts';

const HOST = new URL('https://prometheus.internal:9090/api');
const [ROOT, OTHER] = rootCertificates as readonly [string, string];
const KEY = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString();

test('authorities are one or more PEM certificates, with text around them', () => {
  for (const ca of [ROOT, `${ROOT}\n${OTHER}\n`, `# our own\n${ROOT}`]) checkTls({ ca }, HOST);
});

test('what cannot hold is told by its name, and not shown', () => {
  const refusals: [Parameters<typeof checkTls>[0], RegExp][] = [
    [{ ca: '' }, /^the authorities \(ca\) for prometheus.internal:9090 must be PEM.*0 of 0 blocks/],
    [{ ca: KEY }, /0 of 1 blocks are one$/],
    [{ ca: `${ROOT}\n${OTHER.slice(0, 300)}` }, /1 of 2 blocks are one$/],
    [{ ca: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----' }, /certificate 1 of 1/],
    [{ cert: ROOT }, /one is missing$/],
    [{ key: KEY }, /one is missing$/],
    [
      { cert: ROOT, key: KEY },
      /^the key for prometheus.internal:9090 is no PEM of .* belongs to the cert.*MISMATCH/,
    ],
    [{ cert: ROOT, key: 'hunter2' }, /^the key for prometheus.internal:9090/],
  ];
  for (const [material, message] of refusals)
    assert.throws(
      () => checkTls(material, HOST),
      (error) => {
        assert.ok(error instanceof Error);
        assert.match(error.message, message);
        assert.doesNotMatch(error.message, /hunter2|BEGIN/);
        return true;
      },
    );
  assert.throws(() => checkTls({ ca: ROOT }, new URL('http://x')), {
    code: 'bad-tls',
    message: /not https:/,
  });
});
