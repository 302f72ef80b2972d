/** The answers that docs/answers.md shows are taken as they stand there. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseExclusion } from '../../../lib/answers/exclusion.ts';
import { parseSilencing } from '../../../lib/answers/silencing.ts';

const PAGE = readFileSync(join(import.meta.dirname, '../../../docs/answers.md'), 'utf8');
const PARSERS = { silences: parseSilencing, exclusions: parseExclusion };
const EXAMPLES = [...PAGE.matchAll(/^```yaml\n# ((\w+)\/([\w-]+)\.yml)\n([\s\S]*?)^```/gm)].map(
  ([, key, folder, name, text]) => ({ key: key!, folder: folder!, name: name!, text: text! }),
);

test('there are examples of both', () => {
  assert.deepEqual(new Set(EXAMPLES.map(({ folder }) => folder)), new Set(Object.keys(PARSERS)));
});

for (const { key, folder, name, text } of EXAMPLES)
  test(`${key} is one`, () => {
    const parsed = PARSERS[folder as keyof typeof PARSERS](text, { source: key, name });
    assert.equal(parsed.name, name);
  });
