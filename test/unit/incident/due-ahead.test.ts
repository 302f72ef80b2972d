/** Whatever comes and however it is silenced: each look at the incidents ends, and what is due then lies ahead. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Silencing } from '../../../lib/answers/silencing.ts';
import { DEFAULT_GROUPING } from '../../../lib/config/grouping.ts';
import { advanceIncidents, NO_INCIDENTS } from '../../../lib/incident/advance.ts';
import type { IncidentsState } from '../../../lib/incident/contract.ts';
import { createChange, endOf, MINUTE, NINE } from '../../helpers/anomalies.ts';

const HOURS = 30;
/** Minutes between two looks. */
const LOOK = 5;
/** Of one incident that was told, became louder and is over, and of one more. */
const MOST_AT_ONCE = 12;

const minute = fc.nat(10 * 60);
const anomaly = fc.record({
  entity: fc.constantFrom('a', 'b', 'c', 'd'),
  workload: fc.constantFrom('v', 'w'),
  detector: fc.constantFrom('one', 'two'),
  at: minute,
  lasts: fc.constantFrom(4, 12, 40, 200, 2000),
  level: fc.constantFrom(undefined, 1.2, 5),
  cap: fc.constantFrom('info', 'warning', 'critical'),
  isStart: fc.boolean(),
  ends: fc.constantFrom('resolved', 'settled', 'retracted'),
  siblings: fc.constantFrom(1, 4, 10),
});
const silence = fc.record({ from: minute, lasts: fc.nat(300), detector: fc.constantFrom('one', '.*') });

test('a look ends, and what is due lies ahead, whoever is over, was a start or is silenced', () => {
  fc.assert(
    fc.property(
      fc.array(anomaly, { maxLength: 8 }),
      fc.array(silence, { maxLength: 3 }),
      fc.constantFrom(0, 1, 10),
      (anomalies, silences, incidentsADay) => {
        const events = anomalies.flatMap(({ at, lasts, ends, ...rest }) => {
          const opened = createChange({ ...rest, namespace: 'shop', start: NINE + at * MINUTE });
          const lastAnomalous = opened.start + lasts * MINUTE;
          return [
            { at: at + 3, change: opened },
            { at: at + 3 + lasts, change: endOf({ ...opened, lastAnomalous }, { state: ends }) },
          ];
        });
        let state: IncidentsState = NO_INCIDENTS;
        for (let at = 0; at < HOURS * 60; at += LOOK) {
          const now = NINE + at * MINUTE;
          let changes = events
            .filter((event) => event.at > at - LOOK && event.at <= at)
            .map(({ change }) => change);
          const silencings = silences.flatMap(({ from, lasts, detector }): Silencing[] =>
            from <= at && at < from + lasts
              ? [{ name: 's', matchers: [{ name: 'detector', operator: '=~', value: detector }] }]
              : [],
          );
          let due = -Infinity;
          // What a digest told of, and is over, closes with the next look.
          for (let looks = 0; due <= now; looks++) {
            assert.ok(looks < 2, `due ${(due - now) / MINUTE} min after ${looks} looks at ${at}`);
            const policy = { ...DEFAULT_GROUPING, incidentsADay };
            const advanced = advanceIncidents({ state, changes, silencings, policy, now });
            assert.ok(advanced.notifications.length <= MOST_AT_ONCE);
            ({ state, due } = advanced);
            changes = [];
          }
        }
      },
    ),
    { numRuns: 200 },
  );
});
