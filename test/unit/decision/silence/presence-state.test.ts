import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ArtifactError } from '../../../../lib/base/errors.ts';
import { loadPresence, savePresence } from '../../../../lib/decision/silence/presence-state.ts';
import { always, learn } from './silent-rows.ts';

const FIXTURES = join(import.meta.dirname, '../../../fixtures/presence');

test('every format that was written is read', () => {
  const files = globSync('*.json', { cwd: FIXTURES });
  assert.deepEqual(files, ['presence.v1.json']);
  for (const file of files) {
    const presence = loadPresence(JSON.parse(readFileSync(join(FIXTURES, file), 'utf8')), file);
    assert.deepEqual(presence, {
      metrics: ['cpu', 'memory'],
      sourceGap: 120_000,
      everyone: [0, null],
      units: new Map([
        ['__proto__', { gap: 0, metrics: [0, 2] }],
        ['backup', { gap: null, metrics: [null, 0] }],
      ]),
    });
  }
});

test('what training heard comes back as it was', () => {
  const usual = learn({ db: always(100), payment: `${always(50)}${'m'.repeat(50)}` });
  assert.deepEqual(loadPresence(JSON.parse(JSON.stringify(savePresence(usual))), 'presence.json'), usual);
  assert.deepEqual(usual.units.get('payment'), { gap: 0, metrics: [null, 0] });
  const nightly = learn({ db: always(800), job: `#${'.'.repeat(99)}`.repeat(8) });
  assert.equal(nightly.units.get('job')?.pause, 99);
  assert.deepEqual(loadPresence(JSON.parse(JSON.stringify(savePresence(nightly))), 'presence.json'), nightly);
});

test('what is of another format, or does not fit together, is refused by name', () => {
  const good = savePresence(learn({ db: always(100) }));
  for (const bad of [
    { ...good, formatVersion: 2 },
    { ...good, everyone: [] },
    { ...good, units: [{ name: 'db', gap: -1, metrics: [0, 0] }] },
  ])
    assert.throws(
      () => loadPresence(bad, 'a b: presence.json'),
      (error) => error instanceof ArtifactError && error.message.startsWith('a b: presence.json: '),
    );
});
