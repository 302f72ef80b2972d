/** A plan as people and programs read it. */
import type { Container } from '../jobs/plan/containers.ts';
import { COST_ITEMS, type Costs, DAYS_A_MONTH, totalOf } from '../jobs/plan/costs.ts';
import { FUNCTION_NAMES, PLANNED_FUNCTIONS } from '../jobs/plan/functions.ts';
import type { DeploymentPlan, Planned, PlannedBackfill, PlannedWhole } from '../jobs/plan/plan-deployment.ts';
import type { PriceTable } from '../jobs/plan/price-table.ts';
import { requestsOf, type Usage } from '../jobs/plan/usage.ts';
import { formatTable } from './table.ts';

export interface ToldPlan {
  readonly plan: DeploymentPlan;
  readonly prices: PriceTable;
  /** Days. */
  readonly age: number;
  /** That trainings beyond the function go to. */
  readonly container?: Container | undefined;
  readonly assumed: readonly string[];
}

const GB = 2 ** 30;
const WITHOUT_DETECTOR = '(the deployment)';

export function describePlan(told: ToldPlan): string {
  const { plan, prices, age, container, assumed } = told;
  const { currency, region, asOf, note } = prices;
  const parts = [
    `A month of ${DAYS_A_MONTH} days, after ${age} days; prices of ${region} as of ${asOf}, in ${currency}:`,
    ...(note === undefined ? [] : [note]),
    tableOfDetectors(plan),
    tableOfFunctions(plan.total.usage),
    ...(container === undefined ? [] : [describeContainers(plan, container)]),
    ...(plan.backfill === undefined ? [] : [describeBackfill(plan.backfill, prices)]),
    ...sayBeyondFree(plan),
    `By what it is for: ${COST_ITEMS.map((item) => `${item} ${sayMoney(plan.total.costs[item])}`).join(', ')}`,
    ...(plan.misfits.length === 0
      ? ['Everything fits the functions as they are.']
      : [
          `WILL NOT FIT:\n${plan.misfits.map(({ detector, code, message }) => `- ${detector ?? WITHOUT_DETECTOR}: ${message} (${code})`).join('\n')}`,
        ]),
    `Assumed:\n${assumed.map((each) => `- ${each}`).join('\n')}`,
  ];
  return parts.join('\n\n');
}

/** One line each, of JSON. Usage is of a day, costs are of a month. */
export function fieldsOfPlan({
  plan,
  prices,
  age,
  assumed,
}: ToldPlan): readonly { readonly type: string; readonly fields: object }[] {
  const { detectors, around, total, backfill, misfits } = plan;
  return [
    ...detectors.map(({ load, trainsIn, ...planned }) => ({
      type: 'plan',
      fields: { ...fieldsOf(planned), detector: load.detector, load, trainsIn },
    })),
    { type: 'around', fields: fieldsOfWhole(around) },
    { type: 'total', fields: { ...fieldsOfWhole(total), age, currency: prices.currency } },
    ...(backfill === undefined
      ? []
      : [
          ...backfill.detectors.map(({ load, ...planned }) => ({
            type: 'backfill',
            fields: { ...fieldsOf(planned), days: backfill.days, detector: load.detector },
          })),
          { type: 'backfill-total', fields: { ...fieldsOf(backfill.total), days: backfill.days } },
        ]),
    ...misfits.map((fields) => ({
      type: 'misfit',
      fields: { ...fields, detector: fields.detector ?? null },
    })),
    { type: 'assumed', fields: { assumed } },
    { type: 'prices', fields: prices },
  ];
}

function fieldsOf({ usage, costs }: Planned): object {
  return { usage, costs: withTotal(costs) };
}

function fieldsOfWhole({ costsBeyondFree, ...planned }: PlannedWhole): object {
  return {
    ...fieldsOf(planned),
    ...(costsBeyondFree !== undefined && { costsBeyondFree: withTotal(costsBeyondFree) }),
  };
}

function withTotal(costs: Costs): object {
  return { ...costs, total: totalOf(costs) };
}

/** Nothing where the table of prices says nothing of it. */
function sayBeyondFree({ around, total }: DeploymentPlan): readonly string[] {
  if (total.costsBeyondFree === undefined || around.costsBeyondFree === undefined) return [];
  const [all, silent] = [total.costsBeyondFree, around.costsBeyondFree].map((each) =>
    sayMoney(totalOf(each)),
  );
  return [
    `With the always-free tier, if nothing else in the account uses it: ${all} in all, ${silent} without any detector`,
  ];
}

function tableOfDetectors({ detectors, around, total }: DeploymentPlan): string {
  const header = [
    'DETECTOR',
    'ENTITIES',
    'SERIES',
    'SAMPLES',
    'WINDOWS',
    'GET',
    'LIST',
    'PUT',
    'GB-S',
    'STORED GB',
    'SQS',
    'METRICS',
    'LOGS MB',
    'A MONTH',
  ];
  return formatTable([
    header,
    ...detectors.map(({ load, usage, costs }) => [
      load.detector,
      sayCount(load.entities),
      sayCount(load.entities * load.metrics),
      ...cellsOf(usage, costs),
    ]),
    [WITHOUT_DETECTOR, '', '', ...cellsOf(around.usage, around.costs)],
    ['all', '', '', ...cellsOf(total.usage, total.costs)],
  ]);
}

function cellsOf(usage: Usage, costs: Costs): readonly string[] {
  const functions = FUNCTION_NAMES.map((name) => usage.functions[name]);
  const { reads, lists, writes } = requestsOf(usage);
  const gbSeconds = functions.reduce((sum, each) => sum + each.gbSeconds, 0);
  const month = [usage.samples, usage.windows, reads, lists, writes, gbSeconds].map((a) =>
    sayCount(a * DAYS_A_MONTH),
  );
  return [
    ...month,
    (usage.storedBytes / GB).toFixed(2),
    sayCount(usage.queueRequests * DAYS_A_MONTH),
    String(usage.customMetrics),
    sayCount((usage.logBytes * DAYS_A_MONTH) / 1e6),
    sayMoney(totalOf(costs)),
  ];
}

function tableOfFunctions({ functions }: Usage): string {
  return formatTable([
    ['FUNCTION', 'MB', 'RUNS', 'GET', 'LIST', 'PUT', 'SECONDS', 'GB-S'],
    ...FUNCTION_NAMES.map((name) => {
      const { runs, requests, seconds, gbSeconds } = functions[name];
      const { reads, lists, writes } = requests;
      const month = [runs, reads, lists, writes, seconds, gbSeconds].map((a) => sayCount(a * DAYS_A_MONTH));
      return [name, String(PLANNED_FUNCTIONS[name].memoryMb), ...month];
    }),
  ]);
}

/** Which trainings are jobs, and what they cost. */
function describeContainers({ detectors, total }: DeploymentPlan, { vcpus, memoryMb }: Container): string {
  const jobs = detectors.filter(({ trainsIn }) => trainsIn === 'container');
  const size = `${vcpus} processors and ${sayCount(memoryMb)} MB`;
  if (jobs.length === 0)
    return `No training is a job of AWS Batch (containers of ${size}): each fits the function.`;
  const lines = [...jobs.map((job) => ({ ...job, name: job.load.detector })), { ...total, name: 'all' }];
  return `Trainings that are jobs of AWS Batch, in containers of ${size}:\n${formatTable([
    ['DETECTOR', 'JOBS', 'MINUTES EACH', 'VCPU-H', 'GB-H', 'GET', 'LIST', 'PUT', 'A MONTH'],
    ...lines.map(({ name, usage: { containers }, costs }) => {
      const { runs, seconds, vcpuHours, gbHours, requests } = containers;
      const { reads, lists, writes } = requests;
      const month = [vcpuHours, gbHours].map((a) => (a * DAYS_A_MONTH).toFixed(1));
      const asked = [reads, lists, writes].map((a) => sayCount(a * DAYS_A_MONTH));
      const minutes = (seconds / runs / 60).toFixed(1);
      return [name, sayCount(runs * DAYS_A_MONTH), minutes, ...month, ...asked, sayMoney(costs.containers)];
    }),
  ])}`;
}

/** Of Step Functions, and of the functions that it calls and that its windows wake. */
function describeBackfill(
  { days, detectors, total }: PlannedBackfill,
  { prices: { s3GbMonth } }: PriceTable,
): string {
  if (detectors.length === 0) return 'Nothing is backfilled: no detector has queries.';
  const lines = [
    ...detectors.map((each) => ({ ...each, name: each.load.detector })),
    { ...total, name: 'all' },
  ];
  return `A backfill of ${sayCount(days)} days by Step Functions, once; what it stores is paid for by the month:\n${formatTable(
    [
      [
        'DETECTOR',
        'TRANSITIONS',
        'SAMPLES',
        'WINDOWS',
        'GET',
        'LIST',
        'PUT',
        'GB-S',
        'ONCE',
        'STORED GB',
        'A MONTH',
      ],
      ...lines.map(({ name, usage, costs }) => {
        const { reads, lists, writes } = requestsOf(usage);
        const { transitions, samples, windows, functions, storedBytes } = usage;
        const gbSeconds = FUNCTION_NAMES.reduce((sum, each) => sum + functions[each].gbSeconds, 0);
        const counts = [transitions, samples, windows, reads, lists, writes, gbSeconds].map(sayCount);
        const stored = storedBytes / GB;
        return [name, ...counts, sayMoney(totalOf(costs)), stored.toFixed(2), sayMoney(stored * s3GbMonth)];
      }),
    ],
  )}`;
}

function sayCount(count: number): string {
  return Math.round(count).toLocaleString('en');
}

function sayMoney(amount: number): string {
  return amount.toFixed(2);
}
