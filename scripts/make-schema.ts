/** Writes schema/anomaly-detector.schema.json from the manifest's zod schema. `--check` fails where it is not current. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { manifestJsonSchema } from '../lib/config/manifest-schema.ts';

const FILE = join(import.meta.dirname, '../schema/anomaly-detector.schema.json');

const text = `${JSON.stringify(manifestJsonSchema(), null, 2)}\n`;
if (process.argv.includes('--check')) {
  if (readFileSync(FILE, 'utf8') !== text) {
    console.error('schema/anomaly-detector.schema.json is not current: run node scripts/make-schema.ts');
    process.exit(1);
  }
} else writeFileSync(FILE, text);
