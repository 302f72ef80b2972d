/** One id from the schedule to the message: whoever has an alert finds every line that led to it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Alert } from '../../../../lib/alert/alert.ts';
import type { AlertPublisher } from '../../../../lib/alert/publisher.ts';
import { renderAlert } from '../../../../lib/alert/render.ts';
import {
  correlated,
  correlationOf,
  currentCorrelation,
  inInvocation,
} from '../../../../lib/base/correlation.ts';
import { exportDue } from '../../../../lib/jobs/export/export-due.ts';
import { notify } from '../../../../lib/jobs/notify/notify.ts';
import { openLocalBucket } from '../../../../lib/jobs/offline/local-bucket.ts';
import { scoreWindows } from '../../../../lib/jobs/score/score-windows.ts';
import { loadDetector } from '../../../../lib/jobs/shared/load-detectors.ts';
import { trainModel } from '../../../../lib/jobs/train/train-model.ts';
import { onlySource } from '../../../../lib/source/open-sources.ts';
import { createQuerySource } from '../../../../lib/source/query-source.ts';
import { createMemoryTelemetry } from '../../../helpers/memory-telemetry.ts';
import { createNotifyContext } from '../../../helpers/notify-context.ts';
import { dropWindow, EPOCH, makeWindow, STEP } from '../../../helpers/synthetic-window.ts';
import { tellWindow } from '../../../helpers/window-source.ts';

const MANIFEST = `kind: AnomalyDetector
metadata: { name: shop }
spec:
  step: 1m
  ingest_delay: 0
  backfill: 1d
  entity: [pod]
  metrics: [{ name: cpu, query: cpu }, { name: memory, query: memory }, { name: requests, query: requests }]
`;
const FAULT = { entity: 'payment', from: 1456, to: 1500 };

const source = tellWindow(makeWindow({ from: 0, rows: 1600, fault: FAULT }));

test('export, event, scoring and message of a window have one id, and no line is without', async () => {
  let clock = EPOCH + 1440 * STEP;
  const telemetry = createMemoryTelemetry();
  const bucket = openLocalBucket({ telemetry, now: () => clock });
  const queue = { ...bucket.context.queue, requestNotifying: async () => {} };
  const context = { ...bucket.context, telemetry, queue, withoutReports: true as const };
  const published: Alert[] = [];
  const publisher: AlertPublisher = {
    async publish(alert) {
      return { messageId: `m${published.push(alert)}` };
    },
  };
  const telling = createNotifyContext(bucket.store, { publisher, telemetry, now: () => clock });
  await bucket.store.put('detectors/shop.yml', new TextEncoder().encode(MANIFEST));
  let invocation = 0;
  const invoke = <T>(work: () => Promise<T>): Promise<T> => inInvocation(`request-${invocation++}`, work);
  await invoke(() => exportDue(onlySource(source), context));
  await invoke(async () => trainModel(await loadDetector(context, 'shop'), context));
  await invoke(async () => scoreWindows(await loadDetector(context, 'shop'), context));
  clock += 60 * STEP;
  const { exported } = await invoke(() => exportDue(onlySource(source), context));
  const keys = exported.get('shop')!.exported;
  for (const key of keys)
    await invoke(() =>
      correlated(correlationOf(key), async () => scoreWindows(await loadDetector(context, 'shop'), context)),
    );
  await invoke(() => notify(telling, ['shop']));
  for (const { message, fields } of telemetry.lines) {
    assert.ok(fields['correlationId'], message);
    assert.match(String(fields['requestId']), /^request-\d+$/, message);
  }
  const [alert] = published as [Alert];
  const { correlationId } = renderAlert(alert).attributes;
  assert.equal(correlationId, correlationOf(alert.objects.window));
  assert.match(correlationId, /^shop@2026\d{4}T\d{6}Z$/);
  const story = telemetry.lines.filter(({ fields }) => fields['correlationId'] === correlationId);
  assert.deepEqual(
    story.map(({ message }) => message),
    ['window exported', 'window scored', 'alert published'],
  );
  assert.equal(new Set(story.map(({ fields }) => fields['requestId'])).size, 3);
});

test('what fails is told by the window that it failed at', async () => {
  const clock = EPOCH + 1440 * STEP;
  const telemetry = createMemoryTelemetry();
  const bucket = openLocalBucket({ telemetry, now: () => clock });
  const context = { ...bucket.context, telemetry };
  await bucket.store.put('detectors/shop.yml', new TextEncoder().encode(MANIFEST));
  const dead = createQuerySource('nothing', () => Promise.reject(new Error('connection refused')));
  await inInvocation('request', () => exportDue(onlySource(dead), context));
  const failure = telemetry.lines.find(({ message }) => message === 'export failed');
  assert.equal(failure?.fields['correlationId'], 'shop@20261101T000000Z');

  await dropWindow(bucket.store, { detector: 'cart', from: 0, rows: 30 });
  const key = 'windows/detector=cart/no-table.csv';
  await bucket.store.put(key, new TextEncoder().encode('?'));
  await inInvocation('request', async () => {
    await scoreWindows(await loadDetector(context, 'cart'), bucket.context);
    // A request for training that is sent from here is about the last one.
    assert.match(currentCorrelation() ?? '', /^cart@/);
  });
});
