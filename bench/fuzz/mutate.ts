/** Valid inputs made invalid: bytes of any kind, and JSON by its members. Seeded. */
import type { Random } from '../../lib/maths/random.ts';
import type { JsonValue } from '../../lib/models/framework/contract.ts';

/** Changes to one input. */
const MOST_CHANGES = 6;
/** Bytes that one change adds or takes. */
const MOST_BYTES = 64;
/** What readers have stumbled over before. */
const PIECES: readonly string[] = [
  ...[
    '\u0000',
    '\u001b[31m',
    '\r\n',
    '"',
    '\\',
    ',',
    ';',
    ':',
    '{',
    '}',
    '[',
    ']',
    '(',
    ')',
    '- ',
    '&a',
    '*a',
    '!!js ',
    '<<',
    '%',
    '+',
  ],
  ...[
    'NaN',
    'Infinity',
    '-0',
    '1e999',
    '9223372036854775807',
    '-1',
    '0x1F',
    '1_000',
    'null',
    'true',
    '__proto__',
    'constructor',
  ],
  ...[
    '5m',
    '1e3d',
    ' and ',
    ' or ',
    'not ',
    '>=',
    '%ZZ',
    '\ud800',
    '￿',
    '🙂',
    'toString',
    '1970-01-01',
    '2099-12-31T00:00:00Z',
  ],
];
const STRANGE: readonly JsonValue[] = [
  ...[null, true, '', 'x', '__proto__', '\ud800', 0, -1, 0.5, 1e308, -1e308, 2 ** 53, 4_294_967_296],
  ...[[], {}, [[]], [null], ['a', 'a'], { __proto__: 1 } as unknown as JsonValue, 'A'.repeat(2_000)],
];
/** Lists that one change makes longer. */
const LONGER = 50;

export function mutateBytes(random: Random, seed: Uint8Array, other: Uint8Array): Uint8Array {
  let bytes: Buffer = Buffer.from(seed);
  for (let changes = drawChanges(random); changes > 0; changes--) bytes = changeBytes(random, bytes, other);
  return bytes;
}

/** Mostly one: after several, what is refused is the first of them. */
function drawChanges(random: Random): number {
  return random.nextBelow(3) === 0 ? 1 + random.nextBelow(MOST_CHANGES) : 1;
}

function changeBytes(random: Random, bytes: Buffer, other: Uint8Array): Buffer {
  const at = random.nextBelow(bytes.length + 1);
  const length = random.nextBelow(MOST_BYTES);
  switch (random.nextBelow(8)) {
    case 0: {
      const flipped = Buffer.from(bytes);
      if (at < bytes.length) flipped[at]! ^= 1 << random.nextBelow(8);
      return flipped;
    }
    case 1: {
      const set = Buffer.from(bytes);
      for (let i = at; i < Math.min(bytes.length, at + 4); i++) set[i] = random.nextBelow(256);
      return set;
    }
    case 2:
      return bytes.subarray(0, at);
    case 3:
      return splice(bytes, at, length, Buffer.alloc(0));
    case 4:
      return splice(bytes, at, 0, bytes.subarray(at, at + length));
    case 5:
      return splice(
        bytes,
        at,
        length,
        Buffer.from(other)
          .subarray(random.nextBelow(other.length + 1))
          .subarray(0, MOST_BYTES),
      );
    default:
      return splice(bytes, at, random.nextBelow(4), Buffer.from(PIECES[random.nextBelow(PIECES.length)]!));
  }
}

function splice(bytes: Buffer, at: number, taken: number, added: Uint8Array): Buffer {
  return Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at + taken)]);
}

export function mutateJson(random: Random, seed: JsonValue): JsonValue {
  let value = seed;
  for (let changes = drawChanges(random); changes > 0; changes--) value = changeJson(random, value);
  return value;
}

/** Goes down a random way, and changes what is there. */
function changeJson(random: Random, value: JsonValue): JsonValue {
  const isContainer = typeof value === 'object' && value !== null;
  const size = isContainer ? Object.keys(value).length : 0;
  if (!isContainer || size === 0 || random.nextBelow(8) === 0) return replaceJson(random, value);
  const at = random.nextBelow(size);
  if (Array.isArray(value)) {
    const items: JsonValue[] = [...value];
    const how = random.nextBelow(12);
    if (how === 0) items.splice(at, 1);
    else if (how === 1) items.push(...Array.from({ length: random.nextBelow(LONGER) }, () => items[at]!));
    else items[at] = changeJson(random, items[at]!);
    return items;
  }
  const entries = Object.entries(value as Readonly<Record<string, JsonValue>>);
  const [name, member] = entries[at]!;
  const how = random.nextBelow(12);
  if (how === 0) entries.splice(at, 1);
  else if (how === 1) entries.push([`${name}2`, member]);
  else if (how === 2) entries[at] = [STRANGE_NAMES[random.nextBelow(STRANGE_NAMES.length)]!, member];
  else entries[at] = [name, changeJson(random, member)];
  return Object.fromEntries(entries);
}

const STRANGE_NAMES: readonly string[] = ['__proto__', 'constructor', '', '0', 'length', 'toJSON', '\u0000'];

function replaceJson(random: Random, value: JsonValue): JsonValue {
  if (typeof value === 'number' && random.nextBelow(2) === 0)
    return [value + 1, -value, value / 3, value * 1e9, Math.floor(value)][random.nextBelow(5)]!;
  if (typeof value === 'string' && random.nextBelow(2) === 0) {
    const bytes = mutateBytes(random, Buffer.from(value), Buffer.from(PIECES.join('')));
    return Buffer.from(bytes).toString('latin1');
  }
  return STRANGE[random.nextBelow(STRANGE.length)]!;
}
