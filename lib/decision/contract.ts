import type { RowEvidence } from '../evidence/evidence.ts';
import type { Spell } from './daily-spells.ts';

/** Scores of one window as the decision stage sees them: it never sees a model. Sorted by entity, then time. */
export interface ScoredRows {
  /** Where the version gathers it: what opens an anomaly in place of score and deviation. */
  readonly evidence?: RowEvidence;
  readonly entities: readonly string[];
  readonly entityOf: Uint32Array;
  /** Epoch milliseconds. */
  readonly times: Float64Array;
  /** Higher is more anomalous; NaN where the model gave none. */
  readonly scores: Float64Array;
  /**
   * Largest distance of a metric from its usual centre, in robust standard deviations. Infinity if a constant moved. NaN if
   * nothing was measured: such a row is ignored.
   */
  readonly deviations: Float64Array;
}

/** When rows become an anomaly. Part of the artifact's manifest, so that a decision can be made again. */
export interface DecisionPolicy {
  /** What of a row is held against the threshold; absent: its score. */
  readonly by?: 'evidence' | undefined;
  /** By evidence: a row at or above it keeps an open anomaly open. */
  readonly holdAbove?: number | undefined;
  /** By evidence: rows after which what the model alone still says of an open anomaly counts as usual. */
  readonly settleRows?: number | undefined;
  /**
   * By evidence: rows for which one metric has to be off what training predicts, wherever it has been of late, to open an anomaly by
   * that. Absent in versions that were trained before there was such a rule.
   */
  readonly driftRows?: number | undefined;
  /** A row is anomalous at or above this score… */
  readonly threshold: number;
  /** …and at or above this deviation. */
  readonly minDeviation: number;
  /**
   * …or at or above this finite deviation, whatever its score: see `extreme-deviation.ts`. Absent in versions that were
   * trained before there was such a rule.
   */
  readonly extremeDeviation?: number;
  /** An anomaly opens when `k` of the last `n` rows of an entity are anomalous. */
  readonly k: number;
  readonly n: number;
  /** It resolves after this many rows in a row below the threshold. */
  readonly resolveAfter: number;
}

/** What the decision stage remembers of an entity between windows. Plain data, kept in the detector's state. */
export interface EntityTrack {
  /** Epoch ms of the newest row that was decided on; rows up to and including it are never decided on again. */
  readonly decidedUntil: number;
  /** The anomalous ones among the newest n rows, oldest first. Empty after a gap and while an anomaly is open. */
  readonly recent: readonly { readonly time: number; readonly score: number }[];
  readonly open: OpenAnomaly | undefined;
  /**
   * Evidence of the model that counts as usual since an anomaly settled, and how many rows in a row stayed below half of
   * it. Only evidence on top of it opens the next anomaly.
   */
  readonly usualJoint?:
    | { readonly level: number; readonly below: number; readonly modelVersion: string }
    | undefined;
  /** By evidence: openings of the last day, oldest first. */
  readonly told?: readonly Telling[] | undefined;
  readonly heldBack?: HeldBack | undefined;
  /** By evidence: when it was off in the last days, oldest first. Absent: never. */
  readonly spells?: readonly Spell[] | undefined;
  /** By evidence: the newest rows have been off since before anybody watched, so that they are no news. */
  readonly wasOut?: boolean | undefined;
  /** How far they were at most; absent in tracks of before. */
  readonly outLevel?: number | undefined;
  /**
   * By evidence: metrics that are off what training predicts, and those that people know of. Absent: nobody follows them, because the newest
   * version has no `driftRows`.
   */
  readonly drifts?: readonly Drift[] | undefined;
}

/** A metric that has been off what training predicts to one side, wherever it has been of late. */
export interface Drift {
  /** As `JudgedRow.reason`: it outlives the version that saw it. */
  readonly reason: string;
  /** Epoch ms of the first row and the newest, of those since it was last not off. */
  readonly since: number;
  readonly until: number;
  /** Epoch ms of the first row at which people knew of it; absent: they do not. */
  readonly knownSince?: number | undefined;
}

/** What an anomaly was opened by. */
export interface Telling {
  /** Epoch ms. */
  readonly time: number;
  /** As `RowEvidence.series`, of that version; -2: the model. */
  readonly cause: number;
  readonly modelVersion: string;
  readonly level: number;
  /** Epoch ms of the newest row that was off for that reason; absent while the anomaly lies open, and once it has settled. */
  readonly until?: number | undefined;
  /** Epoch ms of the newest row that was off, once it has settled. */
  readonly settledAt?: number | undefined;
}

/** Rows that would have opened an anomaly, but were no news, together. Epoch ms of the first and the newest. */
export interface HeldBack {
  readonly since: number;
  /** Epoch ms of the row with which what the first of them tells of began; absent where that is `since`, and in tracks of before. */
  readonly start?: number | undefined;
  readonly until: number;
}

export interface OpenAnomaly {
  readonly id: string;
  /**
   * Epoch ms of its first row: where three of four rows opened it, the first of those three; otherwise the first anomalous row. In
   * tracks of before always that.
   */
  readonly start: number;
  /** Epoch ms of the first anomalous row, which its id is of; absent where that is `start`. */
  readonly firstAnomalous?: number | undefined;
  /** The reason of the slow drift that opened it, as `JudgedRow.reason`; absent where no such drift did. */
  readonly driftOf?: string | undefined;
  /** Epoch ms of the newest anomalous row. */
  readonly lastAnomalous: number;
  /** Rows in a row that were not anomalous. */
  readonly quietRows: number;
  readonly peakScore: number;
  /** Of the model that the scores here are of: scores of two models do not compare. */
  readonly modelVersion: string;
  /** The peak that people were last told of: an update is due when `peakScore` is materially above it. */
  readonly toldScore: number;
  /** Changes of state so far: 1 after it opened. */
  readonly sequence: number;
  /** By evidence: rows since it opened, and the sum of what the model alone said of them. */
  readonly joint?: { readonly rows: number; readonly sum: number } | undefined;
  /** By evidence: whether metrics have told of it, so that they also tell when it is over. */
  readonly byMetrics?: boolean | undefined;
  /** By evidence: how far the metrics that told of it were off what training foretells, by reason as `JudgedRow` has it. */
  readonly levels?: Readonly<Record<string, LevelOff>> | undefined;
}

/** Over rows that were part of an anomaly. `sum`: 1 a row is what alerts. */
export interface LevelOff {
  readonly rows: number;
  readonly sum: number;
}

/**
 * What became of an anomaly. `settled`: it is over, because the metrics stayed at a new level, which is usual from now on.
 * `retracted`: corrected data shows that it was never there.
 */
export const ANOMALY_STATES = ['opened', 'updated', 'settled', 'resolved', 'retracted'] as const;
export type AnomalyState = (typeof ANOMALY_STATES)[number];

/** A change of state that people may want to hear of. */
export interface Transition {
  readonly anomalyId: string;
  readonly entity: string;
  readonly state: AnomalyState;
  /** 1 for `opened`, then counting up; with the id it names the change. */
  readonly sequence: number;
  /** Epoch ms: first row, and newest row seen. `end` is set once resolved (exclusive). */
  readonly start: number;
  /** As `OpenAnomaly` has them. */
  readonly firstAnomalous?: number | undefined;
  readonly driftOf?: string | undefined;
  readonly lastAnomalous: number;
  readonly end: number | undefined;
  /**
   * Of `opened` by a mean, or by several metrics together: epoch ms of the first row of the stretch. What a mean over two hours shows may
   * have begun at any time within them. Absent where that is not before `start`, and where the row with which it began is known.
   */
  readonly earliestStart?: number | undefined;
  /** Of `resolved`: its pod is no longer there, and nothing says that it was well at its end. */
  readonly isGone?: boolean | undefined;
  /**
   * Row of `ScoredRows` that tells what the anomaly is about: of those of this window the worst that opened it, or a
   * later one that is materially worse. How a metric returns to normal can score a little higher than how it left.
   * Undefined if none (a plain resolve).
   */
  readonly tellingRow: number | undefined;
  /** Of `opened` by a slow drift, where `tellingRow` is of that: the column of the evidence that is off what training predicts. */
  readonly drifted?: number | undefined;
  readonly peakScore: number;
}
