/** Anomalies, incidents and notifications as the stage between scoring and the topic knows them: plain data, kept in its state. */
import type { DailyTime } from '../config/daily-time.ts';
import type { Severity } from '../config/severity.ts';
import type { AnomalyState } from '../decision/contract.ts';

/** What people are told of an incident. */
export const NOTIFIED_STATES = [
  'opened',
  'updated',
  'escalated',
  'settled',
  'resolved',
  'retracted',
  'digest',
] as const;
export type NotifiedState = (typeof NOTIFIED_STATES)[number];

/** Whether a message of that state ends its incident; false of one that is not known. */
export function isEnd(state: string): boolean {
  return state === 'settled' || state === 'resolved' || state === 'retracted';
}

/** One change of an anomaly: of one entity's stretch. Times are epoch ms. */
export interface AnomalyChange {
  readonly anomalyId: string;
  readonly state: AnomalyState;
  /** 1 for `opened`, then counting up. */
  readonly sequence: number;
  readonly detector: string;
  readonly entity: string;
  /** First row of it, and the newest anomalous one. */
  readonly start: number;
  readonly lastAnomalous: number;
  /** Exclusive; absent while it is open. */
  readonly end?: number | undefined;
  /** Peak of the evidence in units of what alerts; absent where scores of a model do not compare like that. */
  readonly level?: number | undefined;
  /**
   * How far its leading metric went at most from what was expected, in units of half of the usual band; absent where none leads, and
   * in states from before it was kept.
   */
  readonly reach?: number | undefined;
  /** `alert_severity`: no message about it is louder. */
  readonly cap: Severity;
  readonly targetService?: string | undefined;
  readonly namespace?: string | undefined;
  /** Of the entity, or the entity itself. */
  readonly workload: string;
  /** Entities of that workload which the detector knows, this one included. */
  readonly siblings: number;
  /** It is of a pod that had just begun: what starts is no fault unless it stays. */
  readonly isStart?: boolean | undefined;
  /**
   * Epoch ms from which on it may have begun: a stretch of the rows since then opened it. Absent where that is not before `start`,
   * and in states from before it was kept.
   */
  readonly earliestStart?: number | undefined;
  /** Services that the detector's target depends on. */
  readonly dependsOn: readonly string[];
  /** Ms that a row stands for. */
  readonly step: number;
  /** When its detector's incidents are told of together; absent: each by itself. */
  readonly digest?: DailyTime | undefined;
  /** The one that tells most of it; absent where nothing names one, and in states from before it was kept. */
  readonly metric?: string | undefined;
}

/** An anomaly of an incident, as its newest change left it. */
export type Member = AnomalyChange;

/**
 * `waiting`: more anomalies may still join it. `told`: people know of it. `held`: it waits for a digest, over the budget or
 * by its manifest. `digested`: the digest told of it. `closed`: its end was told, or there is nothing to tell.
 */
export const INCIDENT_STATUSES = ['waiting', 'told', 'held', 'digested', 'closed'] as const;

/** How bad an incident is, but for its severity: that has an end, and it can become worse beyond. */
export interface Extent {
  /** The highest of its members; absent where none has one. */
  readonly level?: number | undefined;
  /** The farthest of its members; absent where none has one, and in states from before it was kept. */
  readonly reach?: number | undefined;
  readonly isWide: boolean;
  /** How many workloads it is of; absent in states from before it was kept. */
  readonly workloads?: number | undefined;
  /** How many entities it is of; absent in states from before it was kept. */
  readonly entities?: number | undefined;
}

/**
 * What is new since people were told. `wider`: more entities; `farther`: farther out than anything was; `longer`: nothing but
 * that it lasts.
 */
export type News = 'wider' | 'farther' | 'longer';

/** An anomaly that an incident no longer lists: one between its entity's first anomaly and the newest. Epoch ms, half-open. */
export interface EarlierStretch {
  readonly anomalyId: string;
  readonly detector: string;
  readonly entity: string;
  readonly start: number;
  readonly end: number;
}

export interface Incident {
  /** The id of its first anomaly. */
  readonly id: string;
  /** In the order in which they joined. */
  readonly members: readonly Member[];
  /** Epoch ms at which its first anomaly came. */
  readonly firstSeen: number;
  readonly status: (typeof INCIDENT_STATUSES)[number];
  /** The loudest that it ever was. */
  readonly severity: Severity;
  /** Notifications so far. */
  readonly sequence: number;
  /** Of the newest notification: its time, and how loud it was. */
  readonly toldAt?: number | undefined;
  readonly toldSeverity?: Severity | undefined;
  /** It became materially worse since. */
  readonly isWorse: boolean;
  /**
   * Id of the anomaly that was the probable culprit in the first message, and stays a member; absent before that, and in states from
   * before it was kept.
   */
  readonly firstCulprit?: string | undefined;
  /** How bad it was when people were last told; absent in states from before it was kept. */
  readonly told?: Extent | undefined;
  /**
   * Set if people heard that it was over, but it came back: they have to hear that. Epoch ms of the first row that is
   * anomalous again.
   */
  readonly backSince?: number | undefined;
  /** Epoch ms at which the last of its members was over; absent while one is open. */
  readonly overSince?: number | undefined;
  /** How often the same came back shortly before: what flaps is called over later each time. */
  readonly flaps: number;
  /** The silence that keeps it from being told, or kept it until it was over. */
  readonly silencedBy?: string | undefined;
  /** That it was taken back was told. */
  readonly isRetracted?: boolean | undefined;
  /** The digest that told of it. */
  readonly digestId?: string | undefined;
  /**
   * It was held for the digest of its detectors, and not for want of room: epoch ms at which that goes out, or went out.
   */
  readonly ownDigestDue?: number | undefined;
  /** Of entities that came back again and again, the newest stretches that are no members any more, in the order in which they left. */
  readonly earlier?: readonly EarlierStretch[] | undefined;
  /** Incidents that nobody was told of and that turned out to be this one, by their ids. */
  readonly mergedFrom?: readonly string[] | undefined;
}

/** What the stage remembers between runs. */
export interface IncidentsState {
  /** By the time at which they were first seen. */
  readonly incidents: readonly Incident[];
  /**
   * Incidents that were told of within the last day, oldest first, each with the severity of its first message: what the budget
   * counts. One that was taken back is none. Those from before ids were kept have none.
   */
  readonly openings: readonly {
    readonly at: number;
    readonly severity: Severity;
    readonly incidentId?: string | undefined;
  }[];
  /** Epoch ms at which the next digest goes out; absent while nothing is held for it. */
  readonly digestDue?: number | undefined;
}

/** One message to be sent. */
export interface Notification {
  readonly state: NotifiedState;
  /** Of the incident, or of the digest. */
  readonly incidentId: string;
  /** Of the incident's notifications, from 1. */
  readonly sequence: number;
  readonly severity: Severity;
  /** `updated`, and nothing is new but that it is still there. */
  readonly isReminder?: boolean | undefined;
  /** `updated` or `escalated`: what is new; left out where nothing is known to be. */
  readonly news?: readonly News[] | undefined;
  /** `updated` or `escalated`: its end was told, and it is there again since then, epoch ms. */
  readonly backSince?: number | undefined;
  /**
   * Told of long after some of its members were over, by a first message or a reminder: it is about those that are open, who are
   * the first of `members`.
   */
  readonly isOfOpen?: boolean | undefined;
  /** Id of the anomaly that led the incident's first message; absent in a digest. */
  readonly firstCulprit?: string | undefined;
  /** Ranked: the probable culprit first; in a digest the culprits of its incidents, most important first. */
  readonly members: readonly Member[];
  /** Of a digest: its incidents, each in the place of its culprit. */
  readonly digested?: readonly Incident[] | undefined;
}
