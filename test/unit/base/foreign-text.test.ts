import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  hideSecrets,
  listForeign,
  quoteForeign,
  toLines,
  toOneLine,
} from '../../../lib/base/foreign-text.ts';

test('what a terminal obeys and what a log takes for a line becomes a space', () => {
  assert.equal(toOneLine('bad\u001b[2J\nERROR forged\u2028\u202Eline\u0085'), 'bad [2J ERROR forged  line ');
  assert.equal(toLines('a\n\tb\u001b[2J\r\u0007'), 'a\n\tb [2J  ');
  assert.equal(toOneLine('日本 😀 \ud800'), '日本 😀 \ufffd');
});

test('a quote is as long as asked for', () => {
  assert.equal(quoteForeign('abc', 3), 'abc');
  assert.equal(quoteForeign('abcd', 3), 'abc…');
  assert.equal(quoteForeign('E'.repeat(50_000_000), 500).length, 501);
});

test('of many names the first are listed, each in one line', () => {
  assert.equal(listForeign(['cpu', 'a\nb\u001b[2J']), '"cpu", "a b [2J"');
  const many = listForeign(Array.from({ length: 2_000 }, (_, i) => `${i}-${'x'.repeat(2_000)}`));
  assert.ok(many.length < 2_000 && many.endsWith('…", and 1980 more'));
});

test('a secret is hidden as it is, escaped, and where it is cut', () => {
  const secret = 'p"ss/wörd+1234567890';
  for (const text of [
    secret,
    JSON.stringify({ secret }),
    encodeURIComponent(secret),
    `${secret.slice(0, 9)}…`,
    `${secret.slice(0, 15)}...`,
    secret.toUpperCase(),
    secret.toLowerCase(),
    `${secret.toUpperCase().slice(0, 9)}…`,
  ])
    assert.doesNotMatch(hideSecrets(`before ${text} after`, [secret]), /ss\/w|ss%2Fw|1234/i, text);
  for (const encoding of ['base64', 'hex', 'base64url'] as const) {
    // Its base64 has a +, and - for it in URLs.
    const secret = 'to>en-?123?56789>~';
    const form = Buffer.from(secret).toString(encoding);
    assert.equal(hideSecrets(`a ${form}, b`, [secret]).replaceAll('=', ''), 'a [hidden], b');
  }
  assert.equal(hideSecrets('a secret-tokens b', ['secret-token-1234']), 'a [hidden]s b');
  assert.equal(hideSecrets('a secret-toes b', ['secret-token-1234']), 'a secret-toes b');
  assert.equal(hideSecrets('team up', ['up']), 'team up');
});

test('a text that seems cut everywhere is read once', () => {
  const secret = 'abcdefgh'.repeat(200);
  const began = performance.now();
  assert.equal(hideSecrets('…'.repeat(20_000), [secret]), '…'.repeat(20_000));
  assert.equal(hideSecrets('abcd…'.repeat(20_000), [secret]), '[hidden]…'.repeat(20_000));
  assert.ok(performance.now() - began < 3_000);
});

test('property: no secret is left, and other text stays', () => {
  fc.assert(
    fc.property(fc.string(), fc.string({ minLength: 6 }), fc.string(), (before, secret, after) => {
      fc.pre(!'[hidden]'.includes(secret));
      const hidden = hideSecrets(`${before}${secret}${after}`, [secret]);
      assert.ok(!hidden.replaceAll('[hidden]', '\0').includes(secret));
    }),
    { seed: 5 },
  );
});
