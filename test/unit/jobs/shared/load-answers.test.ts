import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadSilencings } from '../../../../lib/jobs/notify/load-silencings.ts';
import { createAnswerLoader } from '../../../../lib/jobs/shared/load-answers.ts';
import { listQuarantine } from '../../../../lib/jobs/shared/quarantine.ts';
import { createMemoryObjectStore } from '../../../helpers/memory-object-store.ts';
import { createMemoryTelemetry } from '../../../helpers/memory-telemetry.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const NOW = Date.UTC(2026, 10, 28);

function open() {
  const store = createMemoryObjectStore({ now: () => NOW });
  return { store, context: { store, telemetry: createMemoryTelemetry(), now: () => NOW } };
}

test('a silence that stands for itself is set aside, and the others count', async () => {
  const { store, context } = open();
  await store.put('silences/endless.yml', bytes('matchers: &a [*a]\nuntil: 2026-12-01\n'));
  await store.put('silences/good.yml', bytes('matchers: ["detector = a"]\nuntil: 2026-12-01\n'));
  assert.deepEqual(
    (await loadSilencings(context)).map(({ name }) => name),
    ['good'],
  );
  const [reason] = await listQuarantine(store);
  assert.equal(reason?.key, 'silences/endless.yml');
  assert.match(reason.message, /\*a at line 1, column 15 lies within what it stands for/);
});

test('what a parser did not think of is an error of the file', async () => {
  const { store, context } = open();
  await store.put('silences/odd.yml', bytes('x'));
  const load = createAnswerLoader({
    prefix: 'silences/',
    what: 'silence',
    nameOf: (key) => key,
    parse: () => {
      throw new TypeError('x is not iterable');
    },
  });
  assert.deepEqual(await load(context), []);
  assert.deepEqual(
    (await listQuarantine(store)).map(({ code, message }) => [code, message]),
    [['unreadable', 'silences/odd.yml cannot be read: TypeError: x is not iterable']],
  );
});
