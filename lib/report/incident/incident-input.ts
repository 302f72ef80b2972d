/** What the page of an incident is made of: plain data, cut to what a page can show before it comes here. */
import type { Alert, AlertMember, DescribedAnomaly } from '../../alert/alert.ts';
import type { MetricUnit } from '../../alert/metric-unit.ts';
import type { Severity } from '../../config/severity.ts';
import type { ExpectedRange } from '../../expectation/expected-range.ts';
import type { Profile } from '../../features/profile.ts';
import type { Band } from '../drawing/timeline.ts';

export interface IncidentInput {
  readonly incidentId: string;
  readonly severity: Severity;
  /** Every message about it, oldest first; at least one. */
  readonly messages: readonly Alert[];
  /** Ranked, the probable culprit first; at least one. */
  readonly members: readonly MemberInput[];
  /** Members that the page has no room for. */
  readonly membersLeftOut: number;
  /** What the plots cover: before, during and after. */
  readonly range: Band;
  /** Metrics of other entities that moved with the culprit's leading one, the most alike first. */
  readonly related: readonly RelatedInput[];
  /** The most alike first. */
  readonly similar: readonly SimilarIncident[];
  /** Of incidents of the culprit's detector before it; undefined where nobody answered one. */
  readonly answered: AnsweredIncidents | undefined;
  /** How many days back similar ones were looked for. */
  readonly similarDays: number;
  /** Whole sentences: what could not be read, or was left out. */
  readonly notes: readonly string[];
  /** Up to which the page knows what happened, epoch ms, exclusive: what is open goes on beyond for all that it tells. */
  readonly seenUntil: number;
  /** When the page was made, epoch ms. */
  readonly madeAt: number;
}

export interface MemberInput {
  readonly member: AlertMember;
  /** As its newest change left it, with its reasons; undefined where that is not to be had. */
  readonly anomaly: DescribedAnomaly | undefined;
  /** When its entity was anomalous in the incident, ascending; this time included. `end` is undefined while it is open. */
  readonly stretches: readonly { readonly start: number; readonly end: number | undefined }[];
  /** Of its metrics with the largest part in it; empty for members that have no plots. */
  readonly series: readonly SeriesInput[];
}

/** One metric of one entity over the page's range. */
export interface SeriesInput {
  readonly metric: string;
  readonly unit: MetricUnit | undefined;
  /** Ms between rows. */
  readonly step: number;
  /** Epoch ms, ascending; as long as `values`, which are NaN where nothing was measured. */
  readonly times: Float64Array;
  readonly values: Float64Array;
  /** What the model expects at a time (epoch ms); undefined where it has no expectation. */
  readonly expected: ((time: number) => ExpectedRange) | undefined;
  /** In its place, what training stayed within. */
  readonly usual: Profile | undefined;
}

export interface RelatedInput {
  readonly detector: string;
  readonly entity: string;
  readonly metric: string;
  /** Of ranks, -1 to 1. */
  readonly correlation: number;
  /** Its entity has an anomaly in the incident. */
  readonly isMember: boolean;
}

export interface AnsweredIncidents {
  /** At least one. */
  readonly count: number;
  /** Those whose verdict is `true`. */
  readonly real: number;
  /** Only so many incidents before it were looked at; undefined: all of those days. */
  readonly newest?: number | undefined;
}

export interface SimilarIncident {
  readonly incidentId: string;
  /** Of its newest message. */
  readonly state: Alert['state'];
  readonly severity: Severity;
  readonly summary: string;
  /** ISO 8601 UTC; null where it never ended. */
  readonly start: string;
  readonly end: string | null;
  /** What the two have in common, such as "same entity". */
  readonly shared: string;
}
