/** A whole window through a model, row by row beside what is known of each row. */
import type { Detector } from '../../config/detector.ts';
import type { ScoredRows } from '../../decision/contract.ts';
import { pickEvidence } from '../../evidence/evidence.ts';
import { applyCriteria, type CriterionCounts } from '../../features/apply-criteria.ts';
import { prepareLabelledRows } from '../../features/prepare-rows.ts';
import type { MetricWindow } from '../../window/window.ts';
import type { FittedDetector } from '../shared/fitted-detector.ts';
import { scoreRows } from '../shared/score-rows.ts';

export interface LabelledRows {
  readonly rows: ScoredRows;
  /** Per row; undefined where there is neither a label column nor a criterion. */
  readonly labels: Uint8Array | undefined;
  /** Criterion → rows; empty where a label column says it. */
  readonly labelledBy: CriterionCounts;
}

/** @throws FeatureError where the window lacks a metric of the model; LabelError for a criterion that cannot be applied */
export async function scoreLabelled(given: {
  readonly detector: Detector;
  readonly fitted: FittedDetector;
  readonly window: MetricWindow;
}): Promise<LabelledRows> {
  const { scored } = await scoreRows({ ...given, context: [] });
  const { labels, labelledBy } = labelWindow({ ...given, step: given.fitted.manifest.step });
  return { rows: scored, labels, labelledBy };
}

/** Labels of the rows as they are scored: those of the window's own column, or else the detector's criteria. */
export function labelWindow(given: {
  readonly detector: Detector;
  readonly window: MetricWindow;
  /** Ms. */
  readonly step: number;
}): {
  readonly window: MetricWindow;
  readonly labels: Uint8Array | undefined;
  readonly labelledBy: CriterionCounts;
} {
  const { detector, window, step } = given;
  const prepared = prepareLabelledRows(window, detector, step);
  const judged = window.labels === undefined ? [] : [window.range];
  const { window: labelled, labelledBy } = applyCriteria(prepared, detector, judged);
  return { window: labelled, labels: labelled.labels, labelledBy };
}

/** The rows from `from` (epoch ms) on. */
export function keepNewestRows({ rows, labels, labelledBy }: LabelledRows, from: number): LabelledRows {
  const kept = Uint32Array.from(rows.times.keys()).filter((row) => rows.times[row]! >= from);
  const pick = (values: Float64Array): Float64Array => Float64Array.from(kept, (row) => values[row]!);
  return {
    rows: {
      entities: rows.entities,
      entityOf: Uint32Array.from(kept, (row) => rows.entityOf[row]!),
      times: pick(rows.times),
      scores: pick(rows.scores),
      deviations: pick(rows.deviations),
      ...(rows.evidence !== undefined && { evidence: pickEvidence(rows.evidence, kept) }),
    },
    labels: labels && Uint8Array.from(kept, (row) => labels[row]!),
    labelledBy,
  };
}
