/** What is said of an incident some of whose members were over before people hear of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildIncidentAlert } from '../../../lib/alert/build-incident-alert.ts';
import type { Silencing } from '../../../lib/answers/silencing.ts';
import { DEFAULT_GROUPING } from '../../../lib/config/grouping.ts';
import { advanceIncidents, NO_INCIDENTS } from '../../../lib/incident/advance.ts';
import type { AnomalyChange, IncidentsState } from '../../../lib/incident/contract.ts';
import { createAnomaly } from '../../helpers/alerts.ts';
import { createChange, MINUTE, NINE } from '../../helpers/anomalies.ts';

const HOUR = 60 * MINUTE;
const KEYS = {
  incident: (id: string) => id,
  anomaly: (_: string, id: string) => id,
  page: (id: string) => id,
};

interface Given {
  readonly isStart?: boolean;
  /** Ms until all but the seventh are over. */
  readonly lasts: number;
  /** Of the seventh; Infinity: it stays open. */
  readonly seventhLasts?: number;
  readonly silencedFor?: number;
}

/** Minutes, state, severity, entity and sentence of each message about twenty pods of forty. */
function live({ isStart, lasts, seventhLasts = Infinity, silencedFor }: Given): readonly string[] {
  const open = Array.from({ length: 20 }, (_, i) =>
    createChange({
      entity: `shop/api-${i}`,
      workload: 'api',
      siblings: 40,
      level: 2,
      cap: 'critical',
      start: NINE,
      lastAnomalous: NINE + MINUTE,
      ...(isStart === true && { isStart }),
    }),
  );
  const endAfter = (of: readonly AnomalyChange[], ms: number): AnomalyChange[] =>
    of.map((change) => ({
      ...change,
      state: 'resolved',
      sequence: 2,
      lastAnomalous: NINE + ms - MINUTE,
      end: NINE + ms,
    }));
  const seventh = open.filter((_, i) => i === 7);
  const others = open.filter((_, i) => i !== 7);
  const silencings: Silencing[] =
    silencedFor === undefined
      ? []
      : [
          {
            name: 's',
            matchers: [{ name: 'detector', operator: '=', value: open[0]!.detector }],
            until: NINE + silencedFor,
          },
        ];
  let state: IncidentsState = NO_INCIDENTS;
  const said: string[] = [];
  for (let now = NINE; now <= NINE + 25 * HOUR; now += MINUTE) {
    const changes = [
      ...(now === NINE ? open : []),
      ...(now === NINE + lasts + MINUTE ? endAfter(others, lasts) : []),
      ...(now === NINE + seventhLasts + MINUTE ? endAfter(seventh, seventhLasts) : []),
    ];
    const advanced = advanceIncidents({ state, changes, policy: DEFAULT_GROUPING, silencings, now });
    state = advanced.state;
    for (const notification of advanced.notifications) {
      const alert = buildIncidentAlert({
        notification,
        keys: KEYS,
        anomalyOf: (anomalyId) => {
          const member = notification.members.find((each) => each.anomalyId === anomalyId)!;
          return createAnomaly(describe(member));
        },
      });
      said.push(
        `${(now - NINE) / MINUTE} ${alert.state} ${alert.severity} ${alert.entity} | ${alert.summary}`,
      );
    }
  }
  return said;
}

function describe({ anomalyId, entity, detector, start, end, state }: AnomalyChange) {
  return {
    anomalyId,
    entity,
    detector,
    state,
    start: new Date(start).toISOString(),
    end: end === undefined ? null : new Date(end).toISOString(),
    summary: `${entity}: cpu`,
  };
}

test('of pods that start, those that stay unlike the others are told of, and as loud as they are', () => {
  const [first, second] = live({ isStart: true, lasts: 10 * MINUTE });
  assert.equal(first, '15 opened warning shop/api-7 | shop/api-7: cpu');
  assert.match(
    second!,
    /^30 escalated critical shop\/api-7 \| shop\/api-7: more serious now, open for over 30 min/,
  );
  // At its end, too, and whoever stays for no longer than a start may take is nobody's news.
  const ended = live({ isStart: true, lasts: 10 * MINUTE, seventhLasts: 2 * HOUR }).at(-1)!;
  assert.match(ended, /resolved critical shop\/api-7 \| shop\/api-7: cpu$/);
  assert.deepEqual(live({ isStart: true, lasts: 10 * MINUTE, seventhLasts: 12 * MINUTE }), []);
});

test('what is told at the end of a silence is of what is open then', () => {
  const [first] = live({ lasts: 30 * MINUTE, silencedFor: 8 * HOUR });
  assert.match(first!, /^480 opened critical shop\/api-7 \| shop\/api-7 \(one of 20 at first\): /);
});

test('a reminder is of what is still open', () => {
  const said = live({ lasts: 30 * MINUTE });
  assert.match(said[0]!, /^1 opened critical shop\/api-0 \| api, 20 of 40 entities: /);
  assert.match(
    said.at(-1)!,
    /^1441 updated critical shop\/api-7 \| shop\/api-7 \(one of 20 at first\): still open/,
  );
});

test('what was over a moment before the first message is part of it', () => {
  const [first] = live({ lasts: 10 * MINUTE, silencedFor: 20 * MINUTE });
  assert.match(first!, /^20 opened critical shop\/api-0 \| api, 20 of 40 entities: /);
});
