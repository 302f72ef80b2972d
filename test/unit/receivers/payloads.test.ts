/** What each service gets: its names, its limits, and which messages belong to one incident there. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Alert } from '../../../lib/alert/alert.ts';
import { toAlertmanagerAlerts } from '../../../lib/receivers/alertmanager.ts';
import { toPagerDutyEvent } from '../../../lib/receivers/pagerduty.ts';
import { toSlackMessage } from '../../../lib/receivers/slack.ts';
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
    digest: undefined,
    silence: 'trigger',
  });
  const [opened, resolved] = ['opened', 'resolved'].map((name) =>
    toPagerDutyEvent(EXAMPLES.get(name)!, 'key'),
  );
  const details = (event = opened): string[] => Object.keys(event?.payload.custom_details ?? {});
  assert.match(opened?.payload.custom_details['Page'] ?? '', /^s3:\/\/tidewatch-.*\.html$/);
  assert.match(opened?.payload.custom_details['A real fault'] ?? '', /^tidewatch verdict \S+ true --bucket /);
  assert.ok(details().includes('Quiet for 2 hours'));
  assert.ok(!details(resolved).includes('Quiet for 2 hours'), 'nobody silences what is over');
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
  assert.match(text, /^payment, 3 of 4 pods: more serious now, cpu/);
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
  assert.match(JSON.stringify(message), /<https:\/\/w\/1\?a=&lt;b&gt;%7Cc\|runbook>/);
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
  });
  assert.equal(opened.startsAt, '2026-11-23T09:00:00.000Z');
  assert.equal(opened.endsAt, '2026-11-23T11:00:00.000Z');
  assert.equal(opened.generatorURL, PAGE_LINK);
  assert.equal(opened.annotations['page'], `s3://${BUCKET}/${PAGE}`);
  assert.equal(opened.annotations['runbook'], 'https://wiki.example.com/runbooks/payment');
  const [resolved] = toAlertmanagerAlerts(EXAMPLES.get('resolved')!, MOMENT);
  assert.equal(resolved?.endsAt, '2026-11-23T09:19:00.000Z');
  // One whose end lies ahead, by a clock that runs behind, is over now.
  const early = { ...MOMENT, now: Date.parse('2026-11-23T09:05:00Z') };
  assert.equal(toAlertmanagerAlerts(EXAMPLES.get('resolved')!, early)[0]?.endsAt, '2026-11-23T09:05:00.000Z');
  assert.deepEqual(toAlertmanagerAlerts(EXAMPLES.get('digest')!, MOMENT), []);
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

test("Alertmanager: a manifest's labels get names that it takes, and none replaces ours", () => {
  const [alert] = toAlertmanagerAlerts(HUGE, MOMENT);
  assert.equal(alert?.labels['example_com_tier'], '1');
  assert.equal(alert.labels['_9'], 'nine');
  assert.equal(alert.labels['incident'], HUGE.incidentId);
  assert.equal('empty' in alert.labels, false);
});
