/** docs/bucket.md has the keys, the limits and the lifecycle that there are. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { placeBucketDocs } from '../../../scripts/bucket-docs.ts';

const ROOT = join(import.meta.dirname, '../../..');
const PAGE = readFileSync(join(ROOT, 'docs/bucket.md'), 'utf8');

test('docs/bucket.md has limits and lifecycle as they are', () => {
  assert.equal(PAGE, placeBucketDocs(PAGE), 'run node scripts/make-docs.ts');
  assert.match(PAGE, /\| `windows\/` \| after 400 days \|/);
});

test('docs/bucket.md tells of every kind of object that a stored bucket has', () => {
  const [bucket] = globSync('test/fixtures/buckets/*', { cwd: ROOT }).sort().reverse();
  const named = [...PAGE.matchAll(/`([^`\n]+)`/g)].flatMap(([, key]) => expand(key!));
  const patterns = named.filter((key) => key.includes('/')).map(toPattern);
  const keys = globSync('**/*.*', { cwd: join(ROOT, bucket!) });
  assert.ok(keys.length > 20);
  assert.deepEqual(
    keys.filter((key) => !patterns.some((pattern) => pattern.test(key))),
    [],
  );
});

/** `a/{b,c}` is two keys. */
function expand(key: string): readonly string[] {
  const [, before, each, after] = /^(.*)\{([^}]+)\}(.*)$/.exec(key) ?? [];
  return each === undefined ? [key] : each.split(',').map((one) => `${before}${one}${after}`);
}

/** NAME, ID, V, dates and what stands between < and > are parts of a key; … and ** are any rest, * is within one part. */
function toPattern(key: string): RegExp {
  const places = /<key>|\*\*|…|<[^>]+>|\*|YYYY-MM-DD|\bNAME\b|\bID\b|(?<==)V\b/g;
  const parts = key.split(places).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const found = [...key.matchAll(places)].map(([place]) => (/^(<key>|\*\*|…)$/.test(place) ? '.+' : '[^/]+'));
  return new RegExp(`^${parts.map((part, i) => part + (found[i] ?? '')).join('')}$`);
}
