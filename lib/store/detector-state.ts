import type { DescribedAnomaly, Reason } from '../alert/alert.ts';
import type { Owner } from '../base/workload.ts';
import type { DailyTime } from '../config/daily-time.ts';
import type { EntityTrack } from '../decision/contract.ts';
import type { Retractable } from '../decision/retract.ts';
import type { RolloutState } from '../decision/rollouts.ts';
import type { SilenceState } from '../decision/silence/contract.ts';
import type { TimeRange } from '../window/time-range.ts';

/**
 * What a unit of work, which is a detector or a shard of one, remembers between runs: one JSON object, moved by If-Match. Whoever loses the race reads it anew
 * and finds the work done. Times are epoch milliseconds.
 */
export interface DetectorState {
  readonly formatVersion: 1;
  /** As the unit is called: of a shard `payment/shard=3-of-8`. */
  readonly detector: string;
  readonly phase: 'learning' | 'active';
  /** Grid distance in use; set by the manifest or by the first data. */
  readonly step: number | undefined;
  /** Everything before this was exported (exclusive end of the newest window); undefined before the first export. */
  readonly exportedUntil: number | undefined;
  /** What the exporter knows besides its cursor; absent before the first export. */
  readonly exporting?: ExportProgress;
  /**
   * Into how many shards its entities are dealt out, from the first export on and for good; absent: into none. Of a shard,
   * these three are the detector's own: they are kept in its state, and found in that of each shard.
   */
  readonly shards?: number;
  /** While learning: by window key. Emptied once a model exists. */
  readonly learning: Readonly<Record<string, LearnedWindow>>;
  /** End of the first model's training range: rows before it are scored and never alerted on. */
  readonly watchFrom: number | undefined;
  /** When the newest version was made, by the data's own clock: the end of its training range. */
  readonly trainedUntil: number | undefined;
  readonly entities: Readonly<Record<string, EntityTrack>>;
  /**
   * By workload: up to when those of its pods were decided on that have no track any more, since their names never come back. Absent
   * while there is none.
   */
  readonly endedPods?: Readonly<Record<string, number>> | undefined;
  /** Who was heard until when; absent before a version that knows who is missed has scored anything. */
  readonly silence?: SilenceState | undefined;
  /** Anomalies that a corrected window may still take back; absent while there is none. */
  readonly retractable?: Retractable | undefined;
  /** What was rolled out; absent while nothing told of a revision. */
  readonly rollouts?: RolloutState | undefined;
  /** Of entities with a track, the owners of pods whose names tell another one or none; absent while there is none. */
  readonly podOwners?: Readonly<Record<string, Owner>> | undefined;
  /** Open anomalies by id: why the worst row that people were told of scored as it did. */
  readonly worst: Readonly<Record<string, WorstRow>>;
  /** The windows that were decided on last, as `key@etag`, oldest first: what a repeated event finds done. */
  readonly decided: readonly string[];
  /**
   * Of the windows that were decided on last, oldest first: rows that were no longer anomalous because it had settled
   * before. A run that finds a window decided and without scores writes those that the first one would have.
   */
  readonly usualRows?: readonly UsualRows[];
  /** Changes of anomalies that the notify stage has not taken over yet, oldest first. */
  readonly outbox: readonly PendingChange[];
}

export interface UsualRows {
  /** As `decided` has it. */
  readonly window: string;
  /** Of the window, ascending. */
  readonly rows: readonly number[];
}

export interface LearnedWindow {
  readonly etag: string;
  readonly rows: number;
  /** Oldest row, and the end of the newest. Absent in states from before they were written. */
  readonly start?: number;
  readonly end?: number;
}

export interface ExportProgress {
  /** Backfill before this is written as whole UTC days. Fixed by the first run, so that no two runs cut differently. */
  readonly daysUntil: number;
  /** Start of the first window that held data. */
  readonly dataSince?: number;
  /** Newest stretches in which the source had nothing although it had data before and after, oldest first. */
  readonly gaps: readonly TimeRange[];
  /**
   * How windows are cut that no run has finished: what a dead one left at the cursor is what the next one would write there.
   * Absent in states from before it was kept.
   */
  readonly cut?: WindowsCut | undefined;
}

/** Ms. */
export interface WindowsCut {
  readonly step: number;
  readonly detectionWindow: number;
}

export interface WorstRow {
  readonly score: number;
  readonly reasons: readonly Reason[];
  /** How far the metric that leads them went at most so far; absent in states from before it was kept. */
  readonly farthest?: FarthestValue | undefined;
  /** How far that was when a change told of it last; absent in states from before it was kept. */
  readonly told?: ToldReach | undefined;
}

/** How far a metric was from what was expected of it, of its own unit, and the newest row that it was told with, epoch ms. */
export interface ToldReach {
  readonly metric: string;
  readonly departure: number;
  readonly at: number;
}

/** What a metric was at one row, and what was expected of it then. Of its own unit. */
export interface FarthestValue {
  readonly metric: string;
  readonly value: number;
  /** Epoch ms. */
  readonly at: number;
  readonly usualLow: number;
  readonly usualHigh: number;
  readonly usual: number;
  /** Whether the bounds are those of the time of day and week. */
  readonly byHour?: boolean | undefined;
}

/** A change of an anomaly. Which incident that belongs to is decided later, by the stage that tells people. */
export interface PendingChange {
  readonly anomaly: DescribedAnomaly;
  readonly sequence: number;
  /** What says which others it belongs to; absent in states from before there were incidents. */
  readonly about?: AnomalyContext | undefined;
}

export interface AnomalyContext {
  readonly namespace?: string | undefined;
  /** Of the entity, or the entity itself. */
  readonly workload: string;
  /** Entities of that workload which the detector knows, this one included. */
  readonly siblings: number;
  /** Its pod was not there before this window. */
  readonly isStart?: boolean | undefined;
  /** Of its first change: epoch ms from which on it may have begun, where that is before its start. */
  readonly earliestStart?: number | undefined;
  /** `spec.depends_on` */
  readonly dependsOn: readonly string[];
  /** Ms that a row stands for. */
  readonly step: number;
  /** `spec.alerts.digest` */
  readonly digest?: DailyTime | undefined;
}
