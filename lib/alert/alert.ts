import type { WorkloadRevision } from '../base/workload.ts';
import type { FalseAlarmBudget } from '../config/false-alarm-budget.ts';
import type { Severity } from '../config/severity.ts';
import type { SilenceKind } from '../config/silence-settings.ts';
import type { Rarity } from '../decision/calibration.ts';
import type { AnomalyState } from '../decision/contract.ts';
import type { NotifiedState } from '../incident/contract.ts';
import type { MetricUnit } from './metric-unit.ts';

/** One metric's part in an alert, in the metric's own units. */
export interface Reason {
  readonly metric: string;
  /** What was computed from it, such as "change over 5m"; absent where it is the metric itself. */
  readonly derived?: string | undefined;
  /** 0 to 1 of the score at the worst row. */
  readonly share: number;
  /** At the worst row; null where nothing was measured. */
  readonly value: number | null;
  /** Of the values below and above; absent where it is in doubt. */
  readonly unit?: MetricUnit | undefined;
  /** Whether the clock predicts it: the bounds are then those of the row's time of day and week. */
  readonly byHour?: boolean | undefined;
  /**
   * What training data stayed within (0.5 % to 99.5 %), and its median. By evidence what was expected at that row, and of
   * a mean over a stretch how far it strays by itself.
   */
  readonly usualLow: number;
  readonly usualHigh: number;
  readonly usual: number;
  /**
   * How far `usual` lies off what training predicts, where the metric is held against a level that it has moved to and settled at; absent
   * elsewhere, and of what is computed from a metric.
   */
  readonly usualMoved?: number | undefined;
  /**
   * How far the value is from `usual`, in units of half of the band between the bounds, below it negative; null where nothing
   * was measured, or the band has no width. Absent in older alerts, and in what a state keeps to build one of.
   */
  readonly deviation?: number | null | undefined;
}

/** Data that is missing, in place of values that are unusual. */
export interface AlertSilence {
  /** `entity`: it reports no more; `metric`: it lacks metrics; `source`: nobody reports; `late`: data comes long after its time. */
  readonly kind: SilenceKind;
  /** Those that are missing; empty where everything is. */
  readonly metrics: readonly string[];
  /** The newest row that was there, ISO 8601 UTC. */
  readonly lastHeard: string;
  /** Of what comes at regular times, as a nightly job does: when it should have come; absent where that is not known. */
  readonly expected?: string | undefined;
  /** When it was there last, half-open; with `expected`. */
  readonly lastVisit?: { readonly from: string; readonly to: string } | undefined;
  /** Once it is over: whether the rows came after all, so that none is missing. */
  readonly cameLate: boolean;
  /** Once it is over: true where its entity is heard no more, so that nothing is back; else absent. */
  readonly isGone?: boolean | undefined;
}

/** New pods of a Deployment, of another ReplicaSet. */
export interface AlertRollout {
  /** With its namespace: "shop/checkout". */
  readonly workload: string;
  /** Absent: a Deployment. */
  readonly kind?: WorkloadRevision['kind'] | undefined;
  /** First row of a pod of the new ReplicaSet; of other kinds, at which the new revision was asked for. */
  readonly at: string;
  /**
   * Hashes of the ReplicaSet that was there, and of the new one, as names of pods have them; of a StatefulSet those of its revisions, of a
   * DaemonSet the generations of its specification.
   */
  readonly from: string;
  readonly to: string;
}

/** Where a metric has stayed that had moved. */
export interface AlertSettled {
  readonly metric: string;
  /** Median of the rows since. */
  readonly value: number;
  /** What was usual, or expected, when it moved. */
  readonly usual: number;
  readonly unit?: MetricUnit | undefined;
}

/** How far a metric went at most, and what was expected of it then. */
export interface AlertWorst {
  readonly metric: string;
  readonly value: number;
  /** ISO 8601 UTC. */
  readonly at: string;
  readonly unit?: MetricUnit | undefined;
  readonly usualLow: number;
  readonly usualHigh: number;
  readonly usual: number;
  readonly byHour?: boolean | undefined;
}

/** A counter or an uptime began again: of itself no reason to wake anybody, and often why the rest moved. */
export interface AlertRestart {
  readonly metric: string;
  /** First row after it, ISO 8601 UTC. */
  readonly at: string;
  /** Of the metric, before and after. */
  readonly from: number;
  readonly to: number;
}

/** A metric of another entity that moved as the leading one did. */
export interface AlertRelated {
  readonly detector: string;
  readonly entity: string;
  readonly metric: string;
  /** Of ranks, -1 to 1. */
  readonly correlation: number;
}

/** One anomaly of an incident: the stretch of one entity. Times are ISO 8601 UTC. */
export interface AlertMember {
  readonly anomalyId: string;
  /** In a digest: the incident whose probable culprit it is. State, start, end and summary are then of that. */
  readonly incidentId?: string | undefined;
  readonly detector: string;
  readonly entity: string;
  /** Of the entity, or the entity itself. */
  readonly workload: string;
  readonly state: AnomalyState;
  readonly start: string;
  readonly end: string | null;
  readonly summary: string;
  /** Key in the bucket: each of its changes, with its reasons. */
  readonly object: string;
}

/** By what a receiver may know an incident for as long as it lasts. */
export interface AlertCulprit {
  readonly detector: string;
  /** Absent where its manifest names none. */
  readonly targetService?: string | undefined;
  /** Absent where the entity is in none, or names none. */
  readonly namespace?: string | undefined;
  /** Without its namespace. */
  readonly workload: string;
  /** `metadata.labels` of its detector's manifest; absent where it has none. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/** What is said of an anomaly, and of an incident by its probable culprit. Times are ISO 8601 UTC. */
export interface AnomalyFacts {
  readonly formatVersion: 1;
  /** Of `resolved`: its pods are no longer there, so that nothing says that they were well; else absent. */
  readonly isGone?: boolean | undefined;
  readonly detector: string;
  readonly targetService: string | null;
  readonly entity: string;
  readonly severity: Severity;
  /** `metadata.labels` and `metadata.annotations` of the detector's manifest; absent where it has none. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  /** Of both, those that were too many or too long for a message; absent: none. */
  readonly metadataLeftOut?: number | undefined;
  /** One sentence for a phone's lock screen. */
  readonly summary: string;
  /** Largest share first; the top 20 of them. */
  readonly reasons: readonly Reason[];
  /** Reasons that were cut off the end of the list. */
  readonly reasonsLeftOut: number;
  /** Shortly before or during it, oldest first; at most 5. Absent where there is none. */
  readonly restarts?: readonly AlertRestart[] | undefined;
  /**
   * Of its workload or what its service depends on, shortly before or during it, oldest first; at most 5. Absent where there
   * is none.
   */
  readonly rollouts?: readonly AlertRollout[] | undefined;
  /**
   * Of the metric that leads the reasons, over all of the anomaly so far: reasons are of the row that tells most of it, which is
   * often one of its first. Absent where no metric by itself tells.
   */
  readonly worst?: AlertWorst | undefined;
  /**
   * Metrics of other entities that moved as the leading one did, the most alike first; at most 8. Those of other detectors that
   * have a part in the incident are there once the wait for the first message or the page has found them. Absent where none is known.
   */
  readonly related?: readonly AlertRelated[] | undefined;
  /** Of `settled`: the metric that it was about; absent where it was about none by itself. */
  readonly settled?: AlertSettled | undefined;
  /** What `score` and `threshold` are of; absent: the model's scores. `silence`: seconds without data. */
  readonly by?: 'evidence' | 'silence' | undefined;
  /** With `by: silence`. */
  readonly silence?: AlertSilence | undefined;
  readonly score: number;
  readonly threshold: number;
  /** By evidence: how often normal data goes as far as `threshold`, over all of a detector's entities. `per` in ms. */
  readonly falseAlarms?: FalseAlarmBudget | undefined;
  /** How often normal rows score as high as `score`; absent where the model's version does not tell. */
  readonly rarity?: Rarity | undefined;
  readonly start: string;
  /** Newest anomalous row. */
  readonly lastAnomalous: string;
  readonly end: string | null;
  readonly model: {
    readonly version: string;
    readonly kind: string;
    readonly trainedFrom: string;
    readonly trainedTo: string;
  };
  /** Keys in the bucket. */
  readonly objects: {
    readonly window: string;
    readonly scores: string;
  };
}

/** An anomaly as one of its changes left it: what the score stage writes, and what alerts are made of. */
export interface DescribedAnomaly extends AnomalyFacts {
  readonly anomalyId: string;
  /** Of this change: the anomaly's id, and the number of the change. */
  readonly changeId: string;
  readonly state: AnomalyState;
}

/**
 * What a subscriber gets: the JSON body of the message. What is of one anomaly (entity, reasons, score, model, objects) is of
 * the probable culprit among the incident's members.
 */
export interface Alert extends AnomalyFacts {
  /** Stable for one change of state of one incident: subscribers can drop repeats by it. */
  readonly notificationId: string;
  readonly incidentId: string;
  /** `digest`: not of one incident, but of those that the day's budget left out; its members are their culprits. */
  readonly state: NotifiedState;
  /** Its end was told, and it is there again: true in the first message that says so, else absent. */
  readonly isBack?: boolean | undefined;
  /** Of the incident's first message, and the same in all of them; absent in a digest, and in alerts from before it was told. */
  readonly firstCulprit?: AlertCulprit | undefined;
  /** Ranked, the probable culprit first. Absent in alerts of 0.1.0, which knew no incidents of several anomalies. */
  readonly members?: readonly AlertMember[] | undefined;
  /** Members that were cut off the end of the list; the incident's object has them. */
  readonly membersLeftOut?: number | undefined;
  readonly objects: AnomalyFacts['objects'] & {
    /** Its name and region; absent in alerts from before they were told, and where there is no bucket. */
    readonly bucket?: string | undefined;
    readonly region?: string | undefined;
    readonly incident: string;
    readonly anomaly?: string | undefined;
    /** Of the incident's page, which is written shortly after the message; absent in a digest. */
    readonly page?: string | undefined;
  };
  /** Where the deployment serves pages; put in when the message goes out, and kept nowhere: whoever has it may answer. */
  readonly links?: AlertLinks | undefined;
}

export interface AlertLinks {
  /** Address of the page. */
  readonly page: string;
  /** Until when it holds, ISO 8601 UTC, exclusive. */
  readonly expires: string;
}
