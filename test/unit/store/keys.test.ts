import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  anomalyKey,
  anomalyOfKey,
  currentModelKey,
  detectorOfWindowKey,
  exclusionKey,
  exclusionOfKey,
  leftOutKey,
  modelPrefix,
  quarantineKey,
  rangeOfWindowKey,
  reasonKey,
  recentWindowsKey,
  scoredKey,
  scoresKey,
  startOfId,
  stateKey,
  trainingPlaceKey,
  trainingProgressKey,
  unitOfStateKey,
  unitOfWindowKey,
  versionOfFolder,
  windowKey,
  windowsPrefix,
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

test('keys of anomalies and exclusions are read back, and an id says when it begins', () => {
  const id = '20261122T083000Z-0123456789ab';
  assert.equal(anomalyOfKey(anomalyKey('shop', id)), id);
  for (const key of ['anomalies/detector=shop/a/b.json', 'anomalies/detector=shop/.json', 'incidents/a.json'])
    assert.equal(anomalyOfKey(key), undefined);
  assert.equal(exclusionOfKey(exclusionKey('move')), 'move');
  assert.equal(exclusionOfKey('exclusions/move.YAML'), 'move');
  for (const key of ['exclusions/move.txt', 'exclusions/a/move.yml', 'silences/move.yml'])
    assert.equal(exclusionOfKey(key), undefined);
  assert.equal(startOfId(id), Date.UTC(2026, 10, 22, 8, 30));
  for (const other of ['a1', '20261122T083000Z', '99999999T999999Z-a'])
    assert.equal(startOfId(other), undefined);
});

test('a shard has the keys of its detector with one more partition, and one shard those of the detector', () => {
  const range = { start: Date.UTC(2026, 10, 22, 8), end: Date.UTC(2026, 10, 22, 8, 15) };
  const keysOf = (unit: string): readonly string[] => [
    windowKey(unit, range),
    modelPrefix(unit, 'v1'),
    currentModelKey(unit),
    trainingProgressKey(unit),
    scoresKey(windowKey(unit, range)),
    stateKey(unit),
    scoredKey(unit),
    recentWindowsKey(unit),
    trainingPlaceKey(unit),
  ];
  assert.deepEqual(keysOf('shop'), [
    'windows/detector=shop/date=2026-11-22/20261122T080000Z_20261122T081500Z.parquet',
    'models/detector=shop/version=v1/',
    'models/detector=shop/current.json',
    'training/detector=shop/progress.json',
    'scores/detector=shop/date=2026-11-22/20261122T080000Z_20261122T081500Z.parquet',
    'state/detector=shop.json',
    'state/detector=shop/scored.json',
    'state/detector=shop/recent-windows.json',
    'state/detector=shop/training-place.json',
  ]);
  assert.deepEqual(
    keysOf('shop/shard=2-of-3'),
    keysOf('shop').map((key) => key.replace('detector=shop', 'detector=shop/shard=2-of-3')),
  );
});

test('keys of windows and states tell their unit', () => {
  for (const unit of ['shop', 'shop/shard=2-of-3']) {
    assert.equal(unitOfStateKey(stateKey(unit)), unit);
    for (const name of ['date=2026-11-22/a.parquet', 'a.csv', 'b/c.parquet'])
      assert.equal(unitOfWindowKey(`${windowsPrefix(unit)}${name}`), unit);
  }
  assert.equal(detectorOfWindowKey(`${windowsPrefix('shop/shard=2-of-3')}a.csv`), 'shop');
  for (const name of ['shard=3-of-2/a.csv', 'shard=1-of-2', 'shards/a.csv', 'x/shard=1-of-2/a.csv'])
    assert.equal(unitOfWindowKey(`${PREFIX}${name}`), 'shop', name);
  for (const key of [scoredKey('shop'), scoredKey('shop/shard=2-of-3'), 'state/notify.json'])
    assert.equal(unitOfStateKey(key), undefined, key);
  assert.throws(() => stateKey('shop/shard=3-of-2'), /detector name "shop\/shard=3-of-2" does not match/);
  assert.throws(() => anomalyKey('shop/shard=1-of-2', 'a1'), /does not match/);
});

test('a folder is of a version where it is called so, and no shard, key or name of somebody else', () => {
  assert.equal(versionOfFolder('shop', modelPrefix('shop', '20261101T020000Z-0a')), '20261101T020000Z-0a');
  assert.equal(versionOfFolder('shop/shard=1-of-4', modelPrefix('shop/shard=1-of-4', 'v1')), 'v1');
  for (const folder of [
    modelPrefix('shop/shard=1-of-4', 'v1'),
    'models/detector=shop/shard=1-of-4/',
    modelPrefix('shipping', 'version-1'),
    'models/detector=shop/version=v1',
    'models/detector=shop/version=/',
    'models/detector=shop/version=a b/',
  ])
    assert.equal(versionOfFolder('shop', folder), undefined, folder);
});
