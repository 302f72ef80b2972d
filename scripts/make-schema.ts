/**
 * Writes schema/ from the zod schemas of manifest and alert; test/unit/config/schema.test.ts and
 * test/unit/docs/alerts.test.ts compare the two.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { alertJsonSchema } from '../lib/alert/alert-json-schema.ts';
import { manifestJsonSchema } from '../lib/config/manifest-schema.ts';

const FOLDER = join(import.meta.dirname, '../schema');

write('anomaly-detector.schema.json', manifestJsonSchema());
write('alert.schema.json', alertJsonSchema());

function write(file: string, schema: Readonly<Record<string, unknown>>): void {
  writeFileSync(join(FOLDER, file), `${JSON.stringify(schema, null, 2)}\n`);
}
