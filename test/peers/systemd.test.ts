/** systemd takes the unit of a deployment on one machine. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

const ROOT = join(import.meta.dirname, '../..');
const UNIT = readFileSync(join(ROOT, 'deploy/tidewatch.service'), 'utf8');

test('the unit is what systemd understands, with the sources where they are here', () => {
  assert.deepEqual(verify(UNIT), { status: 0, said: '' });
});

test('a misspelled line of it would be told', () => {
  const { said } = verify(UNIT.replace('StateDirectory=', 'StateFolder='));
  assert.match(said, /StateFolder/);
});

function verify(unit: string): { readonly status: number | null; readonly said: string } {
  const folder = mkdtempSync(join(tmpdir(), 'tidewatch-unit-'));
  try {
    const file = join(folder, 'tidewatch.service');
    writeFileSync(file, unit.replaceAll('/opt/tidewatch', ROOT));
    const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', file], {
      encoding: 'utf8',
    });
    // What other units of the machine lack is not ours.
    const lines = (stdout + stderr).split('\n').filter((line) => line.includes('tidewatch'));
    return { status, said: lines.join('\n') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
