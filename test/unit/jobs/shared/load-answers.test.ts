import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadSilencings } from '../../../../lib/jobs/notify/load-silencings.ts';
import { listLeftOut } from '../../../../lib/jobs/shared/left-out-notes.ts';
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

test('an event that is not understood keeps no other event of its calendar from silencing', async () => {
  const { store, context } = open();
  const good = ['BEGIN:VEVENT', 'DTSTART:20261128', 'END:VEVENT'];
  const bad = ['BEGIN:VEVENT', 'UID:7f3a', 'DTSTART:20261128', 'RRULE:FREQ=SECONDLY', 'END:VEVENT'];
  const put = (...lines: readonly string[]) =>
    store.put('silences/a.ics', bytes(['BEGIN:VCALENDAR', ...lines, 'END:VCALENDAR'].join('\r\n')));
  await put(...bad, ...good);
  for (const _ of [1, 2]) assert.equal((await loadSilencings(context))[0]?.events?.length, 1);
  assert.deepEqual(await listQuarantine(store), []);
  const [note] = await listLeftOut(store, 'silences/');
  assert.deepEqual([note?.key, note?.detector], ['silences/a.ics', 'none']);
  assert.match(note?.leftOut[0]?.message ?? '', /UID "7f3a".*line 5: RRULE has FREQ SECONDLY/);
  // Told once for the same bytes, also by another process.
  await loadSilencings({ ...context, store: { ...store } });
  assert.equal(context.telemetry.total('LeftOut'), 1);
  // Of a file in which nothing is understood, nothing is silenced: that is a fault of the file.
  await put(...bad);
  assert.deepEqual(await loadSilencings(context), []);
  assert.equal((await listQuarantine(store))[0]?.key, 'silences/a.ics');
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
