/** What a usage costs in a month of 30 days. */
import type { ContainerUsage } from './containers.ts';
import { ALARMED_METRICS, FUNCTION_NAMES } from './functions.ts';
import type { PriceTable } from './price-table.ts';
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

/**
 * @param given.hasAlarms whether the alarms are part of it: those of the deployment
 * @param given.times how often the usage is had; what is stored, watched and measured is of a month in any case
 */
export function priceUsage(
  usage: Usage,
  { prices }: PriceTable,
  { hasAlarms, times = DAYS_A_MONTH }: { readonly hasAlarms: boolean; readonly times?: number },
): Costs {
  const functions = FUNCTION_NAMES.map((name) => usage.functions[name]);
  const { reads, lists, writes } = requestsOf(usage);
  const gbSeconds = functions.reduce((sum, each) => sum + each.gbSeconds, 0);
  const runs = functions.reduce((sum, each) => sum + each.runs, 0);
  return {
    compute: times * (gbSeconds * prices.lambdaGbSecond + (runs / 1e6) * prices.lambdaMillionRuns),
    containers: times * priceContainers(usage.containers, { prices }),
    workflows: (times * usage.transitions * prices.stepFunctionsThousandTransitions) / 1000,
    requests: (times * (reads * prices.s3ThousandReads + (lists + writes) * prices.s3ThousandWrites)) / 1000,
    storage: (usage.storedBytes / GB) * prices.s3GbMonth,
    queues: ((times * usage.queueRequests) / 1e6) * prices.sqsMillionRequests,
    messages: ((times * usage.messages) / 1e6) * prices.snsMillionMessages,
    schedules: ((times * usage.scheduled) / 1e6) * prices.schedulerMillionRuns,
    metrics: usage.customMetrics * prices.metricMonth,
    alarms: hasAlarms ? ALARMED_METRICS * prices.alarmMonth : 0,
    logs: ((times * usage.logBytes) / GB) * prices.logsGb,
  };
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
