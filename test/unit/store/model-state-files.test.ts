import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ArtifactError } from '../../../lib/base/errors.ts';
import type { JsonValue, ModelState, TypedArray } from '../../../lib/models/framework/contract.ts';
import { decodeModelState, encodeModelState } from '../../../lib/store/model-state-files.ts';

const STATE: ModelState = {
  kind: 'isolation-forest',
  formatVersion: 3,
  json: { trees: 2, names: ['a', 'b'] },
  arrays: { left: new Int32Array([1, -2, 3]), flags: new Uint8Array([9]), split: new Float64Array([0.1]) },
};

const array: fc.Arbitrary<TypedArray> = fc.oneof(
  fc.float32Array(),
  fc.float64Array(),
  fc.int32Array(),
  fc.uint32Array(),
  fc.uint16Array(),
  fc.uint8Array(),
);

test('whatever is encoded is decoded to the same bits', () => {
  const states = fc.record({
    json: fc.jsonValue() as fc.Arbitrary<JsonValue>,
    arrays: fc.dictionary(fc.string({ minLength: 1 }), array, { noNullPrototype: true }),
  });
  fc.assert(
    fc.property(states, ({ json, arrays }) => {
      const state: ModelState = { kind: 'isolation-forest', formatVersion: 1, json, arrays };
      const decoded = decodeModelState(encodeModelState(state));
      assert.equal(JSON.stringify(sorted(decoded.json)), JSON.stringify(sorted(json)));
      assert.deepEqual(Object.keys(decoded.arrays).sort(), Object.keys(arrays).sort());
      for (const [name, given] of Object.entries(arrays)) {
        const back = decoded.arrays[name]!;
        assert.equal(back.constructor, given.constructor);
        assert.deepEqual(
          Buffer.from(back.buffer),
          Buffer.from(given.buffer, given.byteOffset, given.byteLength),
        );
      }
    }),
  );
});

test('the bytes do not depend on the order of members', () => {
  const { left, flags, split } = STATE.arrays as Record<string, TypedArray>;
  const other: ModelState = {
    ...STATE,
    json: { names: ['a', 'b'], trees: 2 },
    arrays: { split: split!, left: left!, flags: flags! },
  };
  assert.deepEqual(encodeModelState(other), encodeModelState(STATE));
});

test('weights.bin is laid out as documented: little endian, multiples of 8, by name', () => {
  const { 'weights.bin': weights } = encodeModelState(STATE);
  const flags = [9, 0, 0, 0, 0, 0, 0, 0];
  const left = [1, 0, 0, 0, 0xfe, 0xff, 0xff, 0xff, 3, 0, 0, 0, 0, 0, 0, 0];
  const split = [0x9a, 0x99, 0x99, 0x99, 0x99, 0x99, 0xb9, 0x3f];
  assert.deepEqual([...weights], [...flags, ...left, ...split]);
});

test('files at an odd place in memory are decoded all the same', () => {
  const files = encodeModelState(STATE);
  const shifted = new Uint8Array(files['weights.bin'].length + 3);
  shifted.set(files['weights.bin'], 3);
  assert.deepEqual(
    decodeModelState({ ...files, 'weights.bin': shifted.subarray(3) }),
    decodeModelState(files),
  );
});

for (const [what, alter] of [
  ['an array past the end', { length: 1_000_000_000_000 }],
  ['a length that overflows', { length: Number.MAX_SAFE_INTEGER }],
  ['a negative offset', { offset: -8 }],
  ['an offset inside another array', { offset: 8 }],
  ['an offset that is not aligned', { offset: 17 }],
  ['a gap that nothing describes', { offset: 24, length: 0 }],
  ['a fraction of an element', { length: 0.5 }],
  ['an unknown type', { dtype: 'bigint64' }],
  ['a name twice', { name: 'flags' }],
] as const) {
  test(`a table with ${what} is refused`, () => {
    const files = encodeModelState(STATE);
    const container = JSON.parse(new TextDecoder().decode(files['model.json'])) as { arrays: object[] };
    container.arrays[2] = { ...container.arrays[2], ...alter };
    const hostile = new TextEncoder().encode(JSON.stringify(container));
    assert.throws(() => decodeModelState({ ...files, 'model.json': hostile }), ArtifactError);
  });
}

test('bytes that no array describes, another format and a missing file are refused', () => {
  const files = encodeModelState(STATE);
  const longer = new Uint8Array(files['weights.bin'].length + 8);
  assert.throws(
    () => decodeModelState({ ...files, 'weights.bin': longer }),
    /bytes, the arrays of model.json end/,
  );
  const newer = new TextDecoder()
    .decode(files['model.json'])
    .replace('"formatVersion": 1', '"formatVersion": 2');
  assert.throws(
    () => decodeModelState({ ...files, 'model.json': new TextEncoder().encode(newer) }),
    /formatVersion/,
  );
  assert.throws(() => decodeModelState({ 'model.json': files['model.json'] }), /weights\.bin is missing/);
});

test('a number that JSON cannot carry is refused with its path', () => {
  const state: ModelState = { ...STATE, json: { scale: [1, Number.NaN] } };
  assert.throws(() => encodeModelState(state), /json\.scale\.1 is NaN/);
});

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value === 0 ? 0 : value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => [name, sorted(member)]),
  );
}

const NETWORK: ModelState = {
  kind: 'lstm',
  formatVersion: 1,
  json: { hidden: 1 },
  arrays: {
    'b/bias': Float32Array.of(7),
    'a/kernel': Float32Array.of(1, 2),
    means: Float32Array.of(5),
    rows: Uint8Array.of(9),
  },
  layersModel: {
    topology: { class_name: 'Functional', config: {} },
    weights: [
      { name: 'b/bias', shape: [1] },
      { name: 'a/kernel', shape: [1, 2] },
    ],
  },
};

test('a network is stored as TensorFlow.js layers: its weights first and without a gap, our part as metadata', () => {
  const files = encodeModelState(NETWORK);
  const json = JSON.parse(Buffer.from(files['model.json']).toString());
  assert.equal(json.format, 'layers-model');
  assert.deepEqual(json.modelTopology, NETWORK.layersModel?.topology);
  assert.deepEqual(json.weightsManifest, [
    {
      paths: ['weights.bin'],
      weights: [
        { name: 'b/bias', shape: [1], dtype: 'float32' },
        { name: 'a/kernel', shape: [1, 2], dtype: 'float32' },
      ],
    },
  ]);
  const numbers = new Float32Array(files['weights.bin'].slice(0, 20).buffer);
  assert.deepEqual(numbers, Float32Array.of(7, 1, 2, 0, 5));
  assert.equal(files['weights.bin'].length, 25);
  assert.deepEqual(decodeModelState(files), NETWORK);
});

test('layers whose weights are not the arrays are refused, written or read', () => {
  for (const arrays of [
    { ...NETWORK.arrays, 'a/kernel': Float32Array.of(1) },
    { ...NETWORK.arrays, 'b/bias': Float64Array.of(7) },
  ])
    assert.throws(() => encodeModelState({ ...NETWORK, arrays }), {
      name: 'ArtifactError',
      code: 'bad-layers',
    });
  const files = encodeModelState(NETWORK);
  const text = Buffer.from(files['model.json']).toString();
  for (const [from, to, code] of [
    [
      '"shape": [\n            1,\n            2',
      '"shape": [\n            1,\n            3',
      'bad-array-table',
    ],
    ['"layers-model"', '"graph-model"', 'bad-json'],
    ['"weights.bin"', '"other.bin"', 'bad-json'],
    ['"formatVersion": 1', '"formatVersion": 2', 'bad-json'],
  ] as const) {
    assert.ok(text.includes(from), from);
    const altered = { ...files, 'model.json': Buffer.from(text.replace(from, to)) };
    assert.throws(() => decodeModelState(altered), { name: 'ArtifactError', code });
  }
  assert.throws(() => decodeModelState({ ...files, 'weights.bin': files['weights.bin'].slice(0, 12) }), {
    code: 'bad-array-table',
  });
});
