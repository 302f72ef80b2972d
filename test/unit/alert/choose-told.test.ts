/** Whose number a message tells: of all that is part of the incident, what went farthest. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Alert, DescribedAnomaly } from '../../../lib/alert/alert.ts';
import { buildIncidentAlert } from '../../../lib/alert/build-incident-alert.ts';
import { renderAlert } from '../../../lib/alert/render.ts';
import type { Member, Notification } from '../../../lib/incident/contract.ts';
import { createAnomaly } from '../../helpers/alerts.ts';
import { createChange, endOf, MINUTE, NINE } from '../../helpers/anomalies.ts';

/** What one pod, or one detector of it, shows: usual is 8 to 12. */
interface Shown {
  readonly pod?: number;
  readonly entity?: string;
  readonly metric?: string;
  readonly detector?: string;
  readonly value: number;
  /** `null`: its metric never moved before. */
  readonly reach?: number | null;
  readonly state?: Member['state'];
  readonly start?: number;
  readonly over?: Partial<DescribedAnomaly>;
}

const USUAL = { usualLow: 8, usualHigh: 12, usual: 10 };

function say(over: Partial<Notification>, ...shown: readonly Shown[]): Alert {
  const members = shown.map(({ pod = 0, entity, detector, value, reach, state = 'updated', start }, at) => {
    const member = createChange({
      anomalyId: `a${at}`,
      state,
      entity: entity ?? `shop/payment-${pod}`,
      ...(detector !== undefined && { detector }),
      namespace: 'shop',
      siblings: 6,
      start: start ?? NINE + at * MINUTE,
      ...(reach !== null && { reach: reach ?? Math.abs(value - USUAL.usual) / 2 }),
    });
    return state === 'resolved' ? endOf(member) : member;
  });
  return buildIncidentAlert({
    notification: { state: 'updated', incidentId: 'i1', sequence: 2, severity: 'warning', members, ...over },
    anomalyOf: (anomalyId) => {
      const at = Number(anomalyId.slice(1));
      const { entity, detector, state } = members[at]!;
      const { metric = 'mem', value, over: told } = shown[at]!;
      const first = { metric, share: 1, value: value > USUAL.usual ? 13 : 7, ...USUAL };
      const worst = { metric, value, at: '2026-11-23T09:02:00.000Z', ...USUAL };
      return createAnomaly({
        anomalyId: anomalyId,
        entity,
        detector,
        state,
        reasons: [first],
        worst,
        ...told,
      });
    },
    keys: { incident: String, anomaly: (_, id) => id, page: String },
  });
}

const FARTHER: Partial<Notification> = { news: ['farther'] };
const REMINDER: Partial<Notification> = { isReminder: true };

test('another metric that went farther is told by its name, with its pod', () => {
  assert.equal(
    say(FARTHER, { value: 900, reach: 20 }, { pod: 3, metric: 'errors', value: 250, reach: 45 }).summary,
    'payment, 2 of 6 pods: getting worse, errors up to 250 (usual 8–12) in payment-3, first in shop/payment-0, since 09:00 UTC, 4 min',
  );
});

test('a small pod that went farther in its own band is told, though the first one has the larger number', () => {
  const shown = [
    { value: 900, reach: 20 },
    { pod: 3, value: 250, reach: 45 },
  ];
  assert.match(say(FARTHER, ...shown).summary, /worse, mem up to 250 \(usual 8–12\) in payment-3, first in /);
  assert.match(
    say({ state: 'escalated', ...FARTHER }, ...shown).summary,
    /farther out, mem up to 250 .* in payment-3, first in/,
  );
  // Of the lead itself nothing is added.
  assert.match(
    say(FARTHER, ...shown.toReversed()).summary,
    /mem up to 250 \(usual 8–12\), first in shop\/payment-3/,
  );
  // The first message says what it began with.
  assert.match(say({ state: 'opened' }, ...shown).summary, /pods: mem 13 \(usual 8–12\), first in /);
});

test('of one entity that two detectors find, that which went farther is told', () => {
  assert.match(
    say(FARTHER, { value: 900, reach: 20 }, { detector: 'errors', metric: 'errors', value: 40, reach: 60 })
      .summary,
    /^shop\/payment-0, found by 2 detectors: getting worse, errors up to 40 \(usual 8–12\), since/,
  );
});

test('what is over counts no more while the incident is open, and at its end all that was there', () => {
  const [lead, over, open] = [
    { value: 20 },
    { pod: 1, value: 70, state: 'resolved' },
    { pod: 2, value: 30 },
  ] as const;
  assert.match(
    say(FARTHER, lead, over, open).summary,
    /mem up to 30 .* in payment-2, first in shop\/payment-0/,
  );
  assert.match(
    say(REMINDER, { ...lead, state: 'resolved' }, open).summary,
    /still open, mem up to 30 .* in payment-2/,
  );
  assert.match(
    say({ state: 'resolved' }, { ...lead, state: 'resolved' }, over, { ...open, state: 'resolved' }).summary,
    /it was mem up to 70 .* in payment-1, first in shop\/payment-0$/,
  );
  const retracted = { ...over, state: 'retracted' } as const;
  assert.match(
    say({ state: 'resolved' }, { ...lead, state: 'resolved' }, retracted).summary,
    /it was mem up to 20 \(usual 8–12\), first in/,
  );
  // Once more of the same pod: as it is now, and at the end as it was.
  const again = { value: 25, start: NINE + 20 * MINUTE } as const;
  assert.match(
    say(FARTHER, { ...over, pod: 0 }, again).summary,
    /^shop\/payment-0: getting worse, mem up to 25 /,
  );
  assert.match(
    say({ backSince: again.start }, { ...over, pod: 0 }, again).summary,
    /^shop\/payment-0: there again, mem up to 25 /,
  );
  assert.match(
    say({ state: 'resolved' }, { ...over, pod: 0 }, { ...again, state: 'resolved' }).summary,
    /^shop\/payment-0: over .* it was mem up to 70 /,
  );
});

test('of the metric that is too high, no pod is told in which it is too low', () => {
  const low = { pod: 1, value: -90 };
  assert.match(
    say(FARTHER, { value: 20 }, low, { pod: 2, value: 30 }).summary,
    /mem up to 30 .* in payment-2/,
  );
  assert.match(say(FARTHER, { value: 20 }, low).summary, /mem up to 20 \(usual 8–12\), first in/);
  assert.match(say(FARTHER, { value: -20 }, low).summary, /mem down to -90 .* in payment-1/);
  assert.match(
    say(FARTHER, { value: 20 }, { ...low, metric: 'requests' }).summary,
    /requests down to -90 .* in payment-1/,
    'of another metric either side tells',
  );
  assert.match(
    say(REMINDER, { value: 20, state: 'resolved' }, low).summary,
    /mem down to -90 .* in payment-1/,
    'nothing else is open',
  );
});

test('what was told once is not taken back: a reminder, more pods and the end say the farthest, too', () => {
  const [lead, far] = [{ value: 20 }, { pod: 1, value: 70 }];
  for (const over of [FARTHER, REMINDER, { news: ['wider'] }] as const)
    assert.match(say(over, lead, far).summary, /mem up to 70 \(usual 8–12\) in payment-1, first in/);
});

test('of forty with one cause it is the first, and no other that went a little farther', () => {
  const ended = (value: number, pod: number) => ({ value, pod, state: 'resolved' }) as const;
  const first = ended(70, 0);
  assert.match(
    say({ state: 'resolved' }, first, ended(90, 1)).summary,
    /it was mem up to 70 \(usual 8–12\), first in shop\/payment-0$/,
  );
  assert.match(
    say({ state: 'resolved' }, first, ended(110, 1)).summary,
    /it was mem up to 110 .* in payment-1/,
  );
});

test('what is told of no reach compares by its values where the metric is the same', () => {
  const without = (value: number, metric?: string) => ({
    value,
    reach: null,
    pod: value,
    ...(metric && { metric }),
  });
  assert.match(say(FARTHER, without(20), without(70)).summary, /mem up to 70 .* in payment-70/);
  assert.match(say(FARTHER, without(20), without(70, 'errors')).summary, /mem up to 20 .*, first in/);
});

test('of equal ones the lead is told', () => {
  assert.match(
    say(FARTHER, { value: 70 }, { pod: 1, value: 70 }).summary,
    /mem up to 70 \(usual 8–12\), first in/,
  );
});

test('a metric that never moved before is not set aside for one that did, and gives way to more of itself', () => {
  const lead = { metric: 'errors', value: 250, reach: null } as const;
  assert.match(say(FARTHER, lead, { pod: 1, value: 13 }).summary, /errors up to 250 .*, first in/);
  assert.match(
    say(FARTHER, lead, { ...lead, pod: 1, value: 900 }, { pod: 2, value: 13 }).summary,
    /errors up to 900 .* in payment-1, first in/,
  );
  assert.match(
    say(FARTHER, lead, { ...lead, pod: 1, value: 900, reach: 5 }).summary,
    /errors up to 900 .* in payment-1, first in/,
  );
  assert.match(say(FARTHER, { value: 20 }, { ...lead, pod: 1 }).summary, /mem up to 20 .*, first in/);
});

test('a lead of which nobody knows how far it went is told where nothing else strays to its side', () => {
  const lead = { value: 20, reach: null, over: { worst: undefined } } as const;
  assert.match(say(FARTHER, lead, { pod: 1, value: -90 }).summary, /mem 13 \(usual 8–12\), first in/);
  assert.match(say(FARTHER, lead, { pod: 1, value: 70 }).summary, /mem up to 70 .* in payment-1/);
  // What is computed from it tells of neither side; how far it went does.
  const change = { metric: 'mem', derived: 'change over 5m', share: 1, value: 1, ...USUAL };
  const low = { pod: 1, value: -90, over: { reasons: [change] } };
  assert.match(say(FARTHER, { value: 20 }, low).summary, /mem up to 20 .*, first in/);
});

test('what only a score tells of has no number', () => {
  const scored = { pod: 1, value: 20, reach: null, over: { reasons: [], worst: undefined } } as const;
  assert.match(
    say(REMINDER, { value: 20, state: 'resolved' }, scored).summary,
    /still open, mem up to 20 .*, first in/,
  );
});

test('of what is there again, and over once more, all of it is told', () => {
  const [lead, far] = [
    { value: 20, state: 'resolved' },
    { pod: 1, value: 70, state: 'resolved' },
  ] as const;
  assert.match(say({ backSince: NINE }, lead, far).summary, /there again, mem up to 70 .* in payment-1/);
});

test('of what is named like the beginning of the first one, the last part of its name is told', () => {
  const [lead, far] = [
    { entity: 'shop/payment/db', value: 20 },
    { entity: 'shop/payment', value: 70 },
  ];
  assert.match(say(FARTHER, lead, far).summary, /mem up to 70 \(usual 8–12\) in payment, first in/);
});

test('the subject says the number and the whole time, and leaves out whose it is before', () => {
  const metric = 'request_latency_seconds';
  const far = { pod: 12, metric, value: 250, reach: 99 } as const;
  assert.equal(
    renderAlert(say(FARTHER, { value: 20 }, far)).subject,
    '[warning] payment, 2 of 6 pods: getting worse, request_latency_seconds up to 250, since 09:00 UTC',
  );
  assert.equal(
    renderAlert(say(FARTHER, { value: 20 }, { ...far, metric: 'errors' })).subject,
    '[warning] payment, 2 of 6 pods: getting worse, errors up to 250 in payment-12, since 09:00 UTC',
  );
  assert.equal(
    renderAlert(say({ state: 'resolved' }, { value: 20, state: 'resolved' }, { ...far, state: 'resolved' }))
      .subject,
    '[resolved] payment, 2 of 6 pods: over at 09:04 UTC; it was request_latency_seconds up to 250',
  );
});
