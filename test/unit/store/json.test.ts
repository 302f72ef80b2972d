import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { z } from 'zod';
import { ArtifactError } from '../../../lib/base/errors.ts';
import { decodeJson, encodeJson, jsonValue } from '../../../lib/store/json.ts';

test('the bytes do not depend on the order of members', () => {
  assert.deepEqual(
    encodeJson({ b: [1, { d: 1, c: 2 }], a: null }),
    encodeJson({ a: null, b: [1, { c: 2, d: 1 }] }),
  );
  assert.equal(new TextDecoder().decode(encodeJson({ b: 1, a: undefined })), '{\n  "b": 1\n}\n');
});

test('what JSON can carry comes back, "__proto__" included', () => {
  const json = fc.jsonValue().map((value) => JSON.stringify(value));
  fc.assert(
    fc.property(json, (text) => {
      const value: unknown = JSON.parse(text);
      assert.deepEqual(decodeJson('k', encodeJson(value), jsonValue), value);
    }),
    { examples: [['{"__proto__": {"a": 1}, "constructor": 2}']] },
  );
});

test('text that is not JSON, and bytes that are not UTF-8, are errors that name the key', () => {
  for (const body of [
    new TextEncoder().encode('<html>'),
    new Uint8Array([0x22, 0xff, 0x22]),
    new Uint8Array(),
  ])
    assert.throws(
      () => decodeJson('some/key.json', body, z.string()),
      (error) => error instanceof ArtifactError && error.message.startsWith('some/key.json is not JSON'),
    );
});

test('every problem of a value is named with its path', () => {
  const schema = z.strictObject({ a: z.array(z.number()), b: z.string() });
  assert.throws(() => decodeJson('k', encodeJson({ a: [1, 'x'] }), schema), /a\.1: .*; b: /);
});

test('of thousands of problems the first are named and the others counted', () => {
  const body = new TextEncoder().encode(JSON.stringify(Array.from({ length: 5_000 }, () => 'x')));
  assert.throws(
    () => decodeJson('k', body, z.array(z.number())),
    (error) =>
      error instanceof ArtifactError &&
      /; and 4990 more$/.test(error.message) &&
      error.message.length < 2_000,
  );
});

test('of what is none of a few values, it is told what it is', () => {
  const schema = z.object({ a: z.enum(['x', 'y']), b: z.object({ c: z.literal(1) }) });
  const refusal = (text: string): string | undefined => {
    try {
      decodeJson('k.json', new TextEncoder().encode(text), schema);
    } catch (error) {
      return (error as Error).message;
    }
    return undefined;
  };
  assert.equal(
    refusal('{"a": "yes", "b": {"c": 2}}'),
    'k.json does not fit its format: a: Invalid option: expected one of "x"|"y", not "yes"; b.c: Invalid input: expected 1, not 2',
  );
  assert.equal(
    refusal('{"b": {}}'),
    'k.json does not fit its format: a: Invalid option: expected one of "x"|"y", and is missing; b.c: Invalid input: expected 1, and is missing',
  );
  assert.match(String(refusal(JSON.stringify({ a: 'z'.repeat(500), b: { c: 1 } }))), /not "z{79}$/);
});
