import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Alert, DescribedAnomaly } from '../../../lib/alert/alert.ts';
import { buildIncidentAlert, MOST_MEMBERS } from '../../../lib/alert/build-incident-alert.ts';
import { parseAlert } from '../../../lib/alert/parse-alert.ts';
import { renderAlert, renderSnsMessage } from '../../../lib/alert/render.ts';
import { summarizeDigest } from '../../../lib/alert/summarize-incident.ts';
import type { Incident, Member, Notification } from '../../../lib/incident/contract.ts';
import { createAlert, createAnomaly } from '../../helpers/alerts.ts';
import { createChange, endOf, MINUTE, NINE } from '../../helpers/anomalies.ts';

const KEYS = {
  incident: (id: string) => `incidents/${id}.json`,
  anomaly: (detector: string, id: string) => `anomalies/detector=${detector}/${id}.json`,
  page: (id: string) => `incidents/${id}.html`,
};
const REASONS: Alert['reasons'] = [
  { metric: 'cpu', share: 0.8, value: 0.83, unit: 'cores', usualLow: 0.01, usualHigh: 0.05, usual: 0.03 },
  { metric: 'memory', share: 0.2, value: 9, usualLow: 1, usualHigh: 4, usual: 2 },
];

function createIncident(id: string, members: readonly Member[]): Incident {
  return {
    id,
    members,
    firstSeen: NINE,
    status: 'held',
    severity: 'warning',
    sequence: 0,
    isWorse: false,
    flaps: 0,
  };
}

/** @param known all anomalies of which something is known */
function build(
  members: readonly Member[],
  over: Partial<Notification> = {},
  lead: Partial<DescribedAnomaly> = {},
  known: readonly Member[] = members,
): Alert {
  return buildIncidentAlert({
    notification: { state: 'opened', incidentId: 'i1', sequence: 1, severity: 'warning', members, ...over },
    anomalyOf: (anomalyId) => {
      const { entity, detector, state } = known.find((member) => member.anomalyId === anomalyId)!;
      return createAnomaly({
        anomalyId: anomalyId,
        entity,
        detector,
        state,
        summary: `${entity}: cpu 0.83 cores (usual 0.01–0.05), since 09:00 UTC, 3 min`,
        reasons: REASONS,
        ...lead,
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
    namespace: 'shop',
    start: NINE + (i % 4) * MINUTE,
  }),
);

test('the culprit of the first message is in each, with what its namespace and its manifest are called', () => {
  const [first, other] = PODS;
  const second = { ...other!, start: NINE - MINUTE, targetService: 'payment' };
  const alert = build([second, first!], { firstCulprit: first!.anomalyId }, { labels: { team: 'shop' } });
  assert.equal(alert.entity, 'shop/payment-1');
  const known = { detector: 'shop', namespace: 'shop', workload: first!.workload, labels: { team: 'shop' } };
  assert.deepEqual(alert.firstCulprit, known);
  assert.deepEqual(parseAlert(JSON.stringify(alert)).firstCulprit, known);
  // Of an incident from before it was kept: that of this message.
  assert.deepEqual(build([second, first!]).firstCulprit, {
    detector: 'shop',
    targetService: 'payment',
    namespace: 'shop',
    workload: second.workload,
  });
});

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
    page: 'incidents/i1.html',
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
    'payment, 20 of 24 pods: cpu 0.83 cores (usual 0.01–0.05) and 1 more metric, first in shop/payment-0, since 09:00 UTC, 6 min',
  );
  assert.equal(alert.start, '2026-11-23T09:00:00.000Z');
  assert.equal(alert.lastAnomalous, '2026-11-23T09:05:00.000Z');
  const { text, subject } = renderAlert(alert);
  assert.equal(
    subject,
    '[warning] payment, 20 of 24 pods: cpu 0.83 cores, first in shop/payment-0, since 09:00 UTC',
  );
  assert.match(
    text,
    /Part of it, the probable cause first \(20, times UTC\):\n {2}09:00 {2}shop\/payment-0: /,
  );
  assert.match(
    text,
    /Next: look at shop\/payment-0 first, where it began: the 19 others came with it, after it, or depend on it\./,
  );
  assert.match(
    renderAlert(build(PODS.slice(0, 2))).text,
    /Next: look at shop\/payment-0 first, where it began: the other came with it, after it, or depends on it\./,
  );
  const over = build(
    PODS.map((pod) => endOf(pod)),
    { state: 'resolved', sequence: 2 },
  );
  assert.equal(
    over.summary,
    'payment, 20 of 24 pods: over at 09:06 UTC after 6 min; it was cpu 0.83 cores (usual 0.01–0.05) and 1 more metric, first in shop/payment-0',
  );
  assert.equal(over.end, '2026-11-23T09:06:00.000Z');
  assert.match(renderAlert(over).text, /^Next: nothing that cannot wait\./m);
});

test('an entity that came back is no crowd', () => {
  const again = createChange({ anomalyId: 'b0', entity: 'shop/payment-0', start: NINE + 20 * MINUTE });
  const over = build([endOf(PODS[0]!), endOf(again)], { state: 'resolved', sequence: 2 });
  assert.equal(
    over.summary,
    'shop/payment-0: over at 09:23 UTC after 23 min; it was cpu 0.83 cores (usual 0.01–0.05) and 1 more metric',
  );
});

test('once it is told of again, it is told as far as it went', () => {
  const worst = {
    metric: 'cpu',
    value: 2.6,
    at: '2026-11-23T09:02:00.000Z',
    unit: 'cores',
    usualLow: 0.01,
    usualHigh: 0.05,
    usual: 0.03,
  } as const;
  const [pod] = PODS;
  const say = (over: Partial<Notification>, member = pod!, of: Alert['worst'] = worst): string =>
    build([member], over, { worst: of }).summary;
  // One that came back, so that the sentence is not the anomaly's own.
  const sayOver = (of: Alert['worst']): string =>
    build(
      [endOf(pod!), endOf(createChange({ ...pod!, anomalyId: 'b0' }))],
      { state: 'resolved' },
      { worst: of },
    ).summary;
  assert.match(
    sayOver(worst),
    /after 3 min; it was cpu up to 2.6 cores \(usual 0.01–0.05\) and 1 more metric$/,
  );
  assert.match(say({ state: 'escalated' }), /more serious now, cpu up to 2.6 cores/);
  assert.match(say({ state: 'updated', isReminder: true }), /still open, cpu up to 2.6 cores/);
  assert.match(say({ state: 'settled' }), /it began with cpu 0.83 cores/);
  assert.match(say({ state: 'opened' }, endOf(pod!)), /payment-0: cpu 0.83 cores/);
  const down = { ...worst, value: -2.6 };
  assert.match(sayOver(down), /it was cpu down to -2.6 cores/);
  assert.match(sayOver({ ...worst, value: 0.84 }), /it was cpu 0.83 cores/);
  const crowd = build(
    PODS.map((each) => endOf(each)),
    { state: 'resolved' },
    { worst },
  );
  assert.match(crowd.summary, /20 of 24 pods: over .*; it was cpu up to 2.6 cores .*, first in /);
});

test('of an entity that came back, the farthest of all times is told', () => {
  const again = createChange({ anomalyId: 'b0', entity: 'shop/payment-0', start: NINE + 20 * MINUTE });
  const other = createChange({ anomalyId: 'c0', entity: 'shop/payment-1', start: NINE + 20 * MINUTE });
  const members = [PODS[0]!, again, other].map((each) => endOf(each));
  const worstOf: Readonly<Record<string, number>> = { [PODS[0]!.anomalyId]: 2, b0: 3, c0: 4 };
  const alert = buildIncidentAlert({
    notification: { state: 'resolved', incidentId: 'i1', sequence: 2, severity: 'warning', members },
    anomalyOf: (anomalyId) => {
      const { entity } = members.find((member) => member.anomalyId === anomalyId)!;
      const value = worstOf[anomalyId]!;
      const at = '2026-11-23T09:02:00.000Z';
      const worst = { metric: 'cpu', value, at, usualLow: 0.01, usualHigh: 0.05, usual: 0.03 };
      return createAnomaly({ anomalyId: anomalyId, entity, reasons: REASONS, worst });
    },
    keys: KEYS,
  });
  assert.equal(alert.worst?.value, 3);
});

test('of many that get worse, the one that went farthest is told, whoever it began in', () => {
  const worstOf: Readonly<Record<string, number>> = { [PODS[0]!.anomalyId]: 2, [PODS[3]!.anomalyId]: 4 };
  const say = (news: Notification['news']): string =>
    buildIncidentAlert({
      notification: {
        state: 'updated',
        incidentId: 'i1',
        sequence: 2,
        severity: 'warning',
        members: PODS,
        news,
      },
      anomalyOf: (anomalyId) => {
        const { entity } = PODS.find((member) => member.anomalyId === anomalyId)!;
        const value = worstOf[anomalyId];
        const at = '2026-11-23T09:02:00.000Z';
        return createAnomaly({
          anomalyId: anomalyId,
          entity,
          reasons: REASONS,
          ...(value !== undefined && {
            worst: { metric: 'cpu', value, at, usualLow: 0.01, usualHigh: 0.05, usual: 0.03 },
          }),
        });
      },
      keys: KEYS,
    }).summary;
  assert.match(say(['farther']), /20 of 24 pods: getting worse, cpu up to 4 /);
  assert.match(say(['wider']), /now 20 of 24 pods: cpu up to 4 .* in payment-3, first in /);
});

test('a cascade names the service that it began in, and how many more', () => {
  const members = ['database', 'orders', 'web'].map((name) =>
    createChange({ anomalyId: name, detector: name, workload: name, entity: name }),
  );
  assert.match(build(members).summary, /^database, orders and web: cpu .*, first in database, since /);
  assert.equal(build(members).detector, 'database');
  assert.match(build([...members, ...PODS]).summary, /^database and 3 more workloads, 23 entities: cpu /);
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
    say({ state: 'escalated', news: ['longer'] }),
    /payment-0: more serious now, open for over 30 min, cpu .*, since 09:00 UTC$/,
  );
  assert.match(
    say({ state: 'escalated', news: ['farther'] }),
    /payment-0: more serious now, farther out, cpu .*, since 09:00 UTC$/,
  );
  assert.match(
    say({ state: 'updated', isReminder: true }),
    /still open, cpu .*, since 2026-11-23 09:00 UTC$/,
  );
  assert.match(
    say({ state: 'updated', backSince: NINE }),
    /payment-0: there again, cpu .*, since 09:00 UTC, 3 min$/,
  );
  assert.match(say({ state: 'opened' }, endOf(pod!)), /payment-0: cpu 0.83 .*, since 09:00 UTC, 3 min$/);
  assert.match(say({ state: 'settled' }, endOf(pod!)), /settled at a new level at 09:03 UTC after 3 min/);
});

test('what came to be of more says of how many it is now, and calls no number worse that is not', () => {
  const say = (members: readonly Member[], over: Partial<Notification>): string =>
    build(members, over).summary;
  const wider: Partial<Notification> = { state: 'updated', news: ['wider'] };
  assert.match(say(PODS, wider), /^payment, now 20 of 24 pods: cpu 0.83 cores/);
  assert.match(
    say(PODS, { ...wider, news: ['wider', 'farther'] }),
    /^payment, now 20 of 24 pods: getting worse, cpu/,
  );
  assert.match(say(PODS, { ...wider, news: ['farther'] }), /^payment, 20 of 24 pods: getting worse, cpu/);
  assert.match(say(PODS, { ...wider, state: 'escalated' }), /^payment, now 20 of 24 pods: more serious, cpu/);
  const services = ['database', 'orders'].map((name) =>
    createChange({ anomalyId: name, workload: name, entity: name }),
  );
  assert.match(say(services, wider), /^now database and orders: cpu/);
  assert.match(say([...services, ...PODS], wider), /^database, orders and payment, now 22 entities: cpu/);
});

test('what is there again is told by what it is now, and since when', () => {
  const [pod] = PODS;
  const backSince = NINE + 30 * MINUTE;
  const other = createChange({ ...pod!, anomalyId: 'disks', detector: 'disks', start: backSince });
  const back = createChange({
    ...pod!,
    anomalyId: 'later',
    start: backSince,
    lastAnomalous: NINE + 33 * MINUTE,
  });
  const members = [endOf(pod!), other, back];
  const alert = build(members, { state: 'updated', backSince });
  assert.match(renderAlert(alert).text, /first, where it began: the other came with it/, 'by entity');
  assert.match(
    alert.summary,
    /^shop\/payment-0, found by 2 detectors: there again, .*, since 09:30 UTC, 4 min$/,
  );
  assert.equal(alert.isBack, true);
  assert.equal(build(members, { state: 'resolved' }).isBack, undefined);
  // Its own, of the detector by which receivers know the incident; which began when it began.
  assert.equal(alert.objects.anomaly, 'anomalies/detector=shop/later.json');
  assert.equal(alert.start, '2026-11-23T09:00:00.000Z');
  // Of no detector that receivers know it by: the culprit tells.
  const stranger = build([endOf(pod!), other], { state: 'updated', backSince });
  assert.equal(stranger.detector, 'shop');
});

test('an entity that two detectors find is one, and what is missing of many is named', () => {
  const [pod] = PODS;
  const twice = [pod!, { ...pod!, anomalyId: 'b', detector: 'disks' }];
  assert.match(
    build(twice).summary,
    /^shop\/payment-0, found by 2 detectors: cpu 0.83 cores .*, since 09:00/,
  );
  const silence = { metrics: [], lastHeard: '2026-11-23T08:59:00.000Z', cameLate: false };
  const gone = (kind: 'entity' | 'late', over: Partial<Notification> = {}): string =>
    build(PODS, over, { reasons: [], by: 'silence', silence: { kind, ...silence } }).summary;
  assert.match(
    gone('entity'),
    /^payment, 20 of 24 pods: no data since 09:00 UTC, 6 min, first in shop\/payment-0$/,
  );
  assert.match(
    gone('entity', { state: 'resolved' }),
    /pods: back at 09:06 UTC after 6 min without data, first in /,
  );
  assert.match(
    gone('entity', { state: 'updated', backSince: NINE }),
    /pods: no data again, since 09:00 UTC, 6 min, first in /,
  );
  assert.match(gone('late', { state: 'resolved' }), /pods: data comes in time again, .*, first in /);
  const nextOf = (kind: 'entity' | 'source' | 'late', members = PODS): string | undefined => {
    const silent = build(members, {}, { reasons: [], by: 'silence', silence: { kind, ...silence } });
    return /^Next: .*$/m.exec(renderAlert(silent).text)?.[0];
  };
  assert.match(nextOf('entity') ?? '', /^Next: see whether they still run, shop\/payment-0 first, and/);
  assert.equal(
    nextOf('source', [{ ...pod!, entity: '' }]),
    'Next: see whether the source of shop still answers, or drops its files: nothing came, of any entity. Exports that fail say why in their log.',
  );
  assert.equal(
    nextOf('late', [{ ...pod!, entity: '' }]),
    'Next: see what holds up the data of shop: it comes, but too late to be watched in time.',
  );
  const scored = build(PODS, {}, { reasons: [] }).summary;
  assert.match(scored, /^payment, 20 of 24 pods: score 0.81 \(alerts from 0.62\), first in /);
});

test('a digest says of each incident how wide it was and what became of it, by its id', () => {
  const digested = [
    createIncident('i1', PODS),
    createIncident('i2', [endOf(createChange({ anomalyId: 'c0', entity: 'shop/cart-0' }))]),
  ];
  const culprits = digested.map(({ members }) => members[0]!);
  const digest = build(
    culprits,
    { state: 'digest', incidentId: 'digest-1', digested },
    {},
    digested.flatMap(({ members }) => members),
  );
  assert.deepEqual(
    digest.members?.map(({ incidentId, anomalyId, state, end, summary }) => [
      incidentId,
      anomalyId,
      state,
      end,
      summary.replace(/cpu .* metric/, 'cpu'),
    ]),
    [
      [
        'i1',
        'a0',
        'opened',
        null,
        'payment, 20 of 24 pods: still open, cpu, first in shop/payment-0, since 2026-11-23 09:00 UTC',
      ],
      [
        'i2',
        'c0',
        'resolved',
        '2026-11-23T09:03:00.000Z',
        // As its own newest alert has it.
        'shop/cart-0: cpu 0.83 cores (usual 0.01–0.05), since 09:00 UTC, 3 min',
      ],
    ],
  );
  assert.match(
    digest.summary,
    /^2 incidents over the day's budget, the most important: payment, 20 of 24 pods/,
  );
  const own = digested.map((incident) => ({ ...incident, ownDigestDue: NINE }));
  assert.match(
    summarizeDigest(own, 'payment: x'),
    /^2 incidents since the last digest, the most important: payment: x$/,
  );
  const { text, subject } = renderAlert(digest);
  assert.match(subject, /^\[digest\] 2 incidents/);
  assert.match(
    text,
    /What was not told of, the most important first:\n {2}payment, .*\n {4}tidewatch incidents show i1\n/,
  );
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

test('what moved with the culprit is cut with the rest, and the message fits', () => {
  const related = Array.from({ length: 8 }, (_, i) => ({
    detector: 'shop',
    entity: `shop/web-${i}-${'é'.repeat(20_000)}`,
    metric: 'cpu',
    correlation: i === 1 ? -0.9 : 0.9,
  }));
  const rendered = renderAlert(build(PODS, {}, { related }));
  assert.ok(Buffer.byteLength(renderSnsMessage(rendered)) < 256 * 1024);
  const kept = parseAlert(rendered.body).related!;
  assert.ok(kept.length >= 1 && kept.length < 8);
  const short = build(PODS, {}, { related: related.map((each, i) => ({ ...each, entity: `web-${i}` })) });
  assert.equal(short.related?.length, 8);
  const { text } = renderAlert(short);
  assert.match(
    text,
    /What moved with it, by correlation:\n {2}\+0\.90 {2}web-0 cpu\n {2}-0\.90 {2}web-1 cpu\n/,
  );
  assert.doesNotMatch(text, /web-5 cpu/);
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

test('rollouts of all members are told, each once, oldest first, and in the text', () => {
  const rollout = (workload: string, minute: string) => ({
    workload,
    at: `2026-11-23T08:${minute}:00.000Z`,
    from: '6d4cf56db6',
    to: '7f9cb5c8d6',
  });
  const members = PODS.slice(0, 2);
  const own = [[rollout('shop/cart', '50')], [rollout('shop/checkout', '45'), rollout('shop/cart', '50')]];
  const told = (over: Partial<Notification>): Alert =>
    buildIncidentAlert({
      notification: { state: 'opened', incidentId: 'i1', sequence: 1, severity: 'warning', members, ...over },
      anomalyOf: (id) => createAnomaly({ anomalyId: id, rollouts: own[Number(id.slice(1))]! }),
      keys: KEYS,
    });
  const alert = told({});
  assert.deepEqual(alert.rollouts, [rollout('shop/checkout', '45'), rollout('shop/cart', '50')]);
  assert.match(
    renderAlert(alert).text,
    /^Rolled out: shop\/checkout at 2026-11-23 08:45:00 UTC \(6d4cf56db6 to 7f9cb5c8d6\), shop\/cart at /m,
  );
  const agent = { ...rollout('shop/agent', '50'), kind: 'DaemonSet', from: '4', to: '5' } as const;
  const { text } = renderAlert({ ...alert, rollouts: [agent] });
  assert.match(text, /^Rolled out: shop\/agent at 2026-11-23 08:50:00 UTC \(generation 4 to 5\)$/m);
  const digest = told({ state: 'digest', digested: [createIncident('i1', members)] });
  assert.deepEqual(digest.rollouts, own[0]);
  assert.equal(build(members).rollouts, undefined);
});
