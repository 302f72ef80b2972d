/** Writes the generated parts of docs/cli.md; test/unit/docs/cli.test.ts compares the two. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { placeCliDocs } from './cli-docs.ts';

const FILE = join(import.meta.dirname, '../docs/cli.md');

writeFileSync(FILE, placeCliDocs(readFileSync(FILE, 'utf8')));
