/** docs/artifact-format.md has the members that the code writes and reads. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ARTIFACT_FILES, placeArtifactDocs } from '../../../scripts/artifact-docs.ts';

const ROOT = join(import.meta.dirname, '../../..');
const PAGE = readFileSync(join(ROOT, 'docs/artifact-format.md'), 'utf8');

test('docs/artifact-format.md has the members that the code has', () => {
  assert.equal(PAGE, placeArtifactDocs(PAGE), 'run node scripts/make-docs.ts');
});

test('every member is described', () => {
  assert.deepEqual(PAGE.match(/^\| `[\w.[\]]+` \| .* \| *\|$/gm), null);
});

/** What a whole training wrote, in place of the script's samples. */
const STORED = globSync('test/fixtures/buckets/*/models/*/version=*/', { cwd: ROOT }).sort().at(-1)!;

for (const file of ARTIFACT_FILES)
  test(`${file} of a stored version has no member that is not told of`, () => {
    const stored = JSON.parse(readFileSync(join(ROOT, STORED, file), 'utf8'));
    const section = PAGE.split(`<!-- ${file}: `)[1]!.split(`<!-- /${file} -->`)[0]!;
    assert.deepEqual(
      Object.keys(stored).filter((member) => !section.includes(`\n| \`${member}\` |`)),
      [],
    );
  });
