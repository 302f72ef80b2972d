/** Writes the generated parts of docs/alerts.md; test/unit/docs/alerts.test.ts compares the two. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { placeAlertDocs } from './alert-docs.ts';

const FILE = join(import.meta.dirname, '../docs/alerts.md');

writeFileSync(FILE, await placeAlertDocs(readFileSync(FILE, 'utf8')));
