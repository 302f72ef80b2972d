/** A run that is cut says so, and nothing of what it did not come to. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const BOOTSTRAP = fileURLToPath(new URL('../../../scripts/bootstrap.mjs', import.meta.url));
const TESTS = `
import { test } from 'node:test';
test('quick', () => {});
for (let nth = 0; nth < 20; nth++) test('slow ' + nth, () => new Promise((resolve) => setTimeout(resolve, 3_600_000)));
`;

for (const [signal, code] of [
  ['SIGTERM', 143],
  ['SIGINT', 130],
] as const)
  test(`a run that ${signal} ends names no failures`, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tidewatch-cut-'));
    try {
      const file = join(folder, 'some.test.mjs');
      await writeFile(file, TESTS);
      const { NODE_TEST_CONTEXT: _, ...env } = process.env;
      const run = spawn(process.execPath, [BOOTSTRAP, 'test', file], {
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let printed = '';
      for await (const chunk of run.stdout.setEncoding('utf8')) {
        printed += chunk;
        // The first test is done: the second one never is.
        if (run.signalCode === null && printed.includes('quick')) run.kill(signal);
      }
      if (run.exitCode === null) await once(run, 'close');
      assert.equal(run.exitCode, code);
      assert.ok(printed.includes(`Cut by ${signal}: 1 tests had passed and 0 had failed by then.`), printed);
      assert.doesNotMatch(printed, /slow|✖/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
