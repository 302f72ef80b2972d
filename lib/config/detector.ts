import type { DailyTime } from './daily-time.ts';
import type { FalseAlarmBudget } from './false-alarm-budget.ts';
import type { FeatureSettings, ScalerKind } from './feature-settings.ts';
import type { LabelSettings } from './label-settings.ts';
import type { ModelKind } from './model-kind.ts';
import type { Severity } from './severity.ts';
import type { SilenceSettings } from './silence-settings.ts';
import type { Shard } from './work-unit.ts';

export interface FineTuneSettings {
  /** Whose version it is. */
  readonly detector: string;
  /** `current`, as of each training, or a version that stays as it is. */
  readonly version: string;
}

/** What is written beside the scores. */
export interface OutputSettings {
  /** For each metric and row what was expected, and within which range. */
  readonly expected: boolean;
}

/** Which changes of a metric matter. */
export interface ChangeSettings {
  /** Smaller ones do not, in the metric's own unit; undefined: by its unit. */
  readonly absolute: number | undefined;
  /** Smaller ones do not, as a share of the usual level. */
  readonly relative: number;
  readonly direction: 'above' | 'below' | 'both';
}

/** Time counts from the oldest row of the history to the newest, whatever the number of entities. */
export interface WarmupTime {
  /** Ms. */
  readonly time: number;
  /** So few rows are not learned from, however long they took. */
  readonly leastRows: number;
  /** So many rows are enough, however short they took; absent: time alone counts. */
  readonly rows?: number;
}

/** What becomes of the rows of anomalies that nobody answered: `settled` takes in those that are the new usual. */
export const INCIDENT_RULES = ['exclude', 'include', 'settled'] as const;
export type IncidentRule = (typeof INCIDENT_RULES)[number];

/** A number is so many rows. */
export type Warmup = number | WarmupTime;

/** A validated manifest with every default filled in. Durations are milliseconds. */
export interface Detector {
  readonly name: string;
  /** Which of its entities a job is about; absent: all of them. A manifest says nothing of it. */
  readonly shard?: Shard;
  /** Into how many shards the first export is to deal out its entities; absent: as many as it takes. */
  readonly shards?: number;
  /** False where the bucket holds no manifest: the step and metrics then come from the data. */
  readonly declared: boolean;
  readonly targetService: string | undefined;
  /** Names of what the target depends on; absent: nobody said. */
  readonly dependsOn?: readonly string[];
  /** What alerts carry for people and their routing; absent: none. */
  readonly metadata?: {
    readonly labels?: Readonly<Record<string, string>> | undefined;
    readonly annotations?: Readonly<Record<string, string>> | undefined;
  };
  /** Which Prometheus of the deployment's list answers; absent: the one for detectors that name none. */
  readonly source?: string;
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
  /** Ms without a new window after which it counts as silent; absent: by schedule, or by how files have come. */
  readonly expectEvery?: number | 'never';
  /** How far back the first export reaches. */
  readonly backfill: number;
  readonly alertSeverity: Severity;
  /** When its incidents are told of together, but for critical ones; absent: each by itself. */
  readonly digest?: DailyTime;
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
    readonly incidents: IncidentRule;
  };
  readonly threshold: {
    /**
     * `evidence`: what metrics and model show over stretches of several lengths, each held to how far it goes by itself.
     * `percentile`: k of n rows whose score and deviation are high, for whoever asks for one of those.
     */
    readonly rule: 'evidence' | 'percentile';
    /** False incidents that are put up with on data like what was learned, over all entities. */
    readonly falseAlarms: FalseAlarmBudget;
    /** Ms after which a level that moved and stays counts as the new one. */
    readonly settleAfter: number;
    /** What is never alerted on, for every metric; `byMetric` goes before it. */
    readonly change: ChangeSettings;
    readonly byMetric: Readonly<Record<string, Partial<ChangeSettings>>>;
    /** Of the training scores, in percent: 99 means that 1 % of training rows score higher. */
    readonly percentile: number;
    readonly minDeviation: number;
    readonly k: number;
    readonly n: number;
    readonly resolveAfter: number;
  };
  readonly gaps: {
    /** Gaps up to this many steps are filled by linear interpolation; longer ones stay missing. */
    readonly interpolateSteps: number;
  };
  readonly silence: SilenceSettings;
  readonly outputs: OutputSettings;
}
