/** What corrected rows show of an anomaly, and what they do not; through the jobs in test/unit/jobs/score/retract.test.ts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { incidentId } from '../../../lib/decision/incident-id.ts';
import { retractAnomalies } from '../../../lib/decision/retract.ts';
import { STEP, T0 } from './decide-rows.ts';
import { EVIDENCE_POLICY } from './evidence-rows.ts';

const ROWS = 20;
const DETECTOR = 'shop';

/** States of an anomaly of 20 rows once all of them were corrected and are usual. @param isMeasured by row and metric */
function correct(
  isMeasured: (row: number, metric: string | undefined) => boolean,
  told: { readonly metric?: string } = { metric: 'cpu' },
): string[] {
  const anomaly = { detector: DETECTOR, entity: 'a', start: T0, modelVersion: 'v1' };
  const none = new Float64Array(ROWS);
  const { transitions } = retractAnomalies({
    rows: {
      entities: ['a'],
      entityOf: new Uint32Array(ROWS),
      times: Float64Array.from(none, (_, row) => T0 + row * STEP),
      scores: none,
      deviations: none,
    },
    anomalous: new Uint8Array(ROWS),
    isMeasured,
    policy: EVIDENCE_POLICY,
    tracks: {},
    before: {
      ended: [
        {
          id: incidentId(anomaly),
          entity: 'a',
          start: T0,
          lastAnomalous: T0 + (ROWS - 1) * STEP,
          end: T0 + ROWS * STEP,
          sequence: 2,
          peakScore: 3,
          ...told,
        },
      ],
      cleared: {},
    },
    step: STEP,
    detector: DETECTOR,
    modelVersion: 'v1',
  });
  return transitions.map(({ state }) => state);
}

test('rows that lack the metric that told say nothing of it', () => {
  assert.deepEqual(
    correct(() => true),
    ['retracted'],
  );
  assert.deepEqual(
    correct((_, metric) => metric !== 'cpu'),
    [],
  );
  // The model told: of all metrics.
  assert.deepEqual(
    correct((_, metric) => metric !== undefined, {}),
    [],
  );
});

test('each row has to be there, not the first and the last alone', () => {
  assert.deepEqual(
    correct((row) => row === 0 || row === ROWS - 1),
    [],
  );
  assert.deepEqual(
    correct((row) => row !== 7),
    [],
  );
});
