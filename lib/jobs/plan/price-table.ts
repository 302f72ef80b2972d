/** What AWS asks for what a deployment uses: a dated table of one region, which people may replace by their own. */
import { parse } from 'yaml';
import * as z from 'zod';
import { SettingError } from '../../base/errors.ts';
import defaultTable from './prices.json' with { type: 'json' };

/** What each price is of, for people; the table has one for each of these. */
const PRICED = {
  lambdaGbSecond: 'Lambda, arm64: a GB-second',
  lambdaMillionRuns: 'Lambda: a million runs',
  fargateVcpuHour: 'Fargate, Linux on ARM: a processor for an hour',
  fargateGbHour: 'Fargate, Linux on ARM: a GB for an hour',
  stepFunctionsThousandTransitions: 'Step Functions, standard workflows: a thousand state transitions',
  s3ThousandReads: 'S3 Standard: a thousand GET and HEAD',
  s3ThousandWrites: 'S3 Standard: a thousand PUT, COPY and LIST',
  s3GbMonth: 'S3 Standard: a GB for a month',
  sqsMillionRequests: 'SQS, standard queues: a million requests',
  snsMillionMessages: 'SNS: a million messages published',
  schedulerMillionRuns: 'EventBridge Scheduler: a million runs',
  metricMonth: 'CloudWatch: a custom metric for a month',
  alarmMonth: 'CloudWatch: an alarm on one metric for a month',
  logsGb: 'CloudWatch Logs: a GB taken in',
} as const;
export type PriceName = keyof typeof PRICED;
export const PRICE_NAMES = Object.keys(PRICED) as [PriceName, ...PriceName[]];

export interface PriceTable {
  /** Of AWS. */
  readonly region: string;
  /** The day that the prices are of, YYYY-MM-DD. */
  readonly asOf: string;
  readonly currency: string;
  /** What whoever reads a figure has to know of them: told with each plan. */
  readonly note?: string | undefined;
  /** Pages that have them. */
  readonly sources: readonly string[];
  readonly prices: Readonly<Record<PriceName, number>>;
  /** How much of it is free in each month, for good, for an account with all that runs in it; absent: nothing is known of that. */
  readonly alwaysFree?: Readonly<Partial<Record<PriceName, number>>> | undefined;
}

/** People write it, so that a price that is mistyped is named, and not one of another table used in its place. */
const schema: z.ZodType<PriceTable> = z.strictObject({
  region: z.string().min(1),
  asOf: z.iso.date(),
  currency: z.string().min(1),
  note: z.string().min(1).optional(),
  sources: z.array(z.string()),
  // Each of them, and no other.
  prices: z.record(z.enum(PRICE_NAMES), z.number().min(0)),
  // Of some.
  alwaysFree: z.partialRecord(z.enum(PRICE_NAMES), z.number().min(0)).optional(),
});

export const DEFAULT_PRICES: PriceTable = schema.parse(defaultTable);

/**
 * @param text YAML or JSON
 * @param source the file, for messages
 * @throws SettingError that names every member that is missing, unknown or no price
 */
export function parsePriceTable(text: string, source: string): PriceTable {
  const parsed = schema.safeParse(parseText(text, source));
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(
    ({ path, message }) => `${path.join('.') || 'the table'}: ${message}`,
  );
  throw new SettingError('bad-prices', `${source} is no table of prices: ${problems.join('; ')}`);
}

function parseText(text: string, source: string): unknown {
  try {
    return parse(text);
  } catch (cause) {
    throw new SettingError('bad-prices', `${source} is neither YAML nor JSON: ${String(cause)}`, { cause });
  }
}
