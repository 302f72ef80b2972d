import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../../../infra/local/main.ts', import.meta.url));

test('bad flags name the value and end with 2', () => {
  const refused: [args: string[], message: RegExp][] = [
    [['--data', 'x', '--port', '70000'], /--port must be a whole number from 0 to 65535, not "70000"/],
    [['--data', 'x', '--port', 'http'], /not "http"/],
    [['--port', '0'], /--data is missing/],
    [['--data', 'x', '--region', 'Europe'], /--region must look like us-east-1, not "Europe"/],
    [['--data', 'x', '--colour'], /--colour/],
    [['data'], /data/],
  ];
  for (const [args, message] of refused) {
    const { status, stderr } = run(args);
    assert.equal(status, 2);
    assert.match(stderr, message);
    assert.match(stderr, /usage:/);
  }
});

test('--help ends with 0', () => {
  const { status, stdout } = run(['--help']);
  assert.equal(status, 0);
  assert.match(stdout, /usage: npm run emulator/);
});

test('it serves until SIGTERM, and keeps port and folder to itself', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tidewatch-emulator-'));
  try {
    const child = spawn(process.execPath, [MAIN, '--port', '0', '--data', join(folder, 'a'), '--quiet']);
    const lines: string[] = [];
    for await (const line of createInterface(child.stdout)) {
      lines.push(line);
      if (line.startsWith('Ctrl-C')) break;
    }
    const url = /AWS_ENDPOINT_URL=(\S+)/.exec(lines.join('\n'))?.[1] ?? '';
    assert.equal((await fetch(`${url}/_tidewatch/health`)).status, 200);
    const samePort = run(['--port', new URL(url).port, '--data', join(folder, 'b')]);
    assert.equal(samePort.status, 1);
    assert.match(samePort.stderr, /is in use: give another by --port/);
    const sameFolder = run(['--port', '0', '--data', join(folder, 'a')]);
    assert.equal(sameFolder.status, 1);
    assert.match(sameFolder.stderr, /in use by another emulator/);
    child.kill('SIGTERM');
    assert.deepEqual(await once(child, 'exit'), [0, null]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

function run(args: readonly string[]) {
  return spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8' });
}
