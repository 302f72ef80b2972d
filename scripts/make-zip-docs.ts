/**
 * Packages the functions and writes their zips' sizes into docs/benchmarks.md; test/e2e/package.test.ts says when they are
 * more than a tenth off. Not part of make-docs.ts, since each change of code moves them a little.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageService } from '../infra/local/template/package-service.ts';
import { placeZipSizes, readZipSizes } from './zip-docs.ts';

const FILE = join(import.meta.dirname, '../docs/benchmarks.md');

const sizes = await readZipSizes(await packageService());
writeFileSync(FILE, placeZipSizes(readFileSync(FILE, 'utf8'), sizes));
