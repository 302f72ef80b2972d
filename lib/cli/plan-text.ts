/** A plan as people and programs read it. */
import type { Container } from '../jobs/plan/containers.ts';
import { COST_ITEMS, type Costs, DAYS_A_MONTH, totalOf } from '../jobs/plan/costs.ts';
import { FUNCTION_NAMES, PLANNED_FUNCTIONS } from '../jobs/plan/functions.ts';
import type { DeploymentPlan, Planned } from '../jobs/plan/plan-deployment.ts';
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
  const { detectors, around, total, misfits } = plan;
  return [
    ...detectors.map(({ load, trainsIn, ...planned }) => ({
      type: 'plan',
      fields: { ...fieldsOf(planned), detector: load.detector, load, trainsIn },
    })),
    { type: 'around', fields: fieldsOf(around) },
    { type: 'total', fields: { ...fieldsOf(total), age, currency: prices.currency } },
    ...misfits.map((fields) => ({
      type: 'misfit',
      fields: { ...fields, detector: fields.detector ?? null },
    })),
    { type: 'assumed', fields: { assumed } },
    { type: 'prices', fields: prices },
  ];
}

function fieldsOf({ usage, costs }: Planned): object {
  return { usage, costs: { ...costs, total: totalOf(costs) } };
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

function sayCount(count: number): string {
  return Math.round(count).toLocaleString('en');
}

function sayMoney(amount: number): string {
  return amount.toFixed(2);
}
