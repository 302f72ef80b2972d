#!/usr/bin/env node
// In a clone the sources run, by the project's own Node; in the npm package what was built of them, by the caller's.
import { existsSync } from 'node:fs';

/** What the functions and the tests run on. */
const OLDEST_NODE = 24;

if (existsSync(new URL('../scripts/bootstrap.mjs', import.meta.url))) {
  process.argv.splice(2, 0, 'tidewatch');
  await import('../scripts/bootstrap.mjs');
} else if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE) {
  console.error(`error: tidewatch needs Node.js ${OLDEST_NODE} or newer, and this is ${process.version}`);
  process.exitCode = 1;
} else {
  await import('../dist/lib/cli/main.js');
}
