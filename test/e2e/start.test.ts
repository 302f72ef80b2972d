/** `npm start` as a newcomer runs it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { placeRunDocs, QUOTING, readFirstAlert, withoutDates } from '../../scripts/run-docs.ts';

const ROOT = join(import.meta.dirname, '../..');

test('npm start goes from history to alerts by itself, says why, and ends with 0', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tidewatch-start-'));
  try {
    const data = join(folder, 'demo');
    const { code, stdout, stderr } = await start(data);
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /1\. Packaging the functions/);
    assert.match(stdout, /auto \S+: [\d,]+ rows/);
    assert.match(stdout, /Subject: \[warning\] .+/, 'the first alert is shown whole');
    assert.match(stdout, /│ +\d+% .+/, 'with the metrics behind it');
    assert.match(
      stdout,
      /Look at it: http:\/\/127\.0\.0\.1:\d+\/_tidewatch\/url\/\S+\/i\/\S+&s=/,
      'with a link',
    );
    assert.match(stdout, /▲ /, 'others by their sentence');
    assert.match(stdout, /✓ /, 'and their end');
    assert.match(stdout, /\d+ incidents over \d+ pods and a day/);
    assert.match(stdout, /What next/);
    const bucket = /The bucket's files: (.+)/.exec(stdout)?.[1] ?? '';
    assert.ok(existsSync(join(ROOT, bucket)), `${bucket} is there`);
    const page = /A page for each of \d+ incidents, for a browser: (.+\.html)/.exec(stdout)?.[1] ?? '';
    assert.match(await readFile(join(ROOT, page), 'utf8'), /<svg [^>]*aria-label="[^"]+ over time"/);
    assert.doesNotMatch(stdout + stderr, /failed|Error/);
    assert.ok(
      stdout.includes(readFirstAlert(data).split('\n')[0]!),
      'the README has the alert that is printed first',
    );
    const [, faults, found] =
      /Of (\d+) injected CPU and memory faults, (\d+) were alerted on/.exec(stdout) ?? [];
    const said = `of ${faults} CPU and memory faults, ${found} were alerted on`;
    assert.ok(
      (await readFile(join(ROOT, 'README.md'), 'utf8')).includes(said),
      `the README does not say ${said}`,
    );
    for (const page of QUOTING) {
      const text = await readFile(join(ROOT, page), 'utf8');
      const now = placeRunDocs(page, text, data);
      assert.equal(
        withoutDates(text),
        withoutDates(now),
        `${page} quotes another run: scripts/make-run-docs.ts`,
      );
    }

    const again = await start(data);
    assert.equal(again.code, 0, again.stdout + again.stderr);
    assert.match(again.stdout, /Going on with what .*demo holds/);
    assert.match(again.stdout, /sockshop: \d{8}T\d{6}Z-\w+, \d+ open incidents; newest data 20/);
    assert.doesNotMatch(again.stdout + again.stderr, /Dropping|Subject:|failed|Error/);

    const other = await start(folder);
    assert.equal(other.code, 2);
    assert.match(other.stderr, /--data .* is not empty, and holds nothing that an earlier start kept/);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

async function start(data: string): Promise<{ code: number | null; stdout: string; stderr: string }> {
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
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}
