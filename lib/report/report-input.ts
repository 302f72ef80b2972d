/**
 * What a report is made of: plain data, and nothing that the version id does not cover. A run that was cut short and
 * is run again, perhaps after the manifest's schedule or severity changed, then writes the same bytes.
 */
import type { Reason } from '../alert/alert.ts';
import type { MetricUnit } from '../alert/metric-unit.ts';
import { type Expectation, seriesOf } from '../expectation/expectation.ts';
import { type ExpectedRange, expectRange, isSeasonal } from '../expectation/expected-range.ts';
import type { Profile } from '../features/profile.ts';
import type { FitSummary } from '../models/framework/contract.ts';
import type { ModelManifest } from '../store/model-manifest.ts';
import type { MetricWindow } from '../window/window.ts';

export interface ReportInput {
  readonly version: VersionFacts;
  /** The rows that the model was fitted on: on the grid, short gaps filled. `labels` are those known at training. */
  readonly window: MetricWindow;
  /** Share of the metrics that hold a value, per row, 0 to 1. */
  readonly availability: Float64Array;
  readonly scaler: UsualRanges;
  /** What was expected by the clock, on the scale that `scaler` gives; absent in versions that go by the score. */
  readonly expectation?: Expectation | undefined;
  /** What metrics are measured in; absent where in doubt. */
  readonly units: Readonly<Record<string, MetricUnit | undefined>>;
  /** One per row, what the policy holds against its threshold: evidence, or scores (NaN where the model gave none). */
  readonly scores: Float64Array;
  /** One per row: largest distance of a metric from its usual centre, in robust standard deviations. */
  readonly deviations: Float64Array;
  /** What `pickMoments` picked, explained by the model. */
  readonly moments: readonly ExplainedMoment[];
  /** What the fit had to say. */
  readonly summary: FitSummary;
  /** Label criterion → rows in which it held; empty where a label column, or nothing, says what was anomalous. */
  readonly labelledBy: Readonly<Record<string, number>>;
}

/** The part of a scaler that people are told of: one profile per column, for each entity and over all of them. */
export interface UsualRanges {
  readonly columns: readonly string[];
  readonly entities: ReadonlyMap<string, readonly Profile[]>;
  readonly pooled: readonly Profile[];
}

export type VersionFacts = Omit<ModelManifest, 'files' | 'formatVersion' | 'manifestHash'>;

/** One row that stands for an anomalous stretch. */
export interface Moment {
  /** Of the window. */
  readonly row: number;
  readonly entity: string;
  /** Epoch ms. */
  readonly time: number;
  readonly score: number;
}

export interface ExplainedMoment extends Moment {
  /** Largest share first. */
  readonly reasons: readonly Reason[];
}

/** The longest stretch that stands for "a week" in every figure of a report. */
export const WEEK_MS: number = 7 * 24 * 3_600_000;

/** What is usual for a metric of an entity; undefined where no column holds the metric as it is. */
export function usualOf(
  { columns, entities, pooled }: UsualRanges,
  entity: string,
  metric: string,
): Profile | undefined {
  return (entities.get(entity) ?? pooled)[columns.indexOf(metric)];
}

/** What the figures per row are of, as people are told. */
export function nameLevel({ policy }: Pick<VersionFacts, 'policy'>): 'evidence' | 'score' {
  return policy.by ?? 'score';
}

/** For a metric whose usual range follows the clock: that range at a time (epoch ms); undefined where it does not. */
export function expectationOf(
  { scaler, expectation }: Pick<ReportInput, 'scaler' | 'expectation'>,
  entity: string,
  metric: string,
): ((time: number) => ExpectedRange) | undefined {
  const column = scaler.columns.indexOf(metric);
  const profile = usualOf(scaler, entity, metric);
  const series = expectation && seriesOf(expectation, entity)[column];
  if (profile === undefined || series === undefined || !isSeasonal(series)) return undefined;
  if (expectRange(series, profile, 0) === undefined) return undefined;
  return (time) => expectRange(series, profile, time)!;
}
