import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Alert, AlertSilence } from '../../../lib/alert/alert.ts';
import { describeAnomaly } from '../../../lib/alert/describe-anomaly.ts';
import { parseAlert } from '../../../lib/alert/parse-alert.ts';
import { renderAlert } from '../../../lib/alert/render.ts';
import type { Fate } from '../../../lib/alert/say-silence.ts';
import { defaultDetector } from '../../../lib/config/defaults.ts';
import type { AnomalyState } from '../../../lib/decision/contract.ts';
import { alertOf, createAnomaly } from '../../helpers/alerts.ts';

const START = Date.parse('2026-11-22T14:32:00Z');
const MINUTE = 60_000;

test('a silence says what is missing, since when, and when it is back', () => {
  const said = (silence: Partial<AlertSilence>, state: AnomalyState = 'opened') =>
    build(silence, state).summary;
  assert.equal(said({ kind: 'entity' }), 'shop/checkout: no data since 14:32 UTC, 15 min');
  assert.equal(said({ kind: 'source' }), 'shop/checkout: no data at all since 14:32 UTC, 15 min');
  assert.equal(said({ metrics: ['cpu'] }), 'shop/checkout: cpu missing since 14:32 UTC, 15 min');
  assert.equal(
    said({ metrics: ['cpu', 'memory'] }, 'updated'),
    'shop/checkout: cpu and 1 more metric missing since 14:32 UTC, 15 min',
  );
  assert.equal(
    said({ metrics: ['cpu'] }, 'resolved'),
    'shop/checkout: cpu back at 14:47 UTC after 15 min without data',
  );
  assert.equal(
    said({ kind: 'entity', cameLate: true }, 'resolved'),
    'shop/checkout: its data came late: what was missing since 14:32 UTC is there',
  );
  assert.equal(
    said({ kind: 'entity' }, 'settled'),
    'shop/checkout: it is no longer missed, after 15 min without data',
  );
  assert.equal(
    said({ kind: 'late' }),
    'shop/checkout: data comes 15 min after its time, since that of 14:32 UTC',
  );
  assert.equal(
    said({ kind: 'late' }, 'resolved'),
    'shop/checkout: data comes in time again, since that of 14:47 UTC',
  );
});

test('what ended while it lacked a metric is no longer there, and not back', () => {
  const lacking: Partial<AlertSilence> = { metrics: ['cpu'], isGone: true };
  const others = build(lacking, 'resolved', { others: 'shop/checkout' });
  assert.equal(
    others.summary,
    'shop/checkout: no longer there since 14:47 UTC, after 15 min without cpu; others of shop/checkout are',
  );
  assert.equal(
    build(lacking, 'resolved').summary,
    'shop/checkout: no longer there since 14:47 UTC, after 15 min without cpu',
  );
  const named = (pod: string): string =>
    renderAlert({ ...others, summary: others.summary.replace('shop/checkout:', `${pod}:`) }).subject;
  assert.equal(
    named('shop/cart-5ff676694b-fzj9z'),
    '[resolved] shop/cart-5ff676694b-fzj9z: no longer there since 14:47 UTC, after 15 min without cpu',
  );
  assert.equal(
    named('production/checkout-5ff676694b-fzj9z'),
    '[resolved] production/checkout-5ff676694b-fzj9z: no longer there since 14:47 UTC',
  );
});

test('of a workload that is silent it says how many pods it had', () => {
  const said = (pods: number, state: AnomalyState = 'opened') =>
    build({ kind: 'entity' }, state, { pods }).summary;
  assert.equal(said(4), 'shop/checkout: no data of any of its 4 pods since 14:32 UTC, 15 min');
  assert.equal(said(1), 'shop/checkout: no data of its only pod since 14:32 UTC, 15 min');
  assert.equal(said(0), 'shop/checkout: no data since 14:32 UTC, 15 min');
  assert.equal(said(4, 'resolved'), 'shop/checkout: back at 14:47 UTC after 15 min without data');
});

const MISSED = {
  kind: 'entity',
  expected: '2026-11-22T12:17:00.000Z',
  lastVisit: { from: '2026-11-21T12:17:00.000Z', to: '2026-11-21T12:47:00.000Z' },
} as const;

test('of what comes at regular times it says when it should have come, and when it was there last', () => {
  const said = (state: AnomalyState, over: Partial<AlertSilence> = {}) =>
    build({ ...MISSED, ...over }, state).summary;
  assert.equal(
    said('opened'),
    'shop/checkout: expected at 12:17 UTC and 2 h 30 min late; last seen 2026-11-21 12:17 UTC for 30 min',
  );
  assert.equal(
    said('opened', { lastVisit: undefined }),
    'shop/checkout: expected at 12:17 UTC and 2 h 30 min late',
  );
  assert.equal(
    said('resolved'),
    'shop/checkout: back at 14:47 UTC after 15 min without data; it was expected at 12:17 UTC',
  );
  assert.match(said('resolved', { cameLate: true }), /came late/);
  assert.match(said('settled'), /no longer missed/);
  const { text } = renderAlert(build(MISSED, 'opened'));
  assert.match(text, /^Expected: {3}2026-11-22 12:17:00 UTC$/m);
  assert.match(text, /^Last visit: 2026-11-21 12:17:00 UTC, for 30 min$/m);
});

test('a subject that is too long leaves out when it was there last, and no part of a time', () => {
  const alert = { ...build(MISSED, 'opened'), entity: 'data/backup-of-everything' };
  const summary = alert.summary.replace('shop/checkout', alert.entity);
  assert.equal(
    renderAlert({ ...alert, summary }).subject,
    '[warning] data/backup-of-everything: expected at 12:17 UTC and 2 h 30 min late',
  );
  const end = build(MISSED, 'resolved').summary.replace('shop/checkout', alert.entity);
  assert.equal(
    renderAlert({ ...alert, state: 'resolved', summary: end }).subject,
    '[resolved] data/backup-of-everything: back at 14:47 UTC after 15 min without data',
  );
});

test('a silence is rendered with its facts, and comes back as it was', () => {
  const alert = build({ metrics: ['cpu', 'memory_bytes'] }, 'opened');
  const { body, text, attributes } = renderAlert(alert);
  assert.deepEqual(parseAlert(body), alert);
  assert.equal(attributes.metric, 'cpu');
  assert.match(text, /^Silent: {5}15 min \(alerts from 15 min\)$/m);
  assert.match(text, /^Missing: {4}cpu, memory_bytes$/m);
  assert.match(text, /^Last heard: 2026-11-22 14:31:00 UTC$/m);
  assert.match(text, /What is missing:\n +100% {2}cpu missing \(usual 1–3\)/);
});

function build(silence: Partial<AlertSilence>, state: AnomalyState, fate?: Fate): Alert {
  const isOver = state === 'resolved' || state === 'settled';
  const anomaly = describeAnomaly({
    transition: {
      anomalyId: 'inc1',
      entity: 'shop/checkout',
      state,
      sequence: 1,
      start: START,
      lastAnomalous: START + 14 * MINUTE,
      end: isOver ? START + 15 * MINUTE : undefined,
      tellingRow: undefined,
      peakScore: 15 * 60,
    },
    reasons: [{ metric: 'cpu', share: 1, value: null, usualLow: 1, usualHigh: 3, usual: 2 }],
    detector: defaultDetector('shop'),
    step: MINUTE,
    model: createAnomaly().model,
    by: 'silence',
    threshold: 15 * 60,
    silence: {
      kind: 'metric',
      metrics: [],
      lastHeard: new Date(START - MINUTE).toISOString(),
      cameLate: false,
      ...silence,
    },
    fate,
    objects: createAnomaly().objects,
  });
  return alertOf(anomaly);
}
