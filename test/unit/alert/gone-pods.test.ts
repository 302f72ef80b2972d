/** The end of what several pods lacked: those that are no longer there are not back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Alert, AlertSilence, DescribedAnomaly } from '../../../lib/alert/alert.ts';
import { buildIncidentAlert, describeDigested } from '../../../lib/alert/build-incident-alert.ts';
import { parseAlert } from '../../../lib/alert/parse-alert.ts';
import { renderAlert } from '../../../lib/alert/render.ts';
import type { Member, Notification } from '../../../lib/incident/contract.ts';
import { createAnomaly } from '../../helpers/alerts.ts';
import { createChange, endOf, MINUTE, NINE } from '../../helpers/anomalies.ts';

const KEYS = {
  incident: (id: string) => `incidents/${id}.json`,
  anomaly: (detector: string, id: string) => `anomalies/detector=${detector}/${id}.json`,
  page: (id: string) => `incidents/${id}.html`,
};
const LACKED = {
  kind: 'metric',
  metrics: ['cpu'],
  lastHeard: '2026-11-23T08:59:00.000Z',
  cameLate: false,
} as const;

function createPods(count: number): readonly Member[] {
  return Array.from({ length: count }, (_, i) =>
    endOf(
      createChange({
        anomalyId: `a${i}`,
        entity: `shop/checkout-5ff676694b-fzj9${i}`,
        workload: 'checkout',
        namespace: 'shop',
        siblings: 6,
        start: NINE + i * MINUTE,
        lastAnomalous: NINE + 20 * MINUTE,
      }),
    ),
  );
}

/** @param gone ids of anomalies whose pods are no longer there. @param silent ids of those of missing data */
function anomaliesOf(members: readonly Member[], gone: readonly string[], silent?: readonly string[]) {
  return (anomalyId: string): DescribedAnomaly => {
    const { entity } = members.find((member) => member.anomalyId === anomalyId)!;
    const isSilent = silent === undefined || silent.includes(anomalyId);
    return createAnomaly({
      anomalyId: anomalyId,
      state: 'resolved',
      entity,
      ...(isSilent && {
        by: 'silence',
        silence: { ...LACKED, ...(gone.includes(anomalyId) && { isGone: true }) },
      }),
    });
  };
}

function end(members: readonly Member[], gone: readonly string[], silent?: readonly string[]): Alert {
  return buildIncidentAlert({
    notification: { state: 'resolved', incidentId: 'i1', sequence: 2, severity: 'warning', members },
    anomalyOf: anomaliesOf(members, gone, silent),
    keys: KEYS,
  });
}

const FIVE = createPods(5);

test('of several pods it says how many are no longer there, and how many are back', () => {
  assert.equal(
    end(FIVE, ['a0', 'a2', 'a4']).summary,
    'checkout, 5 of 6 pods: 3 of them are no longer there, 2 are back at 09:21 UTC after 21 min without cpu, first in shop/checkout-5ff676694b-fzj90',
  );
  assert.match(end(FIVE, ['a3']).summary, /: 1 of them is no longer there, 4 are back at 09:21 UTC/);
  assert.match(end(FIVE, ['a0', 'a1', 'a2', 'a3']).summary, /: 4 of them are no longer there, 1 is back at/);
});

test('where all of them are gone none is back, and where none is all are', () => {
  const all = FIVE.map(({ anomalyId }) => anomalyId);
  assert.equal(
    end(FIVE, all).summary,
    'checkout, 5 of 6 pods: no longer there since 09:21 UTC, after 21 min without cpu, first in shop/checkout-5ff676694b-fzj90',
  );
  assert.match(end(FIVE, []).summary, /^checkout, 5 of 6 pods: cpu back at 09:21 UTC after 21 min without/);
});

test('a pod that lacked it twice is told by how it ended, and one that was otherwise unusual is not counted', () => {
  const [pod, other] = FIVE;
  const again = { ...pod!, anomalyId: 'again', start: NINE + 15 * MINUTE };
  const all = [pod!, other!, again];
  assert.match(end(all, ['again', 'a1']).summary, /2 of 6 pods: no longer there since/);
  assert.match(end(all, ['a0', 'a1']).summary, /: 1 of them is no longer there, 1 is back at/);
  // Of one pod alone.
  assert.match(
    end([pod!, again], ['again']).summary,
    /^shop\/checkout-5ff676694b-fzj90: no longer there since 09:21 UTC/,
  );
  assert.match(end(FIVE, ['a0', 'a1'], ['a0', 'a1', 'a2']).summary, /: 2 of them are no longer there, 1 is/);
  assert.equal(
    end(FIVE, ['a0', 'a1'], ['a0', 'a1']).summary,
    'checkout, 5 of 6 pods: 2 of them are no longer there since 09:21 UTC, after 21 min without cpu, first in shop/checkout-5ff676694b-fzj90',
    'the other three lacked nothing',
  );
});

test('that some are gone comes before that the data of the first one came late', () => {
  const silences = (silence: Partial<AlertSilence>) =>
    buildIncidentAlert({
      notification: { state: 'resolved', incidentId: 'i1', sequence: 2, severity: 'warning', members: FIVE },
      anomalyOf: (anomalyId) => {
        const anomaly = anomaliesOf(FIVE, ['a1'])(anomalyId);
        return anomalyId === 'a0' ? { ...anomaly, silence: { ...LACKED, ...silence } } : anomaly;
      },
      keys: KEYS,
    }).summary;
  assert.match(silences({ cameLate: true }), /: 1 of them is no longer there, 4 are back at 09:21 UTC/);
});

test('the subject says so, the message has it for programs, and a digest tells it, too', () => {
  const alert = end(FIVE, ['a0', 'a2', 'a4']);
  const { subject, body } = renderAlert(alert);
  assert.equal(
    subject,
    '[resolved] checkout, 5 of 6 pods: 3 of them are no longer there, 2 are back at 09:21 UTC',
  );
  assert.equal(
    renderAlert(end(FIVE, ['a0', 'a1'], ['a0', 'a1'])).subject,
    '[resolved] checkout, 5 of 6 pods: 2 of them are no longer there since 09:21 UTC',
  );
  assert.equal(parseAlert(body).silence?.isGone, true);
  const digested = {
    id: 'i1',
    members: FIVE,
    firstSeen: NINE,
    status: 'held',
    severity: 'warning',
    sequence: 0,
    isWorse: false,
    flaps: 0,
  } as const;
  assert.match(
    describeDigested(digested, anomaliesOf(FIVE, ['a1']), KEYS).summary,
    /: 1 of them is no longer there, 4 are back at/,
  );
});

test('what was unusual of pods that are gone is gone with them, and over where one of them is still there', () => {
  const told = (gone: readonly string[], over: Partial<Notification> = {}): Alert =>
    buildIncidentAlert({
      notification: {
        state: 'resolved',
        incidentId: 'i1',
        sequence: 2,
        severity: 'warning',
        members: FIVE,
        ...over,
      },
      anomalyOf: (anomalyId) => {
        const { entity } = FIVE.find((member) => member.anomalyId === anomalyId)!;
        const isGone = gone.includes(anomalyId);
        return createAnomaly({ anomalyId: anomalyId, state: 'resolved', entity, ...(isGone && { isGone }) });
      },
      keys: KEYS,
    });
  const all = FIVE.map(({ anomalyId }) => anomalyId);
  const alert = told(all);
  assert.match(
    alert.summary,
    /^checkout, 5 of 6 pods: gone at 09:21 UTC after 21 min; it was memory 9.5 \(usual 1–4\), first in /,
  );
  assert.match(renderAlert(alert).subject, /^\[resolved\] checkout, 5 of 6 pods: gone at 09:21 UTC/);
  assert.equal(parseAlert(renderAlert(alert).body).isGone, true);
  const some = told(all.slice(1));
  assert.match(some.summary, /: over at 09:21 UTC/);
  assert.equal(some.isGone, undefined);
  assert.equal(told(all, { state: 'updated' }).isGone, undefined);
});

test('what lacked data and what was unusual are gone alike; what was taken back, and was over before, is not asked', () => {
  const [one, two, three] = [FIVE[0]!, FIVE[1]!, FIVE[2]!];
  const lacked = { by: 'silence', silence: { ...LACKED, isGone: true } } as const;
  const told = (members: readonly Member[], of: Readonly<Record<string, Partial<DescribedAnomaly>>>): Alert =>
    buildIncidentAlert({
      notification: { state: 'resolved', incidentId: 'i1', sequence: 2, severity: 'warning', members },
      anomalyOf: (anomalyId) => {
        const { entity } = members.find((member) => member.anomalyId === anomalyId)!;
        return createAnomaly({ anomalyId: anomalyId, state: 'resolved', entity, ...of[anomalyId] });
      },
      keys: KEYS,
    });
  const mixed = told([one, two], { a0: { isGone: true }, a1: lacked });
  assert.equal(mixed.isGone, true);
  assert.match(mixed.summary, /2 of 6 pods: gone at/);
  const silentFirst = told([one, two, three], { a0: lacked, a1: { isGone: true }, a2: { isGone: true } });
  assert.equal(silentFirst.isGone, true);
  assert.match(silentFirst.summary, /3 of 6 pods: no longer there since/);
  const back = { ...two, state: 'retracted' } as const;
  assert.match(told([one, back], { a0: { isGone: true } }).summary, /gone at/);
  // Another detector's, begun later and over sooner.
  const sooner = {
    ...one,
    anomalyId: 'b',
    detector: 'logs',
    start: one.start + MINUTE,
    end: one.end! - 5 * MINUTE,
  };
  assert.match(told([one, sooner], { a0: { isGone: true } }).summary, /gone at/);
});
