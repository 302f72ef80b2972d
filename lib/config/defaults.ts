/** Every default of a detector, with its unit and its reason. The JSON Schema and the docs take them from here. */

import { parseDuration } from '../base/duration.ts';
import type { Detector, WarmupTime } from './detector.ts';
import { parseFalseAlarms } from './false-alarm-budget.ts';
import { DEFAULT_FEATURES } from './feature-settings.ts';
import { DEFAULT_LABELS } from './label-settings.ts';
import type { SilenceSettings } from './silence-settings.ts';

/** Durations as people write them. */
export const DEFAULTS = {
  /** Long enough to fill k of n at the default step, short enough to hear of trouble while it is small. */
  detectionWindow: '15m',
  /** Most scrape intervals are 15 s to 60 s: a finer step repeats samples. */
  step: '1m',
  /** One scrape interval of 60 s: a sample of the window's last minute is in Prometheus by then. Thanos, remote write
   * and recording rules can lag by more. */
  ingestDelay: '1m',
  /** A week holds every weekday once; Prometheus itself keeps 15 days by default. */
  backfill: '7d',
  severity: 'warning',
  modelVersion: 'current',
  modelKind: 'auto',
  seed: 1,
  /** Median and quartiles: the incidents that training data holds do not widen what is usual. */
  scaler: 'robust',
  /** Rows: a day of one entity at the default step, and more than the thousand that the default percentile needs. */
  warmup: 1440,
  /**
   * Enough, too, if this time passes before those rows have come, with at least so many rows: else an hourly KPI would wait for 60 days. Two weeks hold
   * each weekday twice, and 200 rows are eight hourly days.
   */
  warmupTime: '14d',
  warmupLeastRows: 200,
  /** Two weeks: a model sees each weekday twice and forgets last month's deployment. */
  lookback: '14d',
  trainEvery: '1d',
  /** A fault that nobody answered is no part of what is normal; a level that has stayed is. */
  trainOnIncidents: 'settled',
  /**
   * Percent. With 4 of 5 it gave 0 to 1 false incidents a day over 9 pods of a fault-free week; 99.5 with 3 of 5 gave
   * 10 to 31: docs/decisions/0006-threshold-defaults.md.
   */
  percentile: 99.9,
  /**
   * Percent, for networks: at 95 the autoencoder's precision and recall are both above 0.8 on simulated incidents, at 99
   * it misses half of the rows (docs/studies/sequences.md). A row has to be far out in a metric and 4 of 5 have to agree as well.
   */
  networkPercentile: 95,
  /** Over all entities of a detector: people accept one false alarm a week. */
  falseAlarms: '1 per week',
  /** A deployment that changed a level is no news after a few hours, and people have heard of a fault by then. */
  settleAfter: '3h',
  /** Share of a metric's usual level: nobody should be woken for a change that they would not see on a chart. */
  minRelativeChange: 0.01,
  /** Rows: six usual ones. The stretches that evidence looks at end as soon as their newest rows are usual. */
  resolveAfterEvidence: 5,
  /** Robust standard deviations: a row that is rare and hardly deviates needs nobody's attention. */
  minDeviation: 3,
  /** Rows: 4 anomalous ones of 5, so one bad scrape alerts nobody. */
  k: 4,
  n: 5,
  /** Rows. Twice n, so that an incident that flaps stays one incident. */
  resolveAfter: 10,
  /** Steps: a scrape or three that failed; beyond that a line between two points is a guess. */
  interpolateSteps: 3,
  /** A window of the default length: a pod that is replaced is back long before, and nobody waits for longer to hear of a
   * service that is gone. */
  silentEntity: '15m',
  silentMetric: '15m',
  /** Four windows of the default length: a Prometheus that is restarted or moved is back by then. */
  silentSource: '1h',
  /** Files with history come days after their rows, and a daily file comes after one: only people know what is late. */
  late: 'off',
  /** Three columns a metric would make a scores file larger than its window. */
  writesExpected: false,
} as const;

export const DEFAULT_WARMUP: WarmupTime = {
  rows: DEFAULTS.warmup,
  time: parseDuration(DEFAULTS.warmupTime),
  leastRows: DEFAULTS.warmupLeastRows,
};

export const DEFAULT_SILENCE: SilenceSettings = {
  entity: parseDuration(DEFAULTS.silentEntity),
  metric: parseDuration(DEFAULTS.silentMetric),
  source: parseDuration(DEFAULTS.silentSource),
  late: undefined,
};

/** The detector behind files that were dropped without a manifest: step and metrics come from the data. */
export function defaultDetector(name: string): Detector {
  return {
    name,
    declared: false,
    targetService: undefined,
    metrics: [],
    entityLabels: [],
    step: undefined,
    detectionWindow: parseDuration(DEFAULTS.detectionWindow),
    schedule: parseDuration(DEFAULTS.detectionWindow),
    ingestDelay: parseDuration(DEFAULTS.ingestDelay),
    backfill: parseDuration(DEFAULTS.backfill),
    alertSeverity: DEFAULTS.severity,
    modelVersion: DEFAULTS.modelVersion,
    model: { kind: DEFAULTS.modelKind, params: {}, seed: DEFAULTS.seed },
    features: DEFAULT_FEATURES,
    labels: DEFAULT_LABELS,
    scaler: DEFAULTS.scaler,
    training: {
      warmup: DEFAULT_WARMUP,
      lookback: parseDuration(DEFAULTS.lookback),
      every: parseDuration(DEFAULTS.trainEvery),
      incidents: DEFAULTS.trainOnIncidents,
    },
    threshold: {
      rule: 'evidence',
      falseAlarms: parseFalseAlarms(DEFAULTS.falseAlarms),
      settleAfter: parseDuration(DEFAULTS.settleAfter),
      change: { absolute: undefined, relative: DEFAULTS.minRelativeChange, direction: 'both' },
      byMetric: {},
      percentile: DEFAULTS.percentile,
      minDeviation: DEFAULTS.minDeviation,
      k: DEFAULTS.k,
      n: DEFAULTS.n,
      resolveAfter: DEFAULTS.resolveAfterEvidence,
    },
    gaps: { interpolateSteps: DEFAULTS.interpolateSteps },
    silence: DEFAULT_SILENCE,
    outputs: { expected: DEFAULTS.writesExpected },
  };
}
