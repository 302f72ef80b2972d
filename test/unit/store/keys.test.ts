import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  leftOutKey,
  quarantineKey,
  rangeOfWindowKey,
  reasonKey,
  scoresKey,
  windowKey,
} from '../../../lib/store/keys.ts';

const PREFIX = 'windows/detector=shop/';

test('a name is a range where both ends are times and in order', () => {
  const range = { start: Date.UTC(2026, 10, 22), end: Date.UTC(2026, 10, 23) };
  assert.deepEqual(rangeOfWindowKey(windowKey('shop', range)), range);
  for (const name of ['99999999T999999Z_99999999T999999Z', '20261123T000000Z_20261122T000000Z', 'day'])
    assert.equal(rangeOfWindowKey(`${PREFIX}${name}.parquet`), undefined);
});

test('no copy stands where a reason or a note belongs, and no two objects share a place', () => {
  const names = [
    'x',
    'x.reason.json',
    'x.reason.json.copy',
    'x.left-out.json',
    'x.reason.json.reason.json',
    'x.copy',
  ];
  const places = names.flatMap((name) => {
    const key = `${PREFIX}${name}`;
    return [quarantineKey(key), reasonKey(key), leftOutKey(key)];
  });
  assert.equal(new Set(places).size, places.length);
  assert.equal(quarantineKey(`${PREFIX}x`), `quarantine/${PREFIX}x`);
});

test('every key that follows from an allowed one is allowed, and still tells objects apart', () => {
  for (const letter of ['k', 'é', '🐙']) {
    const fill = letter.repeat(Math.floor((1_022 - PREFIX.length) / Buffer.byteLength(letter)));
    const places = ['1', '2'].flatMap((end) => {
      const key = `${PREFIX}${fill}${end}`;
      return [quarantineKey(key), reasonKey(key), leftOutKey(key), scoresKey(key)];
    });
    assert.equal(new Set(places).size, places.length);
    for (const place of places) {
      assert.ok(Buffer.byteLength(place) <= 1_024, `${Buffer.byteLength(place)} bytes`);
      assert.ok(place.isWellFormed() && !place.includes('\ufffd'));
    }
  }
});
