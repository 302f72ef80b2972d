/** What is published to the topic of a deployment comes to a real Alertmanager, through the packaged function. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PublishCommand } from '@aws-sdk/client-sns';
import type { Alert } from '../../lib/alert/alert.ts';
import { renderAlert, renderSnsMessage } from '../../lib/alert/render.ts';
import { createAlert } from '../helpers/alerts.ts';
import { startLocalStack } from '../helpers/local-stack.ts';
import { startAlertmanager } from '../helpers/prometheus.ts';
import { until } from '../helpers/until.ts';

interface Stored {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

test('Alertmanager gets an incident that was published to the topic, and hears of its end', async () => {
  await using alertmanager = await startAlertmanager();
  const stack = await startLocalStack({ params: { alertmanagerUrl: alertmanager.url } });
  try {
    const open = async (): Promise<readonly Stored[]> => {
      const response = await fetch(`${alertmanager.url}/api/v2/alerts`);
      return (await response.json()) as Stored[];
    };
    const publish = async (alert: Alert): Promise<void> => {
      await stack.sns.send(
        new PublishCommand({
          TopicArn: stack.service.deployment.outputs['AlertTopicArn'],
          MessageStructure: 'json',
          Message: renderSnsMessage(renderAlert(alert)),
        }),
      );
      await stack.idle();
    };
    const start = new Date(Date.now() - 60_000).toISOString();
    const incident = 'incidents/inc1.json';
    const opened = createAlert({
      start,
      lastAnomalous: start,
      firstCulprit: {
        detector: 'shop',
        targetService: 'payment',
        namespace: 'shop',
        workload: 'payment',
        labels: { team: 'payments' },
      },
      objects: { ...createAlert().objects, incident },
    });
    await publish(opened);
    await until(async () => (await open()).length === 1);
    const [stored] = await open();
    assert.deepEqual(stored?.labels, {
      alertname: 'TidewatchIncident',
      incident: 'inc1',
      severity: 'warning',
      detector: 'shop',
      service: 'payment',
      namespace: 'shop',
      workload: 'payment',
      team: 'payments',
    });
    assert.equal(stored.annotations['summary'], opened.summary);

    await stack.put(incident, JSON.stringify({ state: 'resolved' }));
    const end = new Date().toISOString();
    // By then another detector's entity leads it: it is the same alert.
    const led = {
      detector: 'orders',
      targetService: 'orders',
      entity: 'shop/orders',
      labels: { team: 'search' },
    };
    await publish({ ...opened, ...led, state: 'resolved', end, notificationId: 'inc1-0002' });
    await until(async () => (await open()).length === 0);
    // The first message once more, as a queue may give it.
    await publish(opened);
    assert.deepEqual(await open(), [], 'it is not opened again');

    const told = stack
      .logs('deliver')
      .map(({ message }) => message)
      .filter((message) => message !== 'run');
    assert.deepEqual(told, [
      'alert delivered',
      'alert delivered',
      'alert passed over: its incident has ended, or is back, since',
    ]);
    assert.equal(stack.metric('deliver', 'AlertsDelivered', 'shop'), 1);
    assert.equal(stack.metric('deliver', 'AlertsDelivered', 'orders'), 1);
  } finally {
    await stack.close();
  }
});
