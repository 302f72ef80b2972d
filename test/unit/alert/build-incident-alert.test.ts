import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Alert } from '../../../lib/alert/alert.ts';
import { buildIncidentAlert, MOST_MEMBERS } from '../../../lib/alert/build-incident-alert.ts';
import { parseAlert } from '../../../lib/alert/parse-alert.ts';
import { renderAlert, renderSnsMessage } from '../../../lib/alert/render.ts';
import type { Member, Notification } from '../../../lib/incident/contract.ts';
import { createAlert } from '../../helpers/alerts.ts';
import { createChange, endOf, MINUTE, NINE } from '../../helpers/anomalies.ts';

const KEYS = {
  incident: (id: string) => `incidents/${id}.json`,
  anomaly: (detector: string, id: string) => `anomalies/detector=${detector}/${id}.json`,
};
const REASONS: Alert['reasons'] = [
  { metric: 'cpu', share: 0.8, value: 0.83, unit: 'cores', usualLow: 0.01, usualHigh: 0.05, usual: 0.03 },
  { metric: 'memory', share: 0.2, value: 9, usualLow: 1, usualHigh: 4, usual: 2 },
];

function build(members: readonly Member[], over: Partial<Notification> = {}): Alert {
  return buildIncidentAlert({
    notification: { state: 'opened', incidentId: 'i1', sequence: 1, severity: 'warning', members, ...over },
    alertOf: (anomalyId) => {
      const { entity, detector, state } = members.find((member) => member.anomalyId === anomalyId)!;
      return createAlert({
        incidentId: anomalyId,
        entity,
        detector,
        state,
        summary: `${entity}: cpu 0.83 cores (usual 0.01–0.05), since 09:00 UTC, 3 min`,
        reasons: REASONS,
      });
    },
    keys: KEYS,
  });
}

const PODS: readonly Member[] = Array.from({ length: 20 }, (_, i) =>
  createChange({
    anomalyId: `a${i}`,
    entity: `shop/payment-${i}`,
    siblings: 24,
    start: NINE + (i % 4) * MINUTE,
  }),
);

test('an incident of one anomaly reads as that anomaly does', () => {
  const [only] = PODS;
  const alert = build([only!]);
  assert.equal(alert.summary, 'shop/payment-0: cpu 0.83 cores (usual 0.01–0.05), since 09:00 UTC, 3 min');
  assert.equal(alert.notificationId, 'i1-0001');
  assert.equal(alert.incidentId, 'i1');
  assert.deepEqual(alert.objects, {
    ...createAlert().objects,
    incident: 'incidents/i1.json',
    anomaly: 'anomalies/detector=shop/a0.json',
  });
  assert.deepEqual(alert.members, [
    {
      anomalyId: 'a0',
      detector: 'shop',
      entity: 'shop/payment-0',
      workload: 'payment',
      state: 'opened',
      start: '2026-11-23T09:00:00.000Z',
      end: null,
      summary: alert.summary,
      object: 'anomalies/detector=shop/a0.json',
    },
  ]);
  assert.deepEqual(parseAlert(JSON.stringify(alert)), alert);
  assert.doesNotMatch(renderAlert(alert).text, /Part of it/);
});

test('an outage of a workload says how wide it is, since when, and where to look first', () => {
  const alert = build(PODS);
  assert.equal(
    alert.summary,
    'payment, 20 of 24: first shop/payment-0: cpu 0.83 cores (usual 0.01–0.05) and 1 more, since 09:00 UTC, 6 min',
  );
  assert.equal(alert.start, '2026-11-23T09:00:00.000Z');
  assert.equal(alert.lastAnomalous, '2026-11-23T09:05:00.000Z');
  const { text, subject } = renderAlert(alert);
  assert.equal(
    subject,
    '[warning] payment, 20 of 24: first shop/payment-0: cpu 0.83 cores and 1 more, since 09:00 UTC',
  );
  assert.match(
    text,
    /Part of it, the probable cause first \(20, times UTC\):\n {2}09:00 {2}shop\/payment-0: /,
  );
  assert.match(
    text,
    /Next: look at shop\/payment-0 first, where it began: the 19 others came with it or after it\./,
  );
  const over = build(
    PODS.map((pod) => endOf(pod)),
    { state: 'resolved', sequence: 2 },
  );
  assert.equal(
    over.summary,
    'payment, 20 of 24: over at 09:06 UTC after 6 min; it was first shop/payment-0: cpu 0.83 cores (usual 0.01–0.05) and 1 more',
  );
  assert.equal(over.end, '2026-11-23T09:06:00.000Z');
  assert.doesNotMatch(renderAlert(over).text, /Next:/);
});

test('an entity that came back is no crowd', () => {
  const again = createChange({ anomalyId: 'b0', entity: 'shop/payment-0', start: NINE + 20 * MINUTE });
  const over = build([endOf(PODS[0]!), endOf(again)], { state: 'resolved', sequence: 2 });
  assert.equal(
    over.summary,
    'shop/payment-0: over at 09:23 UTC after 23 min; it was cpu 0.83 cores (usual 0.01–0.05) and 1 more',
  );
});

test('a cascade names the service that it began in, and how many more', () => {
  const members = ['database', 'orders', 'web'].map((name) =>
    createChange({ anomalyId: name, detector: name, workload: name, entity: name }),
  );
  assert.match(build(members).summary, /^database and 2 more: first database: cpu/);
  assert.equal(build(members).detector, 'database');
  assert.match(build([...members, ...PODS]).summary, /^database and 3 more, 23 entities: first database: /);
});

test('subscribers filter by every detector and entity that is part of it', () => {
  const members = ['database', 'orders'].map((name) =>
    createChange({ anomalyId: name, detector: name, workload: name, entity: `shop/${name}` }),
  );
  const { attributes } = renderAlert(build(members));
  assert.deepEqual(attributes.detector, ['database', 'orders']);
  assert.deepEqual(attributes.entity, ['shop/database', 'shop/orders']);
  assert.equal(renderAlert(build(members.slice(1))).attributes.entity, 'shop/orders');
});

test('each state has its sentence, also where the newest change of the anomaly was another', () => {
  const [pod] = PODS;
  const say = (over: Partial<Notification>, member = pod!): string => build([member], over).summary;
  assert.match(say({ state: 'escalated' }), /payment-0: more serious now, cpu .*, since 09:00 UTC$/);
  assert.match(
    say({ state: 'updated', isReminder: true }),
    /still open, cpu .*, since 2026-11-23 09:00 UTC$/,
  );
  assert.match(say({ state: 'opened' }, endOf(pod!)), /payment-0: cpu 0.83 .*, since 09:00 UTC, 3 min$/);
  assert.match(say({ state: 'settled' }, endOf(pod!)), /settled at a new level at 09:03 UTC after 3 min/);
  const digest = build(PODS.slice(0, 3), { state: 'digest', incidentId: 'digest-1' });
  assert.match(digest.summary, /^3 incidents over the budget of the day, .*; first shop\/payment-0: cpu/);
  assert.match(renderAlert(digest).subject, /^\[digest\] 3 incidents/);
  assert.match(renderAlert(digest).text, /What was not told of, most important first:/);
});

test('a thousand entities of sixteen metrics fit into a message, and the text stays short', () => {
  const many = Array.from({ length: 1000 }, (_, i) =>
    createChange({ anomalyId: `a${i}`, entity: `shop/payment-${i}-${'x'.repeat(200)}`, siblings: 1000 }),
  );
  const alert = build(many);
  assert.equal(alert.members?.length, MOST_MEMBERS);
  assert.equal(alert.membersLeftOut, 950);
  const rendered = renderAlert(alert);
  assert.ok(Buffer.byteLength(renderSnsMessage(rendered)) < 256 * 1024);
  assert.match(rendered.text, /and 980 more: see the incident's object/);
});

test('members are cut until the message fits, and what was cut is counted', () => {
  const long = PODS.map((pod) => ({
    ...pod,
    entity: `${pod.entity}-${'é'.repeat(2000)}`,
    workload: 'w'.repeat(2048),
  }));
  const rendered = renderAlert(build(long));
  assert.ok(Buffer.byteLength(renderSnsMessage(rendered)) < 256 * 1024);
  const parsed = parseAlert(rendered.body);
  assert.equal((parsed.members?.length ?? 0) + (parsed.membersLeftOut ?? 0), 20);
});
