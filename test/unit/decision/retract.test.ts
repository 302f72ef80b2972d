/** What corrected rows show of an anomaly, and what they do not; through the jobs in test/unit/jobs/score/retract.test.ts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { anomalyId } from '../../../lib/decision/anomaly-id.ts';
import type { EntityTrack } from '../../../lib/decision/contract.ts';
import { type EndedAnomaly, type Retraction, retractAnomalies } from '../../../lib/decision/retract.ts';
import { STEP, T0 } from './decide-rows.ts';
import { EVIDENCE_POLICY } from './evidence-rows.ts';

const ROWS = 20;
const DETECTOR = 'shop';

/** States of an anomaly of 20 rows once all of them were corrected and are usual. @param isMeasured by row and metric */
function correct(...given: Parameters<typeof correctRows>): string[] {
  return correctRows(...given).transitions.map(({ state }) => state);
}

function correctRows(
  isMeasured: (row: number, metric: string | undefined) => boolean,
  told: Partial<EndedAnomaly> = { metric: 'cpu' },
  tracks: Readonly<Record<string, EntityTrack>> = {},
): Retraction {
  const anomaly = { detector: DETECTOR, entity: 'a', firstAnomalous: T0, modelVersion: 'v1' };
  const none = new Float64Array(ROWS);
  return retractAnomalies({
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
    tracks,
    before: {
      ended: [
        {
          id: anomalyId(anomaly),
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
}

test('what led up to the first anomalous row need not have been corrected', () => {
  const since = (start: number) => correctRows(() => true, { start, firstAnomalous: T0 }).transitions;
  assert.deepEqual(
    since(T0 - 2 * STEP).map(({ state, start }) => [state, start]),
    [['retracted', T0 - 2 * STEP]],
  );
});

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

test('what was not so is nothing that comes at this hour', () => {
  const spell = (from: number, until: number) => ({
    reason: 'cpu above',
    from: T0 + from * STEP,
    until: T0 + until * STEP,
    level: 2,
  });
  const other = spell(-90, -60);
  const track = { decidedUntil: T0 + ROWS * STEP, recent: [], open: undefined };
  const spells = [other, spell(-2, ROWS - 1)];
  const { tracks } = correctRows(() => true, { metric: 'cpu' }, { a: { ...track, spells } });
  assert.deepEqual(tracks['a']?.spells, [other]);
});
