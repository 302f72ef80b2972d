import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readData } from '../../../lib/cli/data-file.ts';
import { sayFileProblem } from '../../../lib/cli/file-problem.ts';
import { writeNamedFile } from '../../../lib/cli/write-file.ts';
import { createMemoryTelemetry } from '../../helpers/memory-telemetry.ts';

test('files that cannot be read or written are told in words, not by codes of the system', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'files-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const given = { detector: 'a', step: undefined, telemetry: createMemoryTelemetry() };
  const missing = join(folder, 'a.csv');
  await assert.rejects(readData(missing, given), {
    message: `${missing} cannot be read: there is no such file or folder`,
  });
  const file = join(folder, 'file');
  writeFileSync(file, '');
  await assert.rejects(writeNamedFile(join(file, 'b.csv'), ''), {
    code: 'not-written',
    message: `${join(file, 'b.csv')} cannot be written: what its path goes through is no folder`,
  });
  await assert.rejects(writeNamedFile(folder, ''), {
    message: `${folder} cannot be written: it is a folder`,
  });
});

test('what is not known is told as it came', () => {
  assert.equal(sayFileProblem(Object.assign(new Error('EIO: i/o error'), { code: 'EIO' })), 'EIO: i/o error');
  assert.equal(sayFileProblem('odd'), 'odd');
});
