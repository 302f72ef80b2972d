import assert from 'node:assert/strict';
import { type FileHandle, mkdtemp, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import { type Journal, openJournal } from '../../../../../infra/local/sqs/journal.ts';
import { until } from '../../../../helpers/until.ts';

interface Entry {
  readonly key: string;
  readonly value: string | undefined;
}

interface Table {
  readonly values: Map<string, string>;
  readonly journal: Journal<Entry>;
  set(key: string, value: string | undefined): Promise<void>;
}

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'journal-'));
  path = join(folder, 'table.journal');
});
afterEach(() => rm(folder, { recursive: true }));

describe('a journal', () => {
  it('holds what was appended, in order, over restarts', async () => {
    let table = await openTable();
    await table.set('a', '1');
    await table.set('b', 'line\nbreak \u2028 \r 😀');
    await table.set('a', '2');
    await table.set('c', '3');
    await table.set('c', undefined);
    await table.journal.close();
    for (let restart = 0; restart < 2; restart++) {
      table = await openTable();
      assert.deepEqual(
        [...table.values],
        [
          ['a', '2'],
          ['b', 'line\nbreak \u2028 \r 😀'],
        ],
      );
      await table.journal.close();
    }
  });

  it('cut off at any byte holds a prefix of the entries, and goes on from there', async () => {
    const table = await openTable();
    for (const [at, key] of ['a', 'ü', 'c'].entries()) await table.set(key, `${at}`);
    await table.journal.close();
    const bytes = await readFile(path);
    const prefixes = ['', 'a', 'aü', 'aüc'];
    let reached = 0;
    for (let length = 0; length <= bytes.length; length++) {
      await writeFile(path, bytes.subarray(0, length));
      const cut = await openTable();
      const held = [...cut.values.keys()].join('');
      assert.ok(prefixes.includes(held), `${length} bytes: ${held}`);
      assert.ok(prefixes.indexOf(held) >= reached, 'more bytes never hold less');
      reached = prefixes.indexOf(held);
      await cut.set('new', 'x');
      await cut.journal.close();
      const again = await openTable();
      assert.equal([...again.values.keys()].join(''), `${held}new`);
      await again.journal.close();
    }
    assert.equal(reached, 3);
  });

  it('resolves appends only once they are synced, those that wait together by one sync', async () => {
    const table = await openTable();
    const gates: (() => void)[] = [];
    const handle = await open(path);
    const datasync = mock.method(Object.getPrototypeOf(handle) as FileHandle, 'datasync', async () => {
      await new Promise<void>((resolve) => gates.push(resolve));
    });
    await handle.close();
    try {
      const resolved: string[] = [];
      const keys = Array.from({ length: 20 }, (_, at) => `key-${at}`);
      const all = keys.map((key) => table.set(key, 'v').then(() => resolved.push(key)));
      await until(() => gates.length === 1);
      assert.deepEqual(resolved, []);
      assert.ok((await readFile(path, 'utf8')).includes('"key-0"'));
      gates[0]?.();
      await until(() => gates.length === 2);
      assert.deepEqual(resolved, ['key-0']);
      gates[1]?.();
      await Promise.all(all);
      assert.equal(datasync.mock.callCount(), 2);
      assert.ok((await readFile(path, 'utf8')).includes('"key-19"'));
    } finally {
      datasync.mock.restore();
    }
    await table.journal.close();
  });

  it('is rewritten when it has grown, while others append', async () => {
    const table = await openTable(2000);
    for (let round = 0; round < 100; round++)
      await Promise.all(['a', 'b', 'c'].map((key) => table.set(key, `${key}${round}`.padEnd(100, '.'))));
    assert.ok((await stat(path)).size < 5000, 'obsolete entries are gone');
    await table.journal.close();
    const again = await openTable();
    assert.deepEqual(again.values, table.values);
    await again.journal.close();
  });

  it('starts without what is obsolete', async () => {
    const table = await openTable();
    for (let round = 0; round < 100; round++) await table.set('a', `${round}`);
    await table.journal.close();
    const before = (await stat(path)).size;
    await (await openTable()).journal.close();
    assert.ok((await stat(path)).size < before / 10);
  });

  it('refuses a file that is damaged inside, naming the line', async () => {
    const table = await openTable();
    await table.set('a', '1');
    await table.journal.close();
    await writeFile(path, `${await readFile(path, 'utf8')}{"broken\n{"key":"b","value":"2"}\n`);
    await assert.rejects(openTable(), { name: 'JournalError', message: /table\.journal, line 3.*broken/ });
  });

  it('refuses the journal of another service or format', async () => {
    await writeFile(path, '{"journal":"sns","format":1}\n');
    await assert.rejects(openTable(), /journal of sns in format 1; expected table in format 1/);
    await writeFile(path, '{"journal":"table","format":2}\n');
    await assert.rejects(openTable(), /format 2/);
  });

  it('accepts nothing any more once the disk has refused a write', async () => {
    const table = await openTable(10);
    const away = `${folder}-away`;
    await rename(folder, away);
    await assert.rejects(table.set('a', '1'.repeat(200)), {
      name: 'JournalError',
      message: /table\.journal cannot be written/,
    });
    await rename(away, folder);
    await assert.rejects(table.set('b', '2'), { name: 'JournalError' });
    await table.journal.close();
    const again = await openTable();
    assert.deepEqual([...again.values], []);
    await again.journal.close();
  });

  it('takes nothing once it is closed', async () => {
    const table = await openTable();
    await table.journal.close();
    await assert.rejects(table.set('a', '1'), { name: 'JournalError', message: /closed/ });
  });
});

async function openTable(compactAbove?: number): Promise<Table> {
  const values = new Map<string, string>();
  const apply = ({ key, value }: Entry): void => {
    if (value === undefined) values.delete(key);
    else values.set(key, value);
  };
  const journal = await openJournal<Entry>({
    path,
    service: 'table',
    apply,
    snapshot: () => [...values].map(([key, value]) => ({ key, value })),
    ...(compactAbove === undefined ? {} : { compactAbove }),
  });
  return {
    values,
    journal,
    set(key, value) {
      apply({ key, value });
      return journal.append([{ key, value }]);
    },
  };
}
