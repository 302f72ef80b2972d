/** `spec.threshold` of a manifest: when rows become an anomaly. */
import * as z from 'zod';
import { DEFAULTS } from './defaults.ts';
import type { ChangeSettings } from './detector.ts';
import { FALSE_ALARMS } from './false-alarm-budget.ts';
import { choice, duration, number, text, wholeNumber } from './schema-fields.ts';

interface MinChange {
  readonly absolute?: number | undefined;
  readonly relative: number;
}

interface ManifestChange {
  readonly min_change?: MinChange | undefined;
  readonly direction?: ChangeSettings['direction'] | undefined;
}

export interface ManifestThreshold extends ManifestChange {
  readonly percentile?: number | undefined;
  readonly false_alarms?: string | undefined;
  readonly settle_after: string;
  readonly by_metric?: Readonly<Record<string, ManifestChange>> | undefined;
  readonly min_deviation?: number | undefined;
  readonly k?: number | undefined;
  readonly n?: number | undefined;
  readonly resolve_after?: number | undefined;
}

const minChange = z.strictObject(
  {
    absolute: number(0, 1e300)
      .optional()
      .describe("In the metric's own unit. By its unit where it is left out."),
    relative: number(0, 1000)
      .default(DEFAULTS.minRelativeChange)
      .describe('Share of the usual level: 0.05 is 5 %.'),
  },
  { error: 'must be a map with absolute, relative or both' },
);

const direction = choice(['above', 'below', 'both']);

export const thresholdSchema: z.ZodType<ManifestThreshold> = z.strictObject({
  percentile: number(50, 99.999)
    .optional()
    .describe(
      `In place of the budget: score that so many percent of the training rows lie below. With k, n or min_deviation alone ${DEFAULTS.percentile}, ${DEFAULTS.networkPercentile} for networks.`,
    ),
  false_alarms: text('a budget such as "1 per week", "0.5 per day" or "2 per month"', FALSE_ALARMS)
    .optional()
    .describe(
      `False alarms that are put up with on data like what was learned, over all entities, by hour, day, week or month: ${DEFAULTS.falseAlarms} by default.`,
    ),
  settle_after: duration('1m', '30d')
    .default(DEFAULTS.settleAfter)
    .describe('How long a level that moved has to stay before it counts as the new one.'),
  min_change: minChange.optional().describe('Smaller changes of a metric alert nobody.'),
  direction: direction
    .optional()
    .describe(
      'above: only what is higher than expected counts. below: only what is lower. What is better than usual by its name, such as more requests, shorter latencies, fewer errors or more cache hits, is no fault unless by_metric says both of it.',
    ),
  by_metric: z
    .record(
      z.string(),
      z.strictObject(
        { min_change: minChange.optional(), direction: direction.optional() },
        { error: 'must be a map with min_change, direction or both' },
      ),
      {
        error: 'must be a map of metrics',
      },
    )
    .optional()
    .describe('min_change and direction of single metrics, by name; they replace those of all.'),
  min_deviation: number(0, 1000)
    .optional()
    .describe(
      `With percentile: how far off a metric has to be, in robust standard deviations, before a row counts; 0: whatever the score says. ${DEFAULTS.minDeviation} by default.`,
    ),
  k: wholeNumber(1, 1000)
    .optional()
    .describe(`With percentile: rows of the newest n that have to be anomalous. ${DEFAULTS.k} by default.`),
  n: wholeNumber(1, 1000)
    .optional()
    .describe(`With percentile: rows that k is counted in. ${DEFAULTS.n} by default.`),
  resolve_after: wholeNumber(1, 10_000)
    .optional()
    .describe(
      `Rows in a row that are not anomalous, after which an anomaly is over. ${DEFAULTS.resolveAfterEvidence} by default, ${DEFAULTS.resolveAfter} with percentile.`,
    ),
});
