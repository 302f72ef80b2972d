import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { divideDecimal } from '../../../lib/maths/parse-decimal.ts';

/** high, low and places as the decimal that they stand for. */
function textOf(high: number, low: number, lowDigits: number, places: number): string {
  const digits = `${high}${lowDigits > 0 ? String(low).padStart(lowDigits, '0') : ''}`.padStart(
    places + 1,
    '0',
  );
  return `${digits.slice(0, digits.length - places)}.${digits.slice(digits.length - places)}`;
}

test('is what Number() makes of the same decimal, to the last bit, or leaves it to Number()', () => {
  const low = fc
    .nat({ max: 6 })
    .chain((digits) => fc.tuple(fc.nat({ max: 10 ** digits - 1 }), fc.constant(digits)));
  let left = 0;
  let total = 0;
  fc.assert(
    fc.property(fc.maxSafeNat(), low, fc.nat({ max: 22 }), (wide, [lowPart, lowDigits], places) => {
      const high = wide % 1e15;
      const value = divideDecimal(high, lowPart, lowDigits, places);
      const text = textOf(high, lowPart, lowDigits, places);
      total++;
      if (Number.isNaN(value)) left++;
      else assert.equal(value, Number(text), text);
    }),
    { numRuns: 20_000 },
  );
  assert.ok(left < total / 100, `${left} of ${total}`);
});

test('doubles as people print them come back', () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-4, max: 1e4, noNaN: true }), (value) => {
      const [whole, fraction = ''] = String(value).split('.');
      const digits = (whole + fraction).replace(/^0+(?=\d)/, '');
      const lowDigits = Math.max(0, digits.length - 15);
      const high = Number(digits.slice(0, digits.length - lowDigits));
      const low = Number(digits.slice(digits.length - lowDigits) || 0);
      const read = divideDecimal(high, lowDigits > 0 ? low : 0, lowDigits, fraction.length);
      assert.ok(read === value || Number.isNaN(read), String(value));
    }),
    { numRuns: 5000 },
  );
});

test('a decimal halfway between two doubles is left to Number()', () => {
  assert.ok(Number.isNaN(divideDecimal(900719925474099, 3, 1, 0)), '9007199254740993');
  assert.ok(Number.isNaN(divideDecimal(450359962737049, 75, 2, 1)), '4503599627370497.5');
  assert.equal(divideDecimal(900719925474099, 31, 2, 1), Number('9007199254740993.1'));
});

test('more places than exact powers of ten are left to Number()', () => {
  assert.ok(Number.isNaN(divideDecimal(1, 0, 0, 23)));
  assert.equal(divideDecimal(1, 0, 0, 22), 1e-22);
  assert.equal(divideDecimal(0, 0, 0, 5), 0);
});
