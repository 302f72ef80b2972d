/** The `features` part of a manifest, as people write it. */
import * as z from 'zod';
import {
  CALENDAR_CYCLES,
  type CalendarCycle,
  DEFAULT_FEATURES,
  type FeatureRequest,
  type FeatureSettings,
  isTimeZone,
  LONGEST_LOOKBACK,
  OPERATION,
  readOperation,
} from './feature-settings.ts';

/** At most so many requests for columns, and operations of each. */
const MOST_REQUESTS = 200;
const MOST_OPERATIONS = 5;

export interface ManifestFeatures {
  readonly time_zone: string;
  /** Each with one of `metrics`, `ratio` and `calendar`. */
  readonly columns: readonly ManifestFeatureColumn[];
}

export interface ManifestFeatureColumn {
  readonly metrics?: 'all' | readonly string[] | undefined;
  readonly ratio?: { readonly of: string; readonly to: string } | undefined;
  readonly calendar?: CalendarCycle | undefined;
  readonly apply?: readonly string[] | undefined;
}

const TIME_ZONE_ERROR = 'must be the name of a time zone, such as Europe/Berlin';
const OPERATION_ERROR = `must be log, or one such as mean 15m or change 1h, up to ${LONGEST_LOOKBACK}`;
const METRIC_ERROR = 'must be the name of a metric';

/** Dropped files may name their columns as they like. */
const metric = z.string({ error: METRIC_ERROR }).regex(/\S/, { error: METRIC_ERROR });

const column: z.ZodType<ManifestFeatureColumn> = z
  .strictObject(
    {
      metrics: z
        .union([z.literal('all'), z.array(metric).min(1)], {
          error: 'must be all, or a list of metric names',
        })
        .optional()
        .describe('The metrics to make a column of, each by itself.'),
      ratio: z
        .strictObject(
          { of: metric.describe('What is divided.'), to: metric.describe('By what.') },
          { error: 'must be a map with of and to' },
        )
        .optional()
        .describe('One metric divided by another, such as memory use by its limit.'),
      calendar: z
        .enum(CALENDAR_CYCLES, { error: `must be ${CALENDAR_CYCLES.join(' or ')}` })
        .optional()
        .describe("The row's local time on a circle: one column for the sine, one for the cosine."),
      apply: z
        .array(
          z
            .string({ error: OPERATION_ERROR })
            .regex(OPERATION, { error: OPERATION_ERROR, abort: true })
            .refine((given) => readOperation(given) !== undefined, { error: OPERATION_ERROR }),
          { error: 'must be a list such as [log, mean 15m]' },
        )
        .min(1, { error: 'must have at least one operation' })
        .max(MOST_OPERATIONS, { error: `must have at most ${MOST_OPERATIONS} operations` })
        .optional()
        .describe('What to compute, from left to right: docs/features.md. Left out: the value as it is.'),
    },
    { error: 'must be a map with metrics, ratio or calendar' },
  )
  .meta({
    oneOf: [{ required: ['metrics'] }, { required: ['ratio'] }, { required: ['calendar'] }],
    not: { required: ['calendar', 'apply'] },
  });

export const featureSchema: z.ZodType<ManifestFeatures> = z.strictObject({
  time_zone: z
    .string({ error: TIME_ZONE_ERROR })
    .refine(isTimeZone, { error: TIME_ZONE_ERROR })
    .default(DEFAULT_FEATURES.timeZone)
    .describe(
      'IANA name of the zone whose clocks days and weeks go by: in what is expected, and in calendar columns.',
    ),
  columns: z
    .array(column, { error: 'must be a list of columns' })
    .min(1, { error: 'must have at least one column' })
    .max(MOST_REQUESTS, { error: `must have at most ${MOST_REQUESTS} columns` })
    .default([{ metrics: 'all' }])
    .describe('What a model sees, beside data_availability.'),
});

/** @param features checked by `featureSchema`; undefined: the defaults */
export function toFeatureSettings(features: ManifestFeatures | undefined): FeatureSettings {
  if (features === undefined) return DEFAULT_FEATURES;
  return { timeZone: features.time_zone, columns: features.columns.map(toRequest) };
}

function toRequest({ metrics = 'all', ratio, calendar, apply = [] }: ManifestFeatureColumn): FeatureRequest {
  if (calendar !== undefined) return { kind: 'calendar', cycle: calendar };
  const operations = apply.flatMap((operation) => readOperation(operation) ?? []);
  if (ratio !== undefined) return { kind: 'ratio', ...ratio, apply: operations };
  return { kind: 'metrics', metrics, apply: operations };
}
