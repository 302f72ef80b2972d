/** docs/manifest.md has the fields of a manifest as the schema has them. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { listFields, OPEN_DEFAULTS, placeManifestDocs, SEE } from '../../../scripts/manifest-docs.ts';

const PAGE = readFileSync(join(import.meta.dirname, '../../../docs/manifest.md'), 'utf8');
const FIELDS = listFields();

test('docs/manifest.md has the fields that the schema has', () => {
  assert.equal(PAGE, placeManifestDocs(PAGE), 'run node scripts/make-manifest-docs.ts');
});

test('every field is described, and none is called untaken', () => {
  assert.ok(FIELDS.length > 50);
  assert.deepEqual(
    FIELDS.filter(({ schema }) => schema.description === undefined).map(({ path }) => path),
    [],
  );
});

test('what the script says of fields beside the schema is of fields that there are', () => {
  const paths = FIELDS.map(({ path }) => path);
  const known = [...Object.keys(SEE), ...Object.keys(OPEN_DEFAULTS)];
  assert.deepEqual(
    known.filter((path) => !paths.includes(path)),
    [],
  );
  const given = FIELDS.filter(({ path, schema }) => path in OPEN_DEFAULTS && schema.default !== undefined);
  assert.deepEqual(given, [], 'the schema has a default of its own');
});
