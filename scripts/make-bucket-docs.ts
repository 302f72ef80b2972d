/** Writes the generated parts of docs/bucket.md; test/unit/docs/bucket.test.ts compares the two. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { placeBucketDocs } from './bucket-docs.ts';

const FILE = join(import.meta.dirname, '../docs/bucket.md');

writeFileSync(FILE, placeBucketDocs(readFileSync(FILE, 'utf8')));
