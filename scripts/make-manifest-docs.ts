/** Writes the table of fields into docs/manifest.md; test/unit/docs/manifest.test.ts compares the two. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { placeManifestDocs } from './manifest-docs.ts';

const FILE = join(import.meta.dirname, '../docs/manifest.md');

writeFileSync(FILE, placeManifestDocs(readFileSync(FILE, 'utf8')));
