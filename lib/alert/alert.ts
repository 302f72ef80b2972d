import type { Severity } from '../config/severity.ts';
import type { Rarity } from '../decision/calibration.ts';
import type { IncidentState } from '../decision/contract.ts';
import type { MetricUnit } from './metric-unit.ts';

export { SEVERITIES, type Severity } from '../config/severity.ts';

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
  /** What training data stayed within (0.5 % to 99.5 %), and its median. */
  readonly usualLow: number;
  readonly usualHigh: number;
  readonly usual: number;
}

/** What a subscriber gets: the JSON body of the message. Times are ISO 8601 UTC. */
export interface Alert {
  readonly formatVersion: 1;
  /** Stable for one change of state of one incident: subscribers can drop repeats by it. */
  readonly notificationId: string;
  readonly incidentId: string;
  readonly state: IncidentState;
  readonly detector: string;
  readonly targetService: string | null;
  readonly entity: string;
  readonly severity: Severity;
  /** One sentence for a phone's lock screen. */
  readonly summary: string;
  /** Largest share first; the top 20 of them. */
  readonly reasons: readonly Reason[];
  /** Reasons that were cut off the end of the list. */
  readonly reasonsLeftOut: number;
  readonly score: number;
  readonly threshold: number;
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
  readonly objects: { readonly window: string; readonly scores: string; readonly incident: string };
}
