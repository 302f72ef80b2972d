import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nameMember, parseParams } from '../../../../../lib/models/compose/ensemble/params.ts';

test('members without params are the defaults, and two at least', () => {
  const { members, combine, smoothing } = parseParams({});
  assert.ok(members.length >= 2);
  assert.ok(members.every(({ weight }) => weight === undefined));
  assert.deepEqual([combine, smoothing], ['weighted', 0]);
});

test('an ensemble of one is one', () => {
  const params = parseParams({ members: [{ kind: 'robust-z' }] });
  assert.deepEqual(params.members, [{ kind: 'robust-z', params: {} }]);
  assert.equal(params.agree, 1);
});

test('duplicates are refused, whatever the order of their params', () => {
  const one = { kind: 'isolation-forest', params: { trees: 10, sampleSize: 32 } };
  const same = { kind: 'isolation-forest', params: { sampleSize: 32, trees: 10 }, weight: 1 };
  assert.throws(() => parseParams({ members: [one, { kind: 'robust-z' }, same] }), {
    name: 'ModelError',
    code: 'duplicate-member',
    message: /members 0 and 2 are both isolation-forest/,
  });
  assert.equal(parseParams({ members: [one, { ...one, params: { trees: 11 } }] }).members.length, 2);
});

test('a wrong parameter is named with its value and the limit', () => {
  const member = { kind: 'robust-z' };
  const wrong: readonly (readonly [Readonly<Record<string, unknown>>, RegExp])[] = [
    [{ size: 1 }, /size; it has members/],
    [{ members: [] }, /members is \[\]/],
    [{ members: 'robust-z' }, /members is "robust-z"/],
    [{ members: [{ kind: 'ensemble' }] }, /members\[0\]\.kind is "ensemble".*no ensemble itself/],
    [{ members: [{ kind: 'other' }] }, /members\[0\]\.kind is "other".*robust-z/],
    [{ members: [{ ...member, weight: 0 }] }, /members\[0\]\.weight is 0/],
    [{ members: [{ ...member, params: 3 }] }, /members\[0\]\.params is 3/],
    [{ members: [{ ...member, seed: 3 }] }, /members\[0\] has no parameter seed/],
    [{ members: [{ ...member, weight: 1 }, { kind: 'isolation-forest' }] }, /1 of 2 members have a weight/],
    [{ combine: 'median' }, /combine is "median".*k-of-m/],
    [{ members: [member], agree: 2 }, /agree is 2, not a number from 1 to 1/],
    [{ agree: 1.5 }, /agree is 1.5/],
    [{ smoothing: -1 }, /smoothing is -1/],
    [{ smoothing: 1e9 }, /smoothing is 1000000000/],
    [{ heldBack: 0.9 }, /heldBack is 0.9/],
  ];
  for (const [given, message] of wrong)
    assert.throws(() => parseParams(given), { name: 'ModelError', message }, JSON.stringify(given));
});

test('a member is named with its params', () => {
  assert.equal(nameMember({ kind: 'robust-z', params: {} }), 'robust-z');
  assert.equal(
    nameMember({ kind: 'robust-z', params: { b: [1, 'x'], a: null } }),
    'robust-z {"a":null,"b":[1,"x"]}',
  );
});
