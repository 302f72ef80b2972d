/** How anomalies become incidents, and how often people hear of them. One for the topic: incidents cross detectors. */
import { parseDuration } from '../base/duration.ts';
import type { DailyTime } from './daily-time.ts';

/** What two anomalies may have in common that began at about the same time. */
export const GROUP_KEYS = ['detector', 'target_service', 'namespace', 'dependency'] as const;
export type GroupKey = (typeof GROUP_KEYS)[number];

/** Names, and reasons where they differ, as in Alertmanager's routes. Durations in ms. */
export interface GroupingPolicy {
  /** Any of these makes two anomalies one incident; none: each anomaly is an incident of its own. */
  readonly groupBy: readonly GroupKey[];
  /** From the first anomaly of an incident to its first message: what belongs to it comes meanwhile. */
  readonly groupWait: number;
  /** Least time from one message about an incident to the next that is no escalation, and from its end to the telling of it. */
  readonly groupInterval: number;
  /** After which an incident that is still open is told of again. */
  readonly repeatInterval: number;
  /**
   * New incidents that are told of within 24 hours, of all severities together; the rest goes into the digest. Places are reserved
   * for louder ones (lib/incident/budget.ts).
   */
  readonly incidentsADay: number;
  /** When the digest goes out. */
  readonly digestAt: DailyTime;
}

const GROUPING_DEFAULTS = {
  /** As in Alertmanager. What one outage does to twenty pods arrives within seconds. */
  groupWait: '30s',
  /** As in Alertmanager. */
  groupInterval: '5m',
  /** Alertmanager has 4h; an anomaly settles or is worked on, and a mail a day keeps it from being forgotten. */
  repeatInterval: '24h',
  /** More than anybody reads; a detector at its defaults opens one a week for nothing. */
  incidentsADay: 10,
  digestAt: '8h',
} as const;

export const DEFAULT_GROUPING: GroupingPolicy = {
  groupBy: GROUP_KEYS,
  groupWait: parseDuration(GROUPING_DEFAULTS.groupWait),
  groupInterval: parseDuration(GROUPING_DEFAULTS.groupInterval),
  repeatInterval: parseDuration(GROUPING_DEFAULTS.repeatInterval),
  incidentsADay: GROUPING_DEFAULTS.incidentsADay,
  digestAt: { time: parseDuration(GROUPING_DEFAULTS.digestAt) },
};
