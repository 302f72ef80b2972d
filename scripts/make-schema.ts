/** Writes schema/anomaly-detector.schema.json from the manifest's zod schema; test/unit/config compares the two. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { manifestJsonSchema } from '../lib/config/manifest-schema.ts';

const FILE = join(import.meta.dirname, '../schema/anomaly-detector.schema.json');

writeFileSync(FILE, `${JSON.stringify(manifestJsonSchema(), null, 2)}\n`);
