import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  createPageLink,
  isSigned,
  nameLink,
  type Right,
  SIGNATURE,
  sign,
} from '../../../lib/answers/signed-link.ts';

const KEY = 'a key of thirty-two characters..';
const RIGHT: Right = { purpose: 'page', incidentId: '20261122T080000Z-01', expires: 1_800_000_000, seen: '' };

test('a signature is the HMAC of all that a right says', () => {
  const text = '["tidewatch-link-1","page","20261122T080000Z-01",1800000000,""]';
  assert.equal(sign(RIGHT, KEY), createHmac('sha256', KEY).update(text).digest('base64url'));
  assert.match(sign(RIGHT, KEY), SIGNATURE);
  assert.equal(
    createPageLink({ base: 'https://x.example.com/', incidentId: 'a', expires: 5 }, KEY),
    `https://x.example.com/i/a?e=5&s=${sign({ ...RIGHT, incidentId: 'a', expires: 5 }, KEY)}`,
  );
});

test('any other right has another one', () => {
  const rights = fc.record({
    purpose: fc.constantFrom('page', 'verdict', 'silence'),
    incidentId: fc.string(),
    expires: fc.nat(),
    seen: fc.string(),
  }) as fc.Arbitrary<Right>;
  fc.assert(
    fc.property(rights, rights, (one, other) => {
      const isSame =
        JSON.stringify(Object.entries(one).sort()) === JSON.stringify(Object.entries(other).sort());
      assert.equal(isSigned(one, sign(other, KEY), { current: KEY }), isSame);
    }),
    { seed: 15, numRuns: 500 },
  );
});

test('a signature that was changed anywhere is none, its last bits included', () => {
  const signature = sign(RIGHT, KEY);
  assert.ok(isSigned(RIGHT, signature, { current: KEY }));
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  for (let at = 0; at < signature.length; at++)
    for (const letter of alphabet)
      if (letter !== signature[at])
        assert.ok(
          !isSigned(RIGHT, signature.slice(0, at) + letter + signature.slice(at + 1), { current: KEY }),
          `${letter} at ${at}`,
        );
  for (const other of ['', signature.slice(1), `${signature}=`, signature.toLowerCase()])
    assert.ok(!isSigned(RIGHT, other, { current: KEY }));
});

test('the key before the last rotation holds, the one before that does not', () => {
  const [first, second, third] = ['first', 'second', 'third'];
  const signature = sign(RIGHT, first);
  assert.ok(isSigned(RIGHT, signature, { current: second, previous: first }));
  assert.ok(!isSigned(RIGHT, signature, { current: third, previous: second }));
});

test('the name of a link does not give it away', () => {
  const signature = sign(RIGHT, KEY);
  assert.match(nameLink(signature), /^[0-9a-f]{12}$/);
  assert.ok(!signature.includes(nameLink(signature)));
  assert.notEqual(nameLink(signature), nameLink(sign({ ...RIGHT, expires: 1 }, KEY)));
});
