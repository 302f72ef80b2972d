/** Everything a report says, worked out once: the page, the pictures and the text only present it. */
import { findEvents, type TimeEvent } from '../../maths/metrics/events.ts';
import type { MetricWindow } from '../../window/window.ts';
import type { ReportInput } from '../report-input.ts';
import { type Decided, decideRows } from './incidents.ts';
import { type MetricProfile, profileMetrics } from './metric-profiles.ts';
import { countScores, type ScoreHistogram } from './score-histogram.ts';
import { measureSeparation, type NoSeparation, type Separation } from './separation.ts';
import { costThresholds, type ThresholdCost } from './threshold-costs.ts';

export interface Findings {
  readonly input: ReportInput;
  readonly decided: Decided;
  /** Rows of the window per entity, in the window's order; entities without rows are left out. */
  readonly entities: readonly EntityRows[];
  readonly events: readonly TimeEvent[];
  readonly costs: readonly ThresholdCost[];
  readonly metrics: readonly MetricProfile[];
  readonly histogram: ScoreHistogram | undefined;
  readonly separation: Separation | NoSeparation;
}

export interface EntityRows {
  readonly entity: string;
  /** Half-open. */
  readonly from: number;
  readonly to: number;
  readonly peakScore: number;
  readonly anomalousRows: number;
  readonly incidents: Decided['incidents'];
}

export function findAll(input: ReportInput): Findings {
  const { window, version, scores, deviations } = input;
  const { entities, entityOf, times, step, labels } = window;
  const rows = { entities, entityOf, times, scores, deviations };
  const given = {
    rows,
    policy: version.policy,
    step,
    detector: version.detector,
    modelVersion: version.version,
  };
  const decided = decideRows(given);
  const events = labels === undefined ? [] : findEvents({ ...window, flags: labels });
  return {
    input,
    decided,
    entities: listEntities(window, scores, decided),
    events,
    costs: costThresholds({ ...given, events, length: window.range.end - window.range.start }),
    metrics: profileMetrics(input),
    histogram: countScores(scores, version.policy.threshold, labels),
    separation: measureSeparation({ labels, scores, decided, events, of: 'the training data' }),
  };
}

/** The threshold in use, and what it costs. */
export function currentCost({ costs }: Pick<Findings, 'costs'>): ThresholdCost {
  return costs.find(({ current }) => current)!;
}

function listEntities(
  { entities, entityOf }: MetricWindow,
  scores: Float64Array,
  { anomalous, incidents }: Decided,
): readonly EntityRows[] {
  const listed: EntityRows[] = [];
  for (let from = 0, to = 0; from < entityOf.length; from = to) {
    let peakScore = Number.NaN;
    let anomalousRows = 0;
    for (to = from; to < entityOf.length && entityOf[to] === entityOf[from]; to++) {
      if (!(scores[to]! <= peakScore) && !Number.isNaN(scores[to]!)) peakScore = scores[to]!;
      anomalousRows += anomalous[to]!;
    }
    const entity = entities[entityOf[from]!]!;
    listed.push({
      entity,
      from,
      to,
      peakScore,
      anomalousRows,
      incidents: incidents.filter((incident) => incident.entity === entity),
    });
  }
  return listed;
}
