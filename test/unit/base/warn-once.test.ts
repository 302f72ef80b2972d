import assert from 'node:assert/strict';
import { test } from 'node:test';
import { warnOnce } from '../../../lib/base/warn-once.ts';
import { defaultDetector } from '../../../lib/config/defaults.ts';
import { listWindowObjects } from '../../../lib/jobs/shared/looked-at.ts';
import { readWindowObject } from '../../../lib/jobs/shared/read-window-object.ts';
import { writeColumns } from '../../../lib/window/write-window.ts';
import { createMemoryObjectStore } from '../../helpers/memory-object-store.ts';
import { createMemoryTelemetry } from '../../helpers/memory-telemetry.ts';

test('a job warns once of dropped files whose column is a label but for its name', async () => {
  const store = createMemoryObjectStore();
  const telemetry = createMemoryTelemetry();
  const start = Date.UTC(2026, 0, 1);
  const times = Float64Array.of(start, start + 60_000);
  for (const name of ['a', 'b'])
    await store.put(
      `windows/detector=shop/${name}.parquet`,
      writeColumns({
        columns: [
          { name: 'time', type: 'timestamp', values: times },
          { name: 'cpu', type: 'double', values: Float64Array.of(1, 2) },
          { name: 'anomalous', type: 'double', values: Float64Array.of(0, 1) },
        ],
      }),
    );
  const context = { store, telemetry, now: () => start };
  for (const { key } of await listWindowObjects(store, 'shop')) {
    const read = await readWindowObject(context, { detector: defaultDetector('shop'), key, step: undefined });
    assert.deepEqual(read?.window.labels, Uint8Array.of(0, 1));
  }
  const [line, ...more] = telemetry.lines;
  assert.match(line?.message ?? '', /^column anomalous is taken as the label/);
  assert.deepEqual([line?.level, line?.fields.key, more], ['warn', 'windows/detector=shop/a.parquet', []]);
});

test('one warning a message and detector, whatever the file', () => {
  const telemetry = createMemoryTelemetry();
  warnOnce(telemetry, 'odd', { detector: 'shop', key: 'a' });
  warnOnce(telemetry, 'odd', { detector: 'shop', key: 'b' });
  warnOnce(telemetry, 'odder', { detector: 'shop', key: 'b' });
  warnOnce(telemetry, 'odd', { detector: 'bank', key: 'c' });
  const told = telemetry.lines.map(({ message, fields }) => [message, fields.key]);
  assert.deepEqual(told, [
    ['odd', 'a'],
    ['odder', 'b'],
    ['odd', 'c'],
  ]);
  warnOnce(createMemoryTelemetry(), 'odd', { detector: 'shop' });
});
