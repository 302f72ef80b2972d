import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { writeWindow } from '../../../lib/window/write-window.ts';
import { anyWindow, read } from './helpers.ts';

test('property: what is written reads back, byte for byte the same when written again', () => {
  fc.assert(
    fc.property(anyWindow({ withValue: true }), (window) => {
      const bytes = writeWindow(window, { manifestHash: 'h' });
      const back = read(bytes);
      assert.deepEqual(back, window);
      assert.deepEqual(writeWindow(back, { manifestHash: 'h' }), bytes);
    }),
    { numRuns: 150 },
  );
});

test('the owners of pods come back with their window, whatever entities are called', () => {
  const [window] = fc.sample(anyWindow({ withValue: true }), { numRuns: 1, seed: 1 });
  const podOwners = new Map([
    ['__proto__', { kind: 'Engine', name: 'engine' }],
    ['shop/alone-0', { kind: 'Pod', name: 'alone-0' }],
  ]);
  for (const owned of [
    { ...window!, podOwners },
    { ...window!, podOwners: new Map() },
  ])
    assert.deepEqual(read(writeWindow(owned, { manifestHash: 'h' })), owned);
});

test('revisions of workloads come back with their window', () => {
  const [window] = fc.sample(anyWindow({ withValue: true }), { numRuns: 1, seed: 1 });
  const revisions = [
    { workload: 'shop/db', kind: 'StatefulSet', revision: '6d4cf56db6', first: 1 },
    { workload: 'shop/agent', kind: 'DaemonSet', revision: '4', first: 2 },
  ] as const;
  const revised = { ...window!, revisions };
  assert.deepEqual(read(writeWindow(revised, { manifestHash: 'h' })), revised);
});
