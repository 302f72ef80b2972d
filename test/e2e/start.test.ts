/** `npm start` as a newcomer runs it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

const ROOT = join(import.meta.dirname, '../..');

test('npm start goes from history to alerts by itself, says why, and ends with 0', {
  timeout: 120_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tidewatch-start-'));
  try {
    const data = join(folder, 'demo');
    const child = spawn('npm', ['start', '--', '--data', data], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    const [code] = await once(child, 'close');
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /1\. Packaging the functions/);
    assert.match(stdout, /auto \S+: [\d,]+ rows/);
    assert.match(stdout, /Subject: \[warning\] .+/, 'the first alert is shown whole');
    assert.match(stdout, /│ +\d+% .+/, 'with the metrics behind it');
    assert.match(stdout, /▲ /, 'others by their sentence');
    assert.match(stdout, /✓ /, 'and their end');
    assert.match(stdout, /\d+ incidents over \d+ pods and a day/);
    assert.match(stdout, /What next/);
    const bucket = /The bucket's files: (.+)/.exec(stdout)?.[1] ?? '';
    assert.ok(existsSync(join(ROOT, bucket)), `${bucket} is there`);
    assert.doesNotMatch(stdout + stderr, /failed|Error/);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
