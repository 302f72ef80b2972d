import type { FalseAlarmBudget } from './false-alarm-budget.ts';
import type { FeatureSettings, ScalerKind } from './feature-settings.ts';
import type { LabelSettings } from './label-settings.ts';
import type { ModelKind } from './model-kind.ts';
import type { Severity } from './severity.ts';
import type { Warmup } from './warmup.ts';

export interface FineTuneSettings {
  /** Whose version it is. */
  readonly detector: string;
  /** `current`, as of each training, or a version that stays as it is. */
  readonly version: string;
}

/** A validated manifest with every default filled in. Durations are milliseconds. */
export interface Detector {
  readonly name: string;
  /** False where the bucket holds no manifest: the step and metrics then come from the data. */
  readonly declared: boolean;
  readonly targetService: string | undefined;
  /** Name → PromQL. Empty for a detector that is only fed by dropped files. */
  readonly metrics: readonly { readonly name: string; readonly query: string }[];
  /** Labels whose values, joined by "/", name the entity. Empty: the whole detector is one entity. */
  readonly entityLabels: readonly string[];
  /** Grid distance; undefined: taken from the first data. */
  readonly step: number | undefined;
  /** Length of one exported window. */
  readonly detectionWindow: number;
  /** How often an export is due. */
  readonly schedule: number;
  /** How long samples may take to arrive in Prometheus: windows end this long before now. */
  readonly ingestDelay: number;
  /** How far back the first export reaches. */
  readonly backfill: number;
  readonly alertSeverity: Severity;
  /** `current` or a version that stays as it is. */
  readonly modelVersion: string;
  readonly model: {
    readonly kind: ModelKind;
    readonly params: Readonly<Record<string, unknown>>;
    readonly seed: number;
    /** A version of the same kind and columns to go on from, in place of random weights; absent: from scratch. */
    readonly fineTune?: FineTuneSettings;
  };
  readonly features: FeatureSettings;
  readonly scaler: ScalerKind;
  readonly labels: LabelSettings;
  readonly training: {
    /** What is needed before the first model. */
    readonly warmup: Warmup;
    /** Newest stretch of history that a model is fitted on. */
    readonly lookback: number;
    /** How often the scheduled training makes a new version. */
    readonly every: number;
  };
  readonly threshold: {
    /** Of the training scores, in percent: 99 means that 1 % of training rows score higher. Unused beside `falseAlarms`. */
    readonly percentile: number;
    /** In place of the percentile: the threshold that opens so many incidents on data like what was learned. */
    readonly falseAlarms?: FalseAlarmBudget;
    readonly minDeviation: number;
    readonly k: number;
    readonly n: number;
    readonly resolveAfter: number;
  };
  readonly gaps: {
    /** Gaps up to this many steps are filled by linear interpolation; longer ones stay missing. */
    readonly interpolateSteps: number;
  };
}
