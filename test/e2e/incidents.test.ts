/** An outage of twenty pods through the packaged functions, with the waits that a deployment has, only shorter. */
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { renderAlert } from '../../lib/alert/render.ts';
import type { IncidentObject } from '../../lib/jobs/notify/record-incident.ts';
import { windowKey } from '../../lib/store/keys.ts';
import { createS3ObjectStore } from '../../lib/store/s3-object-store.ts';
import { writeWindow } from '../../lib/window/write-window.ts';
import { type AlertQueue, subscribeQueue } from '../helpers/alert-queue.ts';
import { type LocalStack, startLocalStack } from '../helpers/local-stack.ts';
import { makeWindow } from '../helpers/synthetic-window.ts';

const PODS = Array.from(
  { length: 20 },
  (_, i) => `payment-5ff676694b-fzj${'bcdfghjklmnpqrstvwxz'.charAt(i)}9`,
);
const OTHERS = ['cart-6d5b5b8f6d-kq2xl', 'cart-6d5b5b8f6d-tn6kz'];
const FAULT = { from: 205, to: 215 };

let stack: LocalStack;
let queue: AlertQueue;

before(async () => {
  stack = await startLocalStack({ params: { groupWait: '3s', groupInterval: '4s' } });
  queue = await subscribeQueue(stack);
  await stack.put(
    'detectors/shop.yml',
    `kind: AnomalyDetector
metadata: { name: shop }
spec: { training: { warmup: 4000 }, threshold: { percentile: 99 } }
`,
  );
  await drop(0, 200);
  await stack.idle();
});
after(() => stack?.close());

it('is one message with all of them, and one for its end, once it has lasted', async () => {
  await drop(200, 15);
  const [opened] = await queue.waitFor(1);
  assert.deepEqual([opened?.state, opened?.members?.length], ['opened', 20]);
  assert.match(opened?.summary ?? '', /^payment, all 20 (pods|entities): .*, first in payment-/);
  assert.ok(opened?.members?.every(({ workload }) => workload === 'payment'));
  assert.match(renderAlert(opened!).text, /Next: look at payment-\S+ first, where it began/);
  const incident = await stack.getJson<IncidentObject>(opened!.objects.incident);
  assert.equal(incident.members.length, 20);
  for (const { object } of incident.members) assert.ok(await stack.get(object), object);

  await drop(215, 30);
  await stack.idle();
  assert.deepEqual(
    (await queue.alerts()).map(({ state, incidentId }) => [state, incidentId]),
    [
      ['opened', opened?.incidentId],
      ['resolved', opened?.incidentId],
    ],
  );
});

/** Rows of all pods; those of one workload are off while the fault lasts. */
async function drop(from: number, rows: number): Promise<void> {
  const window = makeWindow({ from, rows, entities: [...PODS, ...OTHERS] });
  const [cpu, ...rest] = window.columns;
  const faulty = cpu!.map((value, row) => {
    const at = from + (row % rows);
    const isOff = at >= FAULT.from && at < FAULT.to && window.entityOf[row]! < PODS.length;
    return isOff ? value * 10 : value;
  });
  const store = createS3ObjectStore({ client: stack.s3, bucket: stack.bucket });
  await store.put(
    windowKey('shop', window.range),
    writeWindow({ ...window, columns: [faulty, ...rest] }, { manifestHash: 'test' }),
  );
}
