#!/usr/bin/env node
process.argv.splice(2, 0, 'tidewatch');
await import('../scripts/bootstrap.mjs');
