/** Writes the tables of members into docs/artifact-format.md; test/unit/docs/artifact-format.test.ts compares the two. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { placeArtifactDocs } from './artifact-docs.ts';

const FILE = join(import.meta.dirname, '../docs/artifact-format.md');

writeFileSync(FILE, placeArtifactDocs(readFileSync(FILE, 'utf8')));
