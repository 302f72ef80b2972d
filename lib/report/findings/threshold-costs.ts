/** What other thresholds would have cost: the whole decision made again at each of them. */
import type { DecisionPolicy, ScoredRows } from '../../decision/contract.ts';
import { scoreEvents } from '../../maths/metrics/event-scores.ts';
import type { TimeEvent } from '../../maths/metrics/events.ts';
import { lowerBound, quantile } from '../../maths/quantile.ts';
import { WEEK_MS } from '../report-input.ts';
import { decideRows } from './incidents.ts';

export interface ThresholdCost {
  readonly threshold: number;
  /** Share of the scored rows that lie below it, in percent. */
  readonly percentile: number;
  readonly anomalousRows: number;
  readonly incidents: number;
  /** `incidents`, brought to seven days of the same data. */
  readonly perWeek: number;
  /** Entities with at least one incident. */
  readonly entities: number;
  /** Labelled events with an incident during them. */
  readonly caught: number;
  /** The threshold that the version uses. */
  readonly current: boolean;
}

/** In percent. Dense where the choice is made; the last ones need a row count to match. */
const PERCENTILES = [
  90, 92, 94, 95, 96, 97, 98, 98.5, 99, 99.3, 99.5, 99.7, 99.8, 99.85, 99.9, 99.93, 99.95, 99.97, 99.98,
  99.99, 99.995, 100,
] as const;

/** Ascending by threshold; the current one is always among them. A million rows take 0.1 to 0.2 s for each. */
export function costThresholds(given: {
  readonly rows: ScoredRows;
  readonly policy: DecisionPolicy;
  readonly step: number;
  /** Length of the data in ms. */
  readonly length: number;
  readonly detector: string;
  readonly modelVersion: string;
  /** Labelled ones; none where there are no labels. */
  readonly events: readonly TimeEvent[];
}): readonly ThresholdCost[] {
  const sorted = given.rows.scores.filter((score) => Number.isFinite(score)).sort();
  const thresholds = PERCENTILES
    // Between two neighbouring rows no percentile tells anything new.
    .filter((percentile) => percentile === 100 || sorted.length * (1 - percentile / 100) >= 1)
    .map((percentile) => (sorted.length === 0 ? Number.NaN : quantile(sorted, percentile / 100)))
    .filter((threshold) => Number.isFinite(threshold));
  const distinct = [...new Set([...thresholds, given.policy.threshold])].sort((a, b) => a - b);
  return distinct.map((threshold) => {
    const { anomalous, incidents } = decideRows({ ...given, policy: { ...given.policy, threshold } });
    return {
      threshold,
      percentile: (100 * lowerBound(sorted, threshold)) / sorted.length,
      anomalousRows: anomalous.reduce((sum, one) => sum + one, 0),
      incidents: incidents.length,
      perWeek: (incidents.length * WEEK_MS) / given.length,
      entities: new Set(incidents.map(({ entity }) => entity)).size,
      caught: scoreEvents({ labelled: given.events, alerts: incidents }).foundEvents,
      current: threshold === given.policy.threshold,
    };
  });
}
