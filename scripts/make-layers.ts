/** Writes the table of folders into docs/architecture.md; test/unit/imports.test.ts compares the two. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { placeLayers } from './layers.ts';

const FILE = join(import.meta.dirname, '../docs/architecture.md');

writeFileSync(FILE, placeLayers(readFileSync(FILE, 'utf8')));
