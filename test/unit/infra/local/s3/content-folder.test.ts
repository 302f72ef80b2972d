import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pathOfKey } from '../../../../../infra/local/s3/content-folder.ts';
import { decodeKey, encodeKey } from '../../../../../infra/local/s3/key-encoding.ts';

test('plain keys are paths', () => {
  for (const key of [
    'a',
    'windows/detector=shop/date=2026-11-22/x y+z.parquet',
    'ü/😀',
    '.hidden',
    'a.b-c_d',
  ])
    assert.equal(pathOfKey(key), key);
});

test('keys that some file system refuses or escapes by are none', () => {
  const odd = [
    '/a',
    'a/',
    'a//b',
    '.',
    '..',
    '../a',
    'a/../b',
    'a.',
    'a ',
    'a\\b',
    'a:b',
    'NUL',
    'com1.txt',
    'a\0',
    'a\n',
    'x'.repeat(256),
    'x/'.repeat(400).slice(0, -1),
  ];
  for (const key of odd) assert.equal(pathOfKey(key), undefined, JSON.stringify(key));
});

test('keys are written as S3 writes them in events and encoded listings', () => {
  assert.equal(encodeKey("a/b c+d=é%&'()*~!_-.txt"), 'a/b+c%2Bd%3D%C3%A9%25%26%27%28%29*%7E%21_-.txt');
});

test('a path that is no UTF-8 is refused', () => {
  assert.equal(decodeKey('a%20b+c'), 'a b+c');
  for (const path of ['%', '%zz', '%ff%fe']) assert.throws(() => decodeKey(path), { code: 'InvalidURI' });
});
