/** Writes the tables of parameters into docs/models/; test/unit/docs/models.test.ts compares the two. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PARAMETER_PAGES, placeParams } from './model-docs.ts';

for (const [kind, page] of PARAMETER_PAGES) {
  const file = join(import.meta.dirname, '..', page);
  writeFileSync(file, await placeParams(kind, readFileSync(file, 'utf8')));
}
