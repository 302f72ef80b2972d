import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Alert } from '../../../lib/alert/alert.ts';
import { parseAlert } from '../../../lib/alert/parse-alert.ts';
import { PublishRejectedError } from '../../../lib/alert/publisher.ts';
import { renderAlert, renderSnsMessage } from '../../../lib/alert/render.ts';
import { createAlert } from '../../helpers/alerts.ts';

const LIMIT = 256 * 1024;

const ALERT: Alert = createAlert({
  notificationId: '20261122T143200Z-0123456789ab-0001',
  entity: 'shop/payment',
  summary: 'shop/payment: cpu 0.83 cores (usual 0.01–0.05) and 1 more, since 14:32 UTC, 6 min',
  reasons: [
    { metric: 'cpu', share: 0.604, value: 0.83, unit: 'cores', usualLow: 0.01, usualHigh: 0.05, usual: 0.03 },
    {
      metric: 'memory_bytes',
      share: 0.3,
      value: 2 ** 31,
      unit: 'bytes',
      usualLow: 2 ** 20,
      usualHigh: 2 ** 21,
      usual: 2 ** 20,
    },
    { metric: 'pods', share: 0.09, value: null, usualLow: 3, usualHigh: 3, usual: 3 },
  ],
  reasonsLeftOut: 2,
});

test('what people read', () => {
  assert.equal(
    renderAlert(ALERT).text,
    `shop/payment: cpu 0.83 cores (usual 0.01–0.05) and 1 more, since 14:32 UTC, 6 min

State:      opened
Severity:   warning
Detector:   shop
Service:    payment
Entity:     shop/payment
Start:      2026-11-22 08:00:00 UTC
Last seen:  2026-11-22 08:05:00 UTC
Score:      0.81 (alerts from 0.62)

Why, by share of the score:
   60%  cpu 0.83 cores (usual 0.01–0.05)
   30%  memory_bytes 2 GiB (usual 1–2 MiB)
    9%  pods missing (usually 3)
        and 2 more with smaller shares

A real fault:      tidewatch verdict inc1 true
A false alarm:     tidewatch verdict inc1 false
It was expected:   tidewatch verdict inc1 expected
Quiet for 2 hours: tidewatch silence add inc1 'detector = "shop"' 'entity = "shop/payment"' --for 2h
  covers:          this entity alone

Model:      isolation-forest 20261121T000000Z-0123456789ab
Trained on: 2026-11-14 00:00:00 UTC to 2026-11-21 00:00:00 UTC
Window:     windows/detector=shop/date=2026-11-22/20261122T080000Z_20261122T081500Z.parquet
Scores:     scores/detector=shop/date=2026-11-22/20261122T080000Z_20261122T081500Z.parquet
Incident:   incidents/inc1.json
Message:    20261122T143200Z-0123456789ab-0001
`,
  );
  const resolved = renderAlert({
    ...ALERT,
    state: 'resolved',
    end: '2026-11-22T08:06:00.000Z',
    reasons: [],
    reasonsLeftOut: 0,
    targetService: null,
    entity: '',
  });
  assert.match(resolved.text, /^State: {6}resolved\nSeverity: {3}warning\nDetector: {3}shop\nStart: /m);
  assert.match(resolved.text, /^End: {8}2026-11-22 08:06:00 UTC\n/m);
  assert.doesNotMatch(resolved.text, /Why|Entity|Service/);
});

test('how far it went is told where the reasons say clearly less', () => {
  const worst = {
    metric: 'cpu',
    value: 2.6,
    at: '2026-11-22T08:03:00.000Z',
    unit: 'cores',
    usualLow: 0.01,
    usualHigh: 0.05,
    usual: 0.03,
  } as const;
  const lineOf = (over: Partial<Alert>): string | undefined =>
    /^Worst: .*/m.exec(renderAlert({ ...ALERT, worst, ...over }).text)?.[0];
  const line = 'Worst:      cpu 2.6 cores (usual 0.01–0.05) at 2026-11-22 08:03:00 UTC';
  for (const state of ['opened', 'updated', 'resolved', 'settled'] as const)
    assert.equal(lineOf({ state }), line);
  assert.equal(lineOf({ worst: { ...worst, value: 0.9 } }), undefined, 'a tenth is what it does anyway');
  assert.equal(lineOf({ worst: { ...worst, value: 0.92 } })?.includes('0.92'), true);
  assert.equal(lineOf({ worst: { ...worst, metric: 'pods' } }), undefined, 'it is not what leads');
  assert.equal(lineOf({ state: 'retracted' }), undefined);
  // A mean is not as far out as the rows that it is of.
  const mean = { ...ALERT.reasons[0]!, derived: 'mean over 30m', value: 0.8 };
  assert.equal(lineOf({ worst: { ...worst, value: 0.82 }, reasons: [mean] })?.includes('0.82'), true);
  assert.equal(lineOf({ worst: { ...worst, value: 0.04 }, reasons: [mean] }), undefined);
});

test('what has no whole percent of the evidence is counted and not listed, but for the only one and for silence', () => {
  const [first, second, third] = ALERT.reasons;
  const small = { ...third!, share: 0.004 };
  const { text } = renderAlert({ ...ALERT, reasons: [first!, second!, small], reasonsLeftOut: 2 });
  assert.doesNotMatch(text, / 0% /);
  assert.match(text, / and 3 more with smaller shares\n/);
  assert.match(renderAlert({ ...ALERT, reasons: [small], reasonsLeftOut: 0 }).text, / 0% {2}pods missing/);
  const missing: Alert = { ...ALERT, by: 'silence', reasons: [first!, small], reasonsLeftOut: 0 };
  const silent = renderAlert(missing).text;
  assert.match(silent, / 0% {2}pods missing/);
  assert.match(silent, /^What is missing:$/m);
  const over = renderAlert({ ...missing, state: 'resolved', end: '2026-11-22T09:00:00.000Z' }).text;
  assert.match(over, /^What was missing:$/m);
});

test('evidence is told by how often normal data goes so far, in place of score and rarity', () => {
  const WEEK = 7 * 24 * 3_600_000;
  const rarity = { onceIn: 4000, isBound: false, heldBack: true };
  const alert: Alert = { ...ALERT, by: 'evidence', score: 2.3, threshold: 1, rarity };
  const lineOf = (falseAlarms: Alert['falseAlarms']): string | undefined =>
    /^Evidence:.*$/m.exec(renderAlert({ ...alert, falseAlarms }).text)?.[0];
  assert.equal(
    lineOf({ count: 1, per: WEEK }),
    'Evidence:   2.3 (alerts from 1: as far as normal data goes once in a week)',
  );
  assert.match(lineOf({ count: 3, per: WEEK / 7 })!, /goes 3 times in a day\)$/);
  assert.match(lineOf({ count: 1, per: 3_600_000 })!, /goes once in an hour\)$/);
  assert.match(lineOf({ count: 2, per: 2 * WEEK })!, /goes 2 times in 14 days\)$/);
  assert.equal(lineOf(undefined), 'Evidence:   2.3 (alerts from 1)');
  const { text, body } = renderAlert({ ...alert, falseAlarms: { count: 1, per: WEEK } });
  assert.doesNotMatch(text, /Score:|Rarity:/);
  assert.match(text, /Why, by share of the evidence:/);
  assert.equal(parseAlert(body).by, 'evidence');
});

test('a level that settled is told as what is over', () => {
  const { subject, attributes } = renderAlert({ ...ALERT, state: 'settled', summary: 'a: settled' });
  assert.equal(subject, '[settled] a: settled');
  assert.equal(attributes.state, 'settled');
});

test('what subscribers filter by', () => {
  assert.deepEqual(renderAlert(ALERT).attributes, {
    detector: 'shop',
    severity: 'warning',
    entity: 'shop/payment',
    metric: 'cpu',
    state: 'opened',
    correlationId: 'shop@20261122T080000Z',
  });
  const { entity, metric } = renderAlert({ ...ALERT, entity: '', reasons: [] }).attributes;
  assert.equal(entity, 'shop', 'without an entity: the detector');
  assert.equal(metric, 'none');
  assert.equal(renderAlert({ ...ALERT, entity: '\u0001' }).attributes.entity, 'none');
});

test('the metric attribute is the metric that the summary names', () => {
  const [cpu, memory] = ALERT.reasons;
  const usual = { ...cpu!, value: 0.03 };
  assert.equal(renderAlert({ ...ALERT, reasons: [usual, memory!] }).attributes.metric, 'memory_bytes');
});

test('the body is the alert, as parseAlert reads it', () => {
  assert.deepEqual(parseAlert(renderAlert(ALERT).body), ALERT);
});

test('e-mail gets the text, everything else the JSON', () => {
  const rendered = renderAlert(ALERT);
  assert.deepEqual(JSON.parse(renderSnsMessage(rendered)), {
    default: rendered.body,
    email: rendered.text,
    sms: rendered.subject,
  });
});

test('subjects', () => {
  const subject = (over: Partial<Alert>) => renderAlert({ ...ALERT, ...over }).subject;
  assert.equal(
    subject({}),
    '[warning] shop/payment: cpu 0.83 cores (usual 0.01-0.05) and 1 more, since 14:32 UTC, 6 min',
  );
  assert.equal(subject({ state: 'resolved', summary: 'a: over' }), '[resolved] a: over');
  assert.equal(
    subject({ severity: 'critical', summary: 'café: 12 µs, 20 °C, 日本 …' }),
    '[critical] cafe: 12 us, 20 ?C, ?? ...',
  );
  assert.equal(subject({ summary: 'x'.repeat(200) }), `[warning] ${'x'.repeat(37)}...`);
});

test('whatever the names are, SNS takes the subject, the attributes and the size', () => {
  const name = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.constantFrom(
      '',
      '\u0000',
      '\ud800',
      '\uffff\ufffe',
      '😀'.repeat(200),
      'x'.repeat(3000),
      '"'.repeat(2000),
      '\n\n',
    ),
  );
  fc.assert(
    fc.property(name, name, name, fc.integer({ min: 0, max: 20 }), (entity, metric, summary, count) => {
      const reasons = Array.from({ length: count }, () => ({ ...ALERT.reasons[0]!, metric }));
      const rendered = renderAlert({ ...ALERT, entity, summary, reasons });
      assert.match(rendered.subject, /^\[warning\] [ -~]*$/);
      assert.ok(rendered.subject.length < 100);
      for (const value of Object.values(rendered.attributes).flat()) {
        assert.ok(value.length > 0 && value.length <= 256);
        assert.ok(value.isWellFormed());
        // biome-ignore lint/suspicious/noControlCharactersInRegex: what SQS refuses
        assert.doesNotMatch(value, /[\u0000-\u001f\ufffe\uffff]/);
      }
      const message = renderSnsMessage(rendered);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: what SQS refuses
      assert.doesNotMatch(message, /[\u0000-\u001f\ufffe\uffff]/);
      assert.ok(
        Buffer.byteLength(message) + Buffer.byteLength(Object.values(rendered.attributes).join('')) < LIMIT,
      );
      const parsed = parseAlert(rendered.body);
      assert.equal(parsed.reasons.length + parsed.reasonsLeftOut, count + ALERT.reasonsLeftOut);
    }),
  );
});

test('reasons are cut until the message fits, and what was cut is counted in both forms', () => {
  const reasons = Array.from({ length: 20 }, (_, index) => ({
    ...ALERT.reasons[0]!,
    metric: `${index}`.padEnd(9000, 'é'),
  }));
  const { body, text, attributes } = renderAlert({ ...ALERT, reasons });
  const parsed = parseAlert(body);
  assert.equal(parsed.reasons.length, 5);
  assert.equal(parsed.reasonsLeftOut, 17);
  assert.match(text, /and 17 more with smaller shares/);
  assert.equal(attributes.metric.length, 256);
});

test('an alert that cannot fit is refused, with its size', () => {
  assert.throws(
    () => renderAlert({ ...ALERT, entity: 'x'.repeat(300_000) }),
    (error) =>
      error instanceof PublishRejectedError &&
      /has \d{6} bytes without its reasons; SNS takes 261120$/.test(error.message),
  );
});

test('what is no alert is refused by name', () => {
  assert.throws(() => parseAlert('<html>'), { code: 'bad-alert', message: /JSON, not "<html>"/ });
  assert.throws(() => parseAlert(JSON.stringify({ ...ALERT, formatVersion: 2 })), {
    code: 'bad-alert',
    message: /formatVersion/,
  });
});

test('what a later release adds to an alert is passed over and kept', () => {
  const later = { ...ALERT, colour: 'red', model: { ...ALERT.model, colour: 'red' } };
  assert.deepEqual(parseAlert(JSON.stringify(later)), later);
});

test('how often normal rows score as high is said in words', () => {
  const say = (rarity: Alert['rarity']): string | undefined =>
    renderAlert({ ...ALERT, rarity })
      .text.split('\n')
      .find((line) => line.startsWith('Rarity:'));
  assert.equal(say(undefined), undefined);
  assert.equal(
    say({ onceIn: 39_800, isBound: false, heldBack: true }),
    'Rarity:     normal rows score this high once in 40,000',
  );
  assert.equal(
    say({ onceIn: 100_000, isBound: true, heldBack: false }),
    'Rarity:     the rows it learned from score this high less than once in 100,000',
  );
});

test('labels and annotations are shown in a line each, cut where they are long, and those left out are counted', () => {
  const alert = createAlert({
    annotations: { runbook: `https://w/${'x'.repeat(900)}`, note: 'two\nlines' },
    labels: { [`tier-${'y'.repeat(200)}`]: '1' },
    metadataLeftOut: 3,
  });
  const lines = renderAlert(alert).text.split('\n');
  const shown = lines.filter((line) => /^(runbook|note|tier)/.test(line));
  assert.deepEqual(
    shown.map((line) => [line.length <= 400, line.includes('…')]),
    [
      [true, true],
      [true, false],
      [true, true],
    ],
  );
  assert.ok(lines.includes('note:       two lines'));
  assert.ok(
    lines.includes('3 labels and annotations of the manifest are too many or too long for a message.'),
  );
  assert.deepEqual(parseAlert(renderAlert(alert).body), alert, 'the JSON has them whole');
});
