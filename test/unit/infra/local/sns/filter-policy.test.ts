import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { matchesPolicy } from '../../../../../infra/local/sns/filter-match.ts';
import { parseFilterPolicy } from '../../../../../infra/local/sns/filter-policy.ts';
import type { MessageAttributes } from '../../../../../infra/local/sqs/queue.ts';

type Attributes = Readonly<Record<string, string | number | readonly unknown[]>>;

describe('a policy on attributes', () => {
  // The examples of docs.aws.amazon.com/sns/latest/dg/string-value-matching.html and its neighbours.
  const table: [policy: object, matching: Attributes[], others: Attributes[]][] = [
    [
      { interest: ['rugby', 'tennis'] },
      [
        { interest: 'rugby' },
        { interest: 'tennis' },
        { interest: ['rugby', 'golf'] },
        { interest: 'rugby', x: 1 },
      ],
      [{ interest: 'baseball' }, { interest: ['baseball'] }, { interest: 'Rugby' }, {}, { other: 'rugby' }],
    ],
    [
      { interest: [{ 'anything-but': ['rugby', 'tennis'] }] },
      [{ interest: 'baseball' }, { interest: ['rugby', 'baseball'] }, { interest: 7 }],
      [{ interest: 'rugby' }, { interest: ['rugby'] }, {}],
    ],
    [{ interest: [{ 'anything-but': 'rugby' }] }, [{ interest: 'golf' }], [{ interest: 'rugby' }]],
    [
      { event: [{ 'anything-but': { prefix: 'order-' } }] },
      [{ event: 'data-entry' }],
      [{ event: 'order-cancelled' }],
    ],
    [{ event: [{ 'anything-but': { suffix: '-ed' } }] }, [{ event: 'data' }], [{ event: 'cancell-ed' }]],
    [
      { interest: [{ prefix: 'bas' }] },
      [{ interest: 'baseball' }, { interest: ['golf', 'bass'] }],
      [{ interest: 'rugby' }, { interest: 5 }],
    ],
    [{ interest: [{ suffix: 'ball' }] }, [{ interest: 'baseball' }], [{ interest: 'ballet' }]],
    [
      { interest: [{ 'equals-ignore-case': 'tennis' }] },
      [{ interest: 'TENNIS' }, { interest: 'Tennis' }],
      [{ interest: 'tennis!' }],
    ],
    [
      { ip: [{ cidr: '10.0.0.0/24' }] },
      [{ ip: '10.0.0.0' }, { ip: '10.0.0.255' }],
      [{ ip: '10.1.1.0' }, { ip: 'ten' }],
    ],
    [
      { price: [{ numeric: ['=', 301.5] }] },
      [{ price: 301.5 }, { price: [1, 301.5] }],
      [{ price: 301.6 }, { price: '301.5' }],
    ],
    [{ price: [100] }, [{ price: 100 }], [{ price: '100' }, { price: 101 }]],
    [{ price: ['100'] }, [{ price: '100' }], [{ price: 100 }]],
    [
      { price: [{ 'anything-but': [100, 500] }] },
      [{ price: 101 }, { price: 100.1 }, { price: [100, 50] }],
      [{ price: 100 }, { price: [100, 500] }],
    ],
    [
      { price: [{ numeric: ['>', 0, '<=', 150] }] },
      [{ price: 0.1 }, { price: 150 }],
      [{ price: 0 }, { price: 150.1 }, {}],
    ],
    [{ price: [{ numeric: ['<', 0] }] }, [{ price: -1 }], [{ price: 0 }]],
    [{ price: [{ numeric: ['>=', -5] }] }, [{ price: -5 }], [{ price: -5.1 }]],
    [{ store: [{ exists: true }] }, [{ store: 'x' }, { store: 0 }, { store: [null] }], [{}, { other: 'x' }]],
    [{ store: [{ exists: false }] }, [{}, { other: 'x' }], [{ store: 'x' }]],
    [{ store: ['x', { exists: false }] }, [{}, { store: 'x' }], [{ store: 'y' }]],
    [
      { flags: [true, null] },
      [{ flags: [true] }, { flags: [null, 'x'] }],
      [{ flags: 'true' }, { flags: [false] }],
    ],
    [
      { interest: ['rugby'], price: [{ numeric: ['<', 5] }] },
      [{ interest: 'rugby', price: 1 }],
      [{ interest: 'rugby' }, { interest: 'rugby', price: 9 }, { price: 1 }],
    ],
    [
      { source: ['aws'], $or: [{ metric: ['cpu'] }, { namespace: ['ec2', 'es'] }] },
      [
        { source: 'aws', metric: 'cpu' },
        { source: 'aws', namespace: 'es' },
      ],
      [{ source: 'aws' }, { metric: 'cpu' }, { source: 'aws', metric: 'mem' }],
    ],
    [{ $or: [{ exists: true }, { exists: false }] }, [{ $or: 'x' }, {}], []],
    [{ toString: [{ exists: true }] }, [{ toString: 'x' }], [{}]],
  ];
  for (const [policy, matching, others] of table) {
    it(JSON.stringify(policy), () => {
      const parsed = parseFilterPolicy(JSON.stringify(policy));
      for (const one of matching)
        assert.ok(matchesPolicy(parsed, subject(one)), `takes ${JSON.stringify(one)}`);
      for (const one of others)
        assert.ok(!matchesPolicy(parsed, subject(one)), `refuses ${JSON.stringify(one)}`);
    });
  }

  it('sees no binary attribute', () => {
    const attributes = { blob: { dataType: 'Binary', binaryValue: 'AA==' } };
    const wants = (exists: boolean): boolean =>
      matchesPolicy(parseFilterPolicy(`{"blob":[{"exists":${exists}}]}`), { body: '', attributes });
    assert.ok(!wants(true));
    assert.ok(wants(false));
  });
});

describe('a policy on the body', () => {
  const matches = (policy: object, body: unknown): boolean =>
    matchesPolicy(parseFilterPolicy(JSON.stringify(policy), 'MessageBody'), {
      body: typeof body === 'string' ? body : JSON.stringify(body),
      attributes: {},
    });

  it('looks into objects and arrays', () => {
    assert.ok(matches({ a: { b: ['x'] } }, { a: { b: 'x' } }));
    assert.ok(matches({ a: { b: ['x'] } }, { a: { b: ['y', 'x'] } }));
    assert.ok(!matches({ a: { b: ['x'] } }, { a: 'x' }));
    assert.ok(!matches({ a: ['x'] }, { a: { x: 1 } }));
    assert.ok(matches({ a: { b: [{ exists: false }] } }, {}));
    assert.ok(!matches({ a: [{ exists: true }] }, { a: { b: 1 } }));
  });

  it('holds all keys of a nested policy against the same element', () => {
    const policy = { list: { name: ['x'], size: [{ numeric: ['>', 1] }] } };
    assert.ok(matches(policy, { list: [{ name: 'y' }, { name: 'x', size: 2 }] }));
    assert.ok(
      !matches(policy, {
        list: [
          { name: 'x', size: 1 },
          { name: 'y', size: 2 },
        ],
      }),
    );
  });

  it('matches no body that is no object', () => {
    for (const body of ['text', '5', '"a"', '[{"a":"x"}]', 'null', ''])
      assert.ok(!matches({ a: [{ exists: false }] }, body), body);
    assert.ok(matches({ a: [{ exists: false }] }, '{}'));
  });
});

describe('an invalid policy', () => {
  const refusals: [string, RegExp][] = [
    ['{', /failed to parse JSON/],
    ['[]', /must be an object/],
    ['{"a":"b"}', /"a" must be an object or an array, not "b"/],
    ['{"a":[]}', /Empty arrays.*a/],
    ['{"a":[["b"]]}', /Match value must be.*\["b"\]/],
    ['{"a":[{"like":"b"}]}', /Unrecognized match type like/],
    ['{"a":[{"prefix":1}]}', /prefix match pattern must be a string, not 1/],
    ['{"a":[{"prefix":"b","suffix":"c"}]}', /Only one key/],
    ['{"a":[{"exists":"yes"}]}', /exists.*"yes"/],
    ['{"a":[{"anything-but":[1,"b"]}]}', /anything-but/],
    ['{"a":[{"anything-but":[]}]}', /anything-but/],
    ['{"a":[{"anything-but":{"exists":true}}]}', /exists/],
    ['{"a":[{"numeric":5}]}', /numeric must be an array/],
    ['{"a":[{"numeric":["~",5]}]}', /operator: "~"/],
    ['{"a":[{"numeric":["<","5"]}]}', /must be numeric.*"5"/],
    ['{"a":[{"numeric":["<",1000000001]}]}', /1000000001/],
    ['{"a":[{"numeric":["<",5,">",1]}]}', /Bad numeric range/],
    ['{"a":[{"numeric":[">",5,"<",5]}]}', /Bottom must be less than top/],
    ['{"a":[{"cidr":"10.0.0.0/33"}]}', /10\.0\.0\.0\/33/],
    ['{"a":{"b":["c"]}}', /nested filter policy: a/],
    ['{"a":["x"],"b":["x"],"c":["x"],"d":["x"],"e":["x"],"f":["x"]}', /6 keys; at most 5/],
    [JSON.stringify({ a: range(13), b: range(12) }), /156 combinations; at most 150/],
  ];
  for (const [policy, message] of refusals)
    it(policy.slice(0, 60), () => {
      assert.throws(() => parseFilterPolicy(policy), { code: 'InvalidParameter', message });
    });

  it('counts a nested key by its depth', () => {
    // The example of docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html: 3×4 × 2×3 × 3
    const policy = { a: { b: { c: range(4) } }, d: { e: range(3) }, f: range(3) };
    assert.throws(() => parseFilterPolicy(JSON.stringify(policy), 'MessageBody'), /216 combinations/);
    parseFilterPolicy(JSON.stringify({ a: range(15), b: range(10) }));
  });
});

it('any policy decides as a plain reading of it does', () => {
  const name = fc.constantFrom('a', 'b', 'c');
  const scalar = fc.oneof(
    fc.constantFrom('x', 'xy', 'Y', 'yx', ''),
    fc.integer({ min: -2, max: 2 }),
    fc.boolean(),
    fc.constant(null),
  );
  const operators = fc.constantFrom('=', '<', '<=', '>', '>=');
  const small = fc.integer({ min: -2, max: 2 });
  const condition = fc.oneof(
    scalar,
    fc.record({ exists: fc.boolean() }),
    fc.record({ prefix: fc.constantFrom('x', 'y') }),
    fc.record({ suffix: fc.constantFrom('x', 'y') }),
    fc.record({ 'equals-ignore-case': fc.constantFrom('X', 'y', 'xY') }),
    fc.record({ 'anything-but': fc.array(fc.constantFrom('x', 'xy'), { minLength: 1, maxLength: 2 }) }),
    fc.record({ 'anything-but': fc.array(small, { minLength: 1, maxLength: 2 }) }),
    fc.record({ 'anything-but': fc.record({ prefix: fc.constantFrom('x', 'y') }) }),
    fc.record({ numeric: fc.tuple(operators, small) }),
    fc.record({
      numeric: fc.tuple(
        fc.constantFrom('>', '>='),
        small,
        fc.constantFrom('<', '<='),
        fc.integer({ min: 3, max: 4 }),
      ),
    }),
  );
  const keys = fc.dictionary(name, fc.array(condition, { minLength: 1, maxLength: 2 }), { maxKeys: 2 });
  const policy = fc.oneof(
    keys,
    fc.tuple(keys, fc.array(keys, { minLength: 2, maxLength: 2 })).map(([own, $or]) => ({ ...own, $or })),
    fc.tuple(keys, keys).map(([own, n]) => (Object.keys(n).length > 0 ? { ...own, n } : own)),
  );
  const value = fc.oneof(scalar, fc.array(scalar, { maxLength: 3 }));
  const flat = fc.dictionary(name, value, { maxKeys: 3 });
  const body = fc.oneof(
    flat,
    fc.tuple(flat, fc.oneof(flat, fc.array(flat, { maxLength: 2 }))).map(([own, n]) => ({ ...own, n })),
  );
  fc.assert(
    fc.property(policy, body, (wanted, document) => {
      const parsed = parseFilterPolicy(JSON.stringify(wanted), 'MessageBody');
      const decided = matchesPolicy(parsed, { body: JSON.stringify(document), attributes: {} });
      assert.equal(decided, readPlainly(wanted, document));
    }),
    { numRuns: 2000 },
  );
});

/** The policy as the documentation states it, one condition after the other, with nothing prepared. */
function readPlainly(
  policy: Readonly<Record<string, unknown>>,
  document: Readonly<Record<string, unknown>>,
): boolean {
  for (const [key, wanted] of Object.entries(policy)) {
    const found = document[key];
    if (key === '$or') {
      let any = false;
      for (const alternative of wanted as Record<string, unknown>[])
        any ||= readPlainly(alternative, document);
      if (!any) return false;
    } else if (!Array.isArray(wanted)) {
      const objects = (Array.isArray(found) ? found : [found]).filter(
        (one) => typeof one === 'object' && one !== null,
      );
      if (objects.length === 0) objects.push({});
      if (
        !objects.some((one) => readPlainly(wanted as Record<string, unknown>, one as Record<string, unknown>))
      )
        return false;
    } else {
      const values = found === undefined ? [] : Array.isArray(found) ? found : [found];
      let any = false;
      for (const condition of wanted) any ||= holds(condition, values);
      if (!any) return false;
    }
  }
  return true;
}

function holds(condition: unknown, values: readonly unknown[]): boolean {
  if (typeof condition !== 'object' || condition === null) return values.includes(condition);
  const [operator, operand] = Object.entries(condition)[0] ?? [];
  if (operator === 'exists') return operand === values.length > 0;
  return values.some((value) => {
    const text = typeof value === 'string' ? value : undefined;
    if (operator === 'prefix') return text?.slice(0, operand.length) === operand;
    if (operator === 'suffix')
      return (
        text !== undefined &&
        text.length >= operand.length &&
        text.slice(text.length - operand.length) === operand
      );
    if (operator === 'equals-ignore-case') return text?.toUpperCase() === operand.toUpperCase();
    if (operator === 'anything-but')
      return Array.isArray(operand) ? !operand.includes(value) : text?.indexOf(operand.prefix) !== 0;
    if (typeof value !== 'number') return false;
    const bounds: Record<string, (bound: number) => boolean> = {
      '=': (bound) => value === bound,
      '<': (bound) => value < bound,
      '<=': (bound) => !(value > bound),
      '>': (bound) => value > bound,
      '>=': (bound) => !(value < bound),
    };
    return [0, 2].every((at) => operand[at] === undefined || bounds[operand[at]]?.(operand[at + 1]));
  });
}

function subject(values: Attributes): { body: string; attributes: MessageAttributes } {
  return {
    body: '',
    attributes: Object.fromEntries(
      Object.entries(values).map(([name, value]) => {
        if (typeof value === 'number') return [name, { dataType: 'Number', stringValue: String(value) }];
        if (typeof value === 'string') return [name, { dataType: 'String', stringValue: value }];
        return [name, { dataType: 'String.Array', stringValue: JSON.stringify(value) }];
      }),
    ),
  };
}

function range(length: number): string[] {
  return Array.from({ length }, (_, at) => `v${at}`);
}
