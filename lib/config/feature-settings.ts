/** What a manifest asks to be made of the metrics; lib/features/plan.ts turns it into columns. */
import { readDuration } from '../base/duration.ts';

export const SCALER_KINDS = ['robust', 'minmax', 'standard'] as const;
export type ScalerKind = (typeof SCALER_KINDS)[number];

/** Of the values in a window that ends with the row. */
export const STATISTICS = ['mean', 'median', 'std', 'min', 'max', 'iqr'] as const;
export type Statistic = (typeof STATISTICS)[number];

/** Operations that look back over a duration. `vector` stands for the whole window vector of a metric. */
export const LOOKBACK_OPERATIONS = [
  'mean',
  'median',
  'std',
  'min',
  'max',
  'iqr',
  'change',
  'relative_change',
  'rate',
  'lag',
  'smooth',
  'vector',
] as const;
export type LookbackOperation = (typeof LOOKBACK_OPERATIONS)[number];

export type FeatureOperation =
  | { readonly kind: 'log' }
  /** `over` in milliseconds. */
  | { readonly kind: LookbackOperation; readonly over: number };

export const CALENDAR_CYCLES = ['hour_of_day', 'day_of_week'] as const;
export type CalendarCycle = (typeof CALENDAR_CYCLES)[number];

export type FeatureRequest =
  | {
      readonly kind: 'metrics';
      readonly metrics: 'all' | readonly string[];
      /** From left to right; none: the metric as it is. */
      readonly apply: readonly FeatureOperation[];
    }
  | {
      readonly kind: 'ratio';
      readonly of: string;
      readonly to: string;
      readonly apply: readonly FeatureOperation[];
    }
  | { readonly kind: 'calendar'; readonly cycle: CalendarCycle };

export interface FeatureSettings {
  /** IANA name, such as Europe/Berlin: whose clocks days and weeks go by. */
  readonly timeZone: string;
  readonly columns: readonly FeatureRequest[];
}

/** Every metric as it is. */
export const DEFAULT_FEATURES: FeatureSettings = {
  timeZone: 'UTC',
  columns: [{ kind: 'metrics', metrics: 'all', apply: [] }],
};

/** A week and a day: each scored window reads so much history again. */
export const LONGEST_LOOKBACK = '8d';

/** What `readOperation` takes but for the size of the duration, for schemas. */
export const OPERATION: RegExp = new RegExp(
  `^(?:log|(?:${LOOKBACK_OPERATIONS.join('|')}) (?=\\d)(?:\\d+w)?(?:\\d+d)?(?:\\d+h)?(?:\\d+m)?(?:\\d+s)?)$`,
);

/** "mean 15m" and the like; undefined where it is no operation, or its duration no whole seconds up to LONGEST_LOOKBACK. */
export function readOperation(text: string): FeatureOperation | undefined {
  if (!OPERATION.test(text)) return undefined;
  if (text === 'log') return { kind: 'log' };
  const [name, duration = ''] = text.split(' ');
  const kind = LOOKBACK_OPERATIONS.find((known) => known === name);
  const over = readDuration(duration);
  const longest = readDuration(LONGEST_LOOKBACK);
  if (kind === undefined || over === undefined || longest === undefined) return undefined;
  return over > 0 && over <= longest ? { kind, over } : undefined;
}

/** Zones that the calendar knew: to ask it takes 35 µs, and a state of many incidents asks for each. */
const knownZones = new Set<string>();

/** Whether this build's calendar knows the zone. */
export function isTimeZone(name: string): boolean {
  if (knownZones.has(name)) return true;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    knownZones.add(name);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
