/** What each service gets: its names, its limits, and which messages belong to one incident there. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Alert } from '../../../lib/alert/alert.ts';
import { toAlertmanagerAlerts } from '../../../lib/receivers/alertmanager.ts';
import { type OpsgenieAlert, toOpsgenieRequests } from '../../../lib/receivers/opsgenie.ts';
import { toPagerDutyEvent } from '../../../lib/receivers/pagerduty.ts';
import { toSlackMessage } from '../../../lib/receivers/slack.ts';
import { LARGEST_TEAMS_MESSAGE, type TeamsMessage, toTeamsMessage } from '../../../lib/receivers/teams.ts';
import { makeAlertExamples } from '../../../scripts/alert-examples.ts';
import { createAlert } from '../../helpers/alerts.ts';

const EXAMPLES = await makeAlertExamples();
const PAGE = 'incidents/20261123T090000Z-3f9a1c7e5d20.html';
const BUCKET = 'tidewatch-prod-123456789012-eu-west-1';
const PAGE_LINK = `https://eu-west-1.console.aws.amazon.com/s3/object/${BUCKET}?region=eu-west-1&prefix=${PAGE}`;
const NOW = Date.parse('2026-11-23T10:00:00Z');
const HOUR = 3_600_000;
const MOMENT = { now: NOW, openFor: HOUR };

/** As long and as strange as data allows: names come from dropped files. */
const HUGE: Alert = createAlert({
  summary: `<!channel> & ${'&'.repeat(10_000)}`,
  entity: 'e&'.repeat(5_000),
  targetService: 's'.repeat(5_000),
  incidentId: 'i'.repeat(300),
  labels: { long: 'l'.repeat(5_000), 'example.com/tier': '1', '9': 'nine', incident: 'mine', empty: '' },
  annotations: { runbook: 'https://w/1?a=<b>|c', note: 'no link', bad: 'https://' },
  members: Array.from({ length: 50 }, (_, i) => ({
    anomalyId: `a${i}`,
    detector: 'shop',
    entity: `e${i}`,
    workload: 'w',
    state: 'opened' as const,
    start: '2026-11-22T08:00:00.000Z',
    end: null,
    summary: '<&>'.repeat(1_000),
    object: 'anomalies/a.json',
  })),
  membersLeftOut: 7,
});

test('PagerDuty: trigger and resolve of one incident have one key, and a digest is none', () => {
  const actions = [...EXAMPLES].map(([name, alert]) => [name, toPagerDutyEvent(alert, 'key')?.event_action]);
  assert.deepEqual(Object.fromEntries(actions), {
    opened: 'trigger',
    escalated: 'trigger',
    updated: 'trigger',
    resolved: 'resolve',
    settled: 'resolve',
    retracted: 'resolve',
    digest: undefined,
    silence: 'trigger',
  });
  const [opened, resolved] = ['opened', 'resolved'].map((name) =>
    toPagerDutyEvent(EXAMPLES.get(name)!, 'key'),
  );
  const details = (event = opened): string[] => Object.keys(event?.payload.custom_details ?? {});
  assert.match(opened?.payload.custom_details['Page'] ?? '', /^s3:\/\/tidewatch-.*\.html$/);
  assert.match(opened?.payload.custom_details['A real fault'] ?? '', /^tidewatch verdict \S+ true --bucket /);
  assert.ok(
    details().includes('Quiet for 2 hours (what its detector finds in its workload, also pods that are new)'),
  );
  assert.ok(!details(resolved).some((name) => name.startsWith('Quiet')), 'nobody silences what is over');
  assert.equal(opened?.dedup_key, resolved?.dedup_key);
  assert.equal(opened?.routing_key, 'key');
  assert.equal(opened.payload.severity, 'warning');
  assert.equal(opened.payload.custom_details['team'], 'payments');
  assert.deepEqual(opened.links, [
    { href: PAGE_LINK, text: 'page of the incident' },
    { href: 'https://grafana.example.com/d/payment', text: 'dashboard' },
    { href: 'https://wiki.example.com/runbooks/payment', text: 'runbook' },
  ]);
});

test('PagerDuty: lengths are kept', () => {
  const event = toPagerDutyEvent(HUGE, 'key');
  assert.equal(event?.payload.summary.length, 1024);
  assert.ok(event.payload.summary.endsWith('…'));
  assert.equal(event.dedup_key.length, 255);
  for (const field of [
    event.payload.source,
    event.payload.component,
    event.payload.group,
    event.payload.custom_details['long']!,
  ])
    assert.ok(field.length <= 1024);
  assert.deepEqual(
    event.links.map(({ text }) => text),
    ['runbook'],
  );
});

test('Slack: a header, the summary, the facts, who else, and links', () => {
  const { text, blocks } = toSlackMessage(EXAMPLES.get('escalated')!);
  assert.match(text, /^payment, now 3 of 4 pods: more serious, cpu/);
  assert.deepEqual(
    blocks.map(({ type }) => type),
    ['header', 'section', 'section', 'section', 'section', 'context'],
  );
  assert.match(JSON.stringify(blocks), /\[escalated\] critical: payment/);
  assert.match(JSON.stringify(blocks), /<https:\/\/grafana\.example\.com\/d\/payment\|dashboard>/);
  assert.equal(toSlackMessage(EXAMPLES.get('silence')!).blocks.length, 5);
  const shown = JSON.stringify(blocks);
  assert.ok(shown.includes(`<${PAGE_LINK.replaceAll('&', '&amp;')}|page of the incident>`), shown);
  assert.match(shown, /A false alarm: `tidewatch verdict 20261123T090000Z-3f9a1c7e5d20 false --bucket /);
  const digest = JSON.stringify(toSlackMessage(EXAMPLES.get('digest')!));
  assert.doesNotMatch(digest, /tidewatch verdict|page of the incident/);
});

test('Slack: lengths are kept, and nothing in a text pings a channel', () => {
  const message = toSlackMessage(HUGE);
  const texts = message.blocks.flatMap((block): { text: string; most: number }[] => {
    if (block.type === 'header') return [{ ...block.text, most: 150 }];
    if (block.type === 'context') return block.elements.map(({ text }) => ({ text, most: 3000 }));
    if ('fields' in block) return block.fields.map(({ text }) => ({ text, most: 2000 }));
    return [{ ...block.text, most: 3000 }];
  });
  for (const { text, most } of texts) assert.ok(text.length <= most, `${text.length} of ${most}`);
  assert.ok(!JSON.stringify(message).includes('<!channel>'));
  assert.match(JSON.stringify(message), /and 47 more/);
  assert.match(JSON.stringify(message), /<https:\/\/w\/1\?a=%3Cb%3E%7Cc\|runbook>/);
});

test('Alertmanager: labels identify the incident, and endsAt says whether it is open', () => {
  const [opened] = toAlertmanagerAlerts(EXAMPLES.get('opened')!, MOMENT);
  assert.deepEqual(opened?.labels, {
    team: 'payments',
    alertname: 'TidewatchIncident',
    incident: '20261123T090000Z-3f9a1c7e5d20',
    severity: 'warning',
    detector: 'payment',
    service: 'payment',
    namespace: 'shop',
    workload: 'payment',
  });
  assert.equal(opened.startsAt, '2026-11-23T09:00:00.000Z');
  assert.equal(opened.endsAt, '2026-11-23T11:00:00.000Z');
  assert.equal(opened.generatorURL, PAGE_LINK);
  assert.equal(opened.annotations['page'], `s3://${BUCKET}/${PAGE}`);
  assert.equal(opened.annotations['runbook'], 'https://wiki.example.com/runbooks/payment');
  const resolved = toAlertmanagerAlerts(EXAMPLES.get('resolved')!, MOMENT).at(-1);
  assert.equal(resolved?.endsAt, '2026-11-23T09:19:00.000Z');
  // One whose end lies ahead, by a clock that runs behind, is over now.
  const early = { ...MOMENT, now: Date.parse('2026-11-23T09:05:00Z') };
  assert.equal(
    toAlertmanagerAlerts(EXAMPLES.get('resolved')!, early).at(-1)?.endsAt,
    '2026-11-23T09:05:00.000Z',
  );
  assert.deepEqual(toAlertmanagerAlerts(EXAMPLES.get('digest')!, MOMENT), []);
});

test('Alertmanager: the labels are the same in every message, whoever is the culprit by then', () => {
  const opened = EXAMPLES.get('opened')!;
  const later = {
    ...opened,
    detector: 'orders',
    targetService: null,
    labels: { team: 'orders' },
    entity: 'x',
  };
  const labelsOf = (alert: Alert): unknown => toAlertmanagerAlerts(alert, MOMENT).at(-1)?.labels;
  assert.deepEqual(labelsOf({ ...later, state: 'updated' }), labelsOf(opened));
  const { firstCulprit: _, ...old } = opened;
  assert.deepEqual(labelsOf(old), {
    team: 'payments',
    alertname: 'TidewatchIncident',
    incident: opened.incidentId,
    severity: 'warning',
    detector: 'payment',
    service: 'payment',
  });
});

test("Alertmanager: a manifest's namespace stands where the entity names none", () => {
  const given = {
    detector: 'shop',
    workload: 'payment',
    labels: { namespace: 'prod', workload: 'other', service: 'pay' },
  };
  const [alert] = toAlertmanagerAlerts(createAlert({ firstCulprit: given }), MOMENT);
  assert.equal(alert?.labels['namespace'], 'prod');
  assert.equal(alert.labels['service'], 'pay');
  assert.equal(alert.labels['workload'], 'payment');
});

test('Alertmanager: what was less severe ends where it rises', () => {
  const alerts = toAlertmanagerAlerts(EXAMPLES.get('escalated')!, MOMENT);
  assert.deepEqual(
    alerts.map(({ labels, endsAt }) => [labels['severity'], endsAt]),
    [
      ['info', '2026-11-23T10:00:00.000Z'],
      ['warning', '2026-11-23T10:00:00.000Z'],
      ['critical', '2026-11-23T11:00:00.000Z'],
    ],
  );
});

test('Alertmanager: an end is one of every severity that was, whatever steps were told', () => {
  const alerts = toAlertmanagerAlerts({ ...EXAMPLES.get('resolved')!, severity: 'critical' }, MOMENT);
  assert.deepEqual(
    alerts.map(({ labels }) => labels['severity']),
    ['info', 'warning', 'critical'],
  );
  for (const { endsAt } of alerts) assert.ok(Date.parse(endsAt) <= MOMENT.now, endsAt);
});

test("Alertmanager: a manifest's labels get names that it takes, and none replaces ours", () => {
  const [alert] = toAlertmanagerAlerts(HUGE, MOMENT);
  assert.equal(alert?.labels['example_com_tier'], '1');
  assert.equal(alert.labels['_9'], 'nine');
  assert.equal(alert.labels['incident'], HUGE.incidentId);
  assert.equal('empty' in alert.labels, false);
});

test('Opsgenie: an alert under the name of the incident, notes on it, a higher priority, and its end', () => {
  const requests = [...EXAMPLES].map(([name, alert]) => [
    name,
    toOpsgenieRequests(alert).map(({ method, path }) => `${method} ${path}`),
  ]);
  const alias = '/v2/alerts/20261123T090000Z-3f9a1c7e5d20';
  assert.deepEqual(Object.fromEntries(requests), {
    opened: ['POST /v2/alerts'],
    escalated: [`PUT ${alias}/priority?identifierType=alias`, `POST ${alias}/notes?identifierType=alias`],
    updated: [`POST ${alias}/notes?identifierType=alias`],
    resolved: [`POST ${alias}/close?identifierType=alias`],
    settled: [`POST ${alias}/close?identifierType=alias`],
    retracted: [`POST ${alias}/close?identifierType=alias`],
    digest: [],
    silence: ['POST /v2/alerts'],
  });
  for (const state of ['updated', 'escalated'] as const) {
    const back = toOpsgenieRequests({ ...EXAMPLES.get(state)!, isBack: true });
    assert.deepEqual(
      back.map(({ method, path }) => `${method} ${path}`),
      ['POST /v2/alerts'],
      'the one that is closed wakes nobody',
    );
  }
  const opened = opsgenieAlert(EXAMPLES.get('opened')!);
  assert.equal(opened.alias, '20261123T090000Z-3f9a1c7e5d20');
  assert.match(opened.message, /^shop\/payment-5ff676694b-fzj9z: cpu 0\.58/);
  assert.equal(opened.priority, 'P3');
  assert.deepEqual(opened.tags, ['team=payments']);
  assert.equal(opened.details['Service'], 'payment');
  assert.ok(opened.description.split('\n').includes(`page of the incident: ${PAGE_LINK}`));
  assert.match(opened.description, /^A false alarm: tidewatch verdict \S+ false --bucket /m);
  const [priority, note] = toOpsgenieRequests(EXAMPLES.get('escalated')!);
  assert.deepEqual(priority?.body, { priority: 'P1' });
  assert.deepEqual(note?.body, { note: EXAMPLES.get('escalated')?.summary, source: 'Tidewatch' });
});

test('Opsgenie: lengths are kept, no text is HTML, and an alias is one part of a path', () => {
  const alert = opsgenieAlert({ ...HUGE, labels: { ...HUGE.labels, list: 'a,b', html: '<b>' } });
  assert.equal(alert.message.length, 130);
  assert.equal(alert.alias, 'i'.repeat(300));
  assert.ok(alert.description.length <= 15_000);
  assert.equal(alert.entity.length, 512);
  assert.ok(alert.tags.every((tag) => tag.length <= 50));
  assert.ok(alert.tags.includes('list=a b'));
  const details = Object.entries(alert.details).flat();
  assert.ok(details.join('').length <= 8000);
  assert.equal(alert.details['html'], '‹b›');
  for (const text of [alert.message, alert.description, alert.entity, ...alert.tags, ...details])
    assert.doesNotMatch(text, /[<>]/);
  assert.match(alert.message, /^‹!channel› & &/);
  const [close] = toOpsgenieRequests({ ...HUGE, state: 'resolved', incidentId: '../x?a=b' });
  assert.equal(close?.path, '/v2/alerts/..%2Fx%3Fa%3Db/close?identifierType=alias');
  const many = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`name${i}`, 'v'.repeat(900)]));
  const crowded = opsgenieAlert({ ...HUGE, labels: many });
  assert.equal(crowded.tags.length, 20);
  assert.ok(Object.entries(crowded.details).flat().join('').length <= 8000);
});

test('Teams: a card with the summary, the facts, who else, commands and links', () => {
  const lines = linesOf(toTeamsMessage(EXAMPLES.get('escalated')!));
  assert.equal(lines[0], '[escalated] critical: payment');
  assert.match(lines[1] ?? '', /^payment, now 3 of 4 pods: more serious, cpu/);
  assert.ok(lines.includes('Severity: critical'));
  assert.equal(lines.filter((line) => line.startsWith('• ')).length, 3);
  assert.ok(lines.some((line) => /^A false alarm: tidewatch verdict \S+ false --bucket /.test(line)));
  const message = toTeamsMessage(EXAMPLES.get('escalated')!);
  assert.equal(message.type, 'message');
  const [{ contentType, content }] = message.attachments;
  assert.equal(contentType, 'application/vnd.microsoft.card.adaptive');
  assert.equal(content.type, 'AdaptiveCard');
  assert.deepEqual(content.actions, [
    { type: 'Action.OpenUrl', title: 'page of the incident', url: PAGE_LINK },
    { type: 'Action.OpenUrl', title: 'dashboard', url: 'https://grafana.example.com/d/payment' },
    { type: 'Action.OpenUrl', title: 'runbook', url: 'https://wiki.example.com/runbooks/payment' },
  ]);
  assert.deepEqual(
    linesOf(toTeamsMessage(EXAMPLES.get('silence')!)).filter((line) => line.startsWith('•')),
    [],
    'of one anomaly the summary says it all',
  );
  assert.doesNotMatch(JSON.stringify(toTeamsMessage(EXAMPLES.get('digest')!)), /tidewatch verdict/);
});

test('Teams: a message has less than 28 KB whatever the incident, and what is foreign stands in plain runs', () => {
  const wide = (text: string): Alert => ({
    ...HUGE,
    summary: text.repeat(5000),
    entity: text.repeat(5000),
    targetService: text.repeat(5000),
    detector: text.repeat(5000),
    objects: { ...HUGE.objects, incident: text.repeat(5000) },
    annotations: Object.fromEntries(
      Array.from({ length: 20 }, (_, i) => [`${text}${i}`, `https://w/${'p'.repeat(980)}`]),
    ),
    members: HUGE.members!.map((member) => ({ ...member, entity: text, summary: text.repeat(400) })),
  });
  for (const text of ['x', '"', '\\', '語', '😀', '&']) {
    const size = Buffer.byteLength(JSON.stringify(toTeamsMessage(wide(text))));
    assert.ok(size <= LARGEST_TEAMS_MESSAGE, `${size} bytes of ${text}`);
  }
  assert.ok(linesOf(toTeamsMessage(HUGE)).includes('and 47 more'));
  const few = linesOf(toTeamsMessage(wide('語'))).filter((line) => line.startsWith('• '));
  assert.ok(few.length < 10, 'members give way first');
  const marked = toTeamsMessage({ ...HUGE, summary: '[click](https://evil) **now**' });
  assert.deepEqual(
    new Set(marked.attachments[0].content.body.map(({ type }) => type)),
    new Set(['RichTextBlock']),
    'which reads no Markdown',
  );
  assert.equal(linesOf(marked)[1], '[click](https://evil) **now**');
});

function opsgenieAlert(alert: Alert): OpsgenieAlert {
  const [request] = toOpsgenieRequests(alert);
  assert.ok(request !== undefined && 'alias' in request.body);
  return request.body;
}

function linesOf(message: TeamsMessage): string[] {
  return message.attachments[0].content.body.map(({ inlines }) => inlines.map(({ text }) => text).join(''));
}
