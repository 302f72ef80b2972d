/** scripts/bootstrap.mjs hands over to the project's Node: what ends the one ends the other. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

const BOOTSTRAP = join(import.meta.dirname, '../../../scripts/bootstrap.mjs');

test('a service that is ended by its first process leaves nothing behind', async (t) => {
  const data = mkdtempSync(join(tmpdir(), 'bootstrap-'));
  t.after(() => rmSync(data, { recursive: true, force: true }));
  const child = spawn(process.execPath, [BOOTSTRAP, 'emulator', '--port', '0', '--data', data, '--quiet'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  for await (const chunk of child.stdout) {
    printed += chunk;
    if (printed.includes('Ctrl-C stops it.')) break;
  }
  const url = /AWS_ENDPOINT_URL=(\S+)/.exec(printed)![1]!;
  assert.ok((await fetch(url)).status > 0);
  // Twice, as a terminal and `npm` do.
  child.kill('SIGTERM');
  child.kill('SIGTERM');
  const [code] = (await once(child, 'exit')) as [number | null];
  assert.equal(code, 0);
  await assert.rejects(fetch(url), 'nobody answers there any more');
});
