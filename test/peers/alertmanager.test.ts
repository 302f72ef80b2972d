/** A real Alertmanager gets incidents, groups them, silences them and sees their end. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Alert } from '../../lib/alert/alert.ts';
import { toAlertmanagerAlerts } from '../../lib/receivers/alertmanager.ts';
import { createAlert } from '../helpers/alerts.ts';
import { startAlertmanager } from '../helpers/prometheus.ts';

const HOUR = 3_600_000;

interface Stored {
  readonly labels: Readonly<Record<string, string>>;
  readonly status: { readonly state: string; readonly silencedBy: readonly string[] };
}

/** Opened a minute ago. */
function incident(overrides: Partial<Alert>): Alert {
  const start = new Date(Date.now() - 60_000).toISOString();
  return createAlert({ start, lastAnomalous: start, labels: { team: 'payments' }, ...overrides });
}

async function call<T>(url: string, body?: unknown): Promise<T> {
  const response = await fetch(url, {
    ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
    headers: { 'content-type': 'application/json' },
  });
  const text = await response.text();
  assert.ok(response.ok, `${response.status} ${text}`);
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

test('Alertmanager takes an incident, groups and silences it, follows its severity, and sees its end', async () => {
  await using alertmanager = await startAlertmanager();
  const api = `${alertmanager.url}/api/v2`;
  const send = (alert: Alert): Promise<void> =>
    call(`${api}/alerts`, toAlertmanagerAlerts(alert, { now: Date.now(), openFor: HOUR }));
  const open = async (): Promise<string[]> =>
    (await call<Stored[]>(`${api}/alerts`))
      .map(({ labels, status }) => `${labels['incident']} ${labels['severity']} ${status.state}`)
      .sort();
  const until = async (expected: readonly string[]): Promise<void> => {
    // Groups are made a moment after an alert is taken in.
    for (let tries = 0; tries < 200; tries++) {
      if (JSON.stringify(await open()) === JSON.stringify(expected)) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert.deepEqual(await open(), expected);
  };

  await send(incident({ incidentId: 'inc1', severity: 'warning' }));
  await send(incident({ incidentId: 'inc2', severity: 'critical', labels: { team: 'search' } }));
  await until(['inc1 warning active', 'inc2 critical active']);
  const groups = await call<{ readonly labels: Stored['labels'] }[]>(`${api}/alerts/groups`);
  assert.deepEqual(groups.map(({ labels }) => labels['team']).sort(), ['payments', 'search']);

  await call(`${api}/silences`, {
    matchers: [{ name: 'team', value: 'search', isRegex: false, isEqual: true }],
    startsAt: new Date(Date.now() - 1_000).toISOString(),
    endsAt: new Date(Date.now() + HOUR).toISOString(),
    createdBy: 'test',
    comment: 'maintenance',
  });
  await until(['inc1 warning active', 'inc2 critical suppressed']);

  await send(incident({ incidentId: 'inc1', severity: 'critical', state: 'escalated' }));
  await until(['inc1 critical active', 'inc2 critical suppressed']);

  const end = new Date().toISOString();
  await send(incident({ incidentId: 'inc1', severity: 'critical', state: 'resolved', end }));
  await until(['inc2 critical suppressed']);
});
