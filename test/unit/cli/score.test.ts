/** What `score` tells of one detector, while other detectors' incidents wait in the same state for the deployment. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Alert } from '../../../lib/alert/alert.ts';
import { DEFAULT_GROUPING } from '../../../lib/config/grouping.ts';
import { notify } from '../../../lib/jobs/notify/notify.ts';
import { updateState } from '../../../lib/store/detector-states.ts';
import { readNotifyState } from '../../../lib/store/notify-state.ts';
import type { ObjectStore } from '../../../lib/store/object-store.ts';
import { createAnomaly } from '../../helpers/alerts.ts';
import { runTestCli } from '../../helpers/cli.ts';
import { createMemoryObjectStore } from '../../helpers/memory-object-store.ts';
import { createNotifyContext } from '../../helpers/notify-context.ts';

const START = Date.parse('2026-11-22T08:05:00Z');

/** An anomaly as scoring leaves it in the detector's state. */
async function leave(store: ObjectStore, detector: string): Promise<void> {
  const anomalyId = `${detector}-1`;
  const anomaly = createAnomaly({
    detector,
    entity: `${detector}-0`,
    targetService: null,
    anomalyId,
    changeId: `${anomalyId}-0001`,
  });
  await updateState(store, detector, (state) => ({ ...state, outbox: [{ anomaly, sequence: 1 }] }));
}

test("another detector's incident that waits is not told here, still waits, and goes to the topic", async () => {
  const store = createMemoryObjectStore();
  const sent: Alert[] = [];
  let now = START;
  const deployment = createNotifyContext(store, {
    publisher: { publish: async (alert) => ({ messageId: `m${sent.push(alert)}` }) },
    grouping: DEFAULT_GROUPING,
    now: () => now,
  });
  await leave(store, 'payment');
  await notify(deployment, ['payment']);
  assert.deepEqual(sent, []);

  // Before payment's first message is due, and after it is, with no tick in between.
  for (const after of [10_000, 40_000]) {
    now = START + after;
    await leave(store, 'checkout');
    const env = { TIDEWATCH_BUCKET: 'test-bucket', AWS_REGION: 'eu-west-1' };
    const printed = await runTestCli(['score', 'checkout', '--print-only', '--json'], store, {
      env,
      now: () => now,
    });
    assert.equal(printed.code, 0, printed.stderr);
    const alerts = printed.lines.filter(({ type }) => type === 'alert').map(({ alert }) => alert as Alert);
    assert.deepEqual(
      alerts.map(({ incidentId }) => incidentId),
      after === 10_000 ? ['checkout-1'] : [],
    );
    for (const { objects } of alerts)
      assert.deepEqual([objects.bucket, objects.region], ['test-bucket', 'eu-west-1']);
    const { incidents, outbox } = (await readNotifyState(store)).state;
    const payment = incidents.incidents.find(({ id }) => id === 'payment-1');
    if (after === 10_000) assert.equal(payment?.status, 'waiting');
    else
      assert.deepEqual(
        outbox.map(({ alert }) => alert.incidentId),
        ['payment-1'],
      );
  }

  await notify(deployment, []);
  assert.deepEqual(
    sent.map(({ state, incidentId }) => `${state} ${incidentId}`),
    ['opened payment-1'],
  );
});
