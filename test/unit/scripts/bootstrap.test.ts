/** scripts/bootstrap.mjs hands over to the project's Node: what ends the one ends the other. */
import assert from 'node:assert/strict';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { test } from 'node:test';

const BOOTSTRAP = join(import.meta.dirname, '../../../scripts/bootstrap.mjs');

/** An emulator that is up. @param start its first process, which prints what the emulator prints */
async function upEmulator(start: (args: readonly string[]) => ChildProcessByStdio<null, Readable, null>) {
  const data = mkdtempSync(join(tmpdir(), 'bootstrap-'));
  const child = start([BOOTSTRAP, 'emulator', '--port', '0', '--data', data, '--quiet']);
  let printed = '';
  for await (const chunk of child.stdout) {
    printed += chunk;
    if (printed.includes('Ctrl-C stops it.')) break;
  }
  const url = /AWS_ENDPOINT_URL=(\S+)/.exec(printed)![1]!;
  assert.ok((await fetch(url)).status > 0);
  return { child, url, remove: () => rmSync(data, { recursive: true, force: true }) };
}

test('a service that is ended by its first process leaves nothing behind', async (t) => {
  const { child, url, remove } = await upEmulator((args) =>
    spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] }),
  );
  t.after(remove);
  // Twice, as a terminal and `npm` do.
  child.kill('SIGTERM');
  child.kill('SIGTERM');
  const [code] = (await once(child, 'exit')) as [number | null];
  assert.equal(code, 0);
  await assert.rejects(fetch(url), 'nobody answers there any more');
});

test('so does one of npm, whose shell passes no signal on', async (t) => {
  const { child, url, remove } = await upEmulator((args) =>
    spawn('sh', ['-c', '"$@"; true', 'sh', process.execPath, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, npm_lifecycle_event: 'emulator' },
    }),
  );
  t.after(remove);
  child.kill('SIGTERM');
  await once(child, 'exit');
  child.stdout.destroy();
  const until = Date.now() + 20_000;
  const isUp = (): Promise<boolean> =>
    fetch(url).then(
      () => true,
      () => false,
    );
  while ((await isUp()) && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(await isUp(), false, 'nobody answers there any more');
});
