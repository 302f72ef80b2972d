/** What a usage costs in a month of 30 days. */
import type { ContainerUsage } from './containers.ts';
import { ALARMED_METRICS, FUNCTION_NAMES } from './functions.ts';
import { PRICE_NAMES, type PriceName, type PriceTable } from './price-table.ts';
import { requestsOf, type Usage } from './usage.ts';

export const DAYS_A_MONTH = 30;

export const COST_ITEMS = [
  'compute',
  'containers',
  'workflows',
  'requests',
  'storage',
  'queues',
  'messages',
  'schedules',
  'metrics',
  'alarms',
  'logs',
] as const;
export type CostItem = (typeof COST_ITEMS)[number];
/** In the currency of the table. */
export type Costs = Readonly<Record<CostItem, number>>;

const GB = 2 ** 30;

/** What each price is a part of. */
const ITEM_OF: Readonly<Record<PriceName, CostItem>> = {
  lambdaGbSecond: 'compute',
  lambdaMillionRuns: 'compute',
  fargateVcpuHour: 'containers',
  fargateGbHour: 'containers',
  stepFunctionsThousandTransitions: 'workflows',
  s3ThousandReads: 'requests',
  s3ThousandWrites: 'requests',
  s3GbMonth: 'storage',
  sqsMillionRequests: 'queues',
  snsMillionMessages: 'messages',
  schedulerMillionRuns: 'schedules',
  metricMonth: 'metrics',
  alarmMonth: 'alarms',
  logsGb: 'logs',
};

interface Times {
  /** Whether the alarms are part of it: those of the deployment. */
  readonly hasAlarms: boolean;
  /** How often the usage is had; what is stored, watched and measured is of a month in any case. */
  readonly times?: number;
}

export function priceUsage(usage: Usage, { prices }: PriceTable, given: Times): Costs {
  return sumItems(measureUsage(usage, given), prices, {});
}

/**
 * Less what is always free, as if nothing else of the account took of it.
 * @returns undefined where the table says nothing of that
 */
export function priceBeyondFree(usage: Usage, { prices, alwaysFree }: PriceTable): Costs | undefined {
  return alwaysFree && sumItems(measureUsage(usage, { hasAlarms: true }), prices, alwaysFree);
}

/** In the units of the prices. */
function measureUsage(
  usage: Usage,
  { hasAlarms, times = DAYS_A_MONTH }: Times,
): Readonly<Record<PriceName, number>> {
  const functions = FUNCTION_NAMES.map((name) => usage.functions[name]);
  const { reads, lists, writes } = requestsOf(usage);
  const { vcpuHours, gbHours } = usage.containers;
  return {
    lambdaGbSecond: times * functions.reduce((sum, { gbSeconds }) => sum + gbSeconds, 0),
    lambdaMillionRuns: (times * functions.reduce((sum, { runs }) => sum + runs, 0)) / 1e6,
    fargateVcpuHour: times * vcpuHours,
    fargateGbHour: times * gbHours,
    stepFunctionsThousandTransitions: (times * usage.transitions) / 1000,
    s3ThousandReads: (times * reads) / 1000,
    s3ThousandWrites: (times * (lists + writes)) / 1000,
    s3GbMonth: usage.storedBytes / GB,
    sqsMillionRequests: (times * usage.queueRequests) / 1e6,
    snsMillionMessages: (times * usage.messages) / 1e6,
    schedulerMillionRuns: (times * usage.scheduled) / 1e6,
    metricMonth: usage.customMetrics,
    alarmMonth: hasAlarms ? ALARMED_METRICS : 0,
    logsGb: (times * usage.logBytes) / GB,
  };
}

function sumItems(
  amounts: Readonly<Record<PriceName, number>>,
  prices: PriceTable['prices'],
  free: NonNullable<PriceTable['alwaysFree']>,
): Costs {
  const costs = Object.fromEntries(COST_ITEMS.map((item) => [item, 0])) as Record<CostItem, number>;
  for (const name of PRICE_NAMES)
    costs[ITEM_OF[name]] += Math.max(0, amounts[name] - (free[name] ?? 0)) * prices[name];
  return costs;
}

/** Without their requests. */
export function priceContainers(
  { vcpuHours, gbHours }: ContainerUsage,
  { prices }: Pick<PriceTable, 'prices'>,
): number {
  return vcpuHours * prices.fargateVcpuHour + gbHours * prices.fargateGbHour;
}

export function sumCosts(all: readonly Costs[]): Costs {
  return Object.fromEntries(
    COST_ITEMS.map((item) => [item, all.reduce((sum, costs) => sum + costs[item], 0)]),
  ) as Record<CostItem, number>;
}

export function totalOf(costs: Costs): number {
  return COST_ITEMS.reduce((sum, item) => sum + costs[item], 0);
}
