/** What detectors will take of AWS, before they are deployed. Nothing is asked but what is given. */
import type { Detector } from '../../config/detector.ts';
import { takeShard } from '../../config/take-shard.ts';
import { countNeeded } from '../shared/units.ts';
import { usageOfBackfill } from './backfill.ts';
import { type Costs, priceBeyondFree, priceUsage, sumCosts } from './costs.ts';
import { findMisfits, type Misfit } from './find-misfits.ts';
import type { PriceTable } from './price-table.ts';
import { sumUsage, type Usage, type UsageOptions, usageOfDeployment, usageOfDetector } from './usage.ts';
import { describeWorkload, type KnownData, type Workload } from './workload.ts';

/** Usage is of a day, costs are of a month. */
export interface Planned {
  readonly usage: Usage;
  readonly costs: Costs;
}

/** Of what an account has once: alarms, and what is always free. */
export interface PlannedWhole extends Planned {
  /** Less what is always free, if nothing else of the account takes of it; undefined where the table says nothing of that. */
  readonly costsBeyondFree: Costs | undefined;
}

export interface PlannedDetector extends Planned {
  readonly load: Workload;
  /** Where a container takes what the function does not; otherwise the function, whether it holds it or not. */
  readonly trainsIn: 'function' | 'container';
}

export interface PlannedBackfill {
  readonly days: number;
  readonly detectors: readonly (Planned & { readonly load: Workload })[];
  readonly total: Planned;
}

export interface DeploymentPlan {
  readonly detectors: readonly PlannedDetector[];
  /** What is there without any of them. */
  readonly around: PlannedWhole;
  readonly total: PlannedWhole;
  /** Of detectors that are exported; undefined where none was asked for. Its usage and costs are those of the whole, once. */
  readonly backfill: PlannedBackfill | undefined;
  readonly misfits: readonly Misfit[];
}

export interface DetectorToPlan {
  /** Or one of its shards, with what is known of that. */
  readonly detector: Detector;
  readonly known: KnownData;
  /** It has been exported, into no shards; absent: the first export deals it out. */
  readonly isSettled?: true;
}

export function planDeployment(
  given: readonly DetectorToPlan[],
  options: UsageOptions & {
    readonly prices: PriceTable;
    /** Days that a backfill goes back; absent: there is none. */
    readonly backfillDays?: number | undefined;
  },
): DeploymentPlan {
  const loads = given.flatMap(describeUnits);
  const detectors = loads.map((load) => {
    const usage = usageOfDetector(load, loads, options);
    const costs = priceUsage(usage, options.prices, { hasAlarms: false });
    return { load, usage, costs, trainsIn: usage.containers.runs > 0 ? 'container' : 'function' } as const;
  });
  const usage = usageOfDeployment(loads, options);
  const around = {
    usage,
    costs: priceUsage(usage, options.prices, { hasAlarms: true }),
    costsBeyondFree: priceBeyondFree(usage, options.prices),
  };
  const all = [...detectors, around];
  const whole = sumUsage(all.map((each) => each.usage));
  return {
    detectors,
    around,
    total: {
      usage: whole,
      costs: sumCosts(all.map(({ costs }) => costs)),
      costsBeyondFree: priceBeyondFree(whole, options.prices),
    },
    backfill: planBackfill(loads, options),
    misfits: findMisfits(loads, options),
  };
}

function planBackfill(
  loads: readonly Workload[],
  options: Parameters<typeof planDeployment>[1],
): PlannedBackfill | undefined {
  const { backfillDays: days, prices } = options;
  if (days === undefined) return undefined;
  const detectors = loads
    .filter(({ isExported }) => isExported)
    .map((load) => {
      const usage = usageOfBackfill(load, days, options);
      // What it stores is paid for by the month from then on.
      const { storage: _, ...once } = priceUsage(usage, prices, { hasAlarms: false, times: 1 });
      return { load, usage, costs: { ...once, storage: 0 } };
    });
  const total = {
    usage: sumUsage(detectors.map(({ usage }) => usage)),
    costs: sumCosts(detectors.map(({ costs }) => costs)),
  };
  return { days, detectors, total };
}

/** Workloads are taken to be of one size. */
function describeUnits({ detector, known, isSettled }: DetectorToPlan): readonly Workload[] {
  const whole = describeWorkload(detector, known);
  const { entities, metrics, step } = whole;
  const shards = isSettled === true || detector.shard !== undefined ? 1 : countPlanned(detector, whole);
  if (shards === 1) return [whole];
  const windowBytes = known.windowBytes === undefined ? undefined : known.windowBytes / shards;
  const own = { entities: entities / shards, metrics, step, windowBytes };
  return Array.from({ length: shards }, (_, i) =>
    describeWorkload(takeShard(detector, { index: i + 1, of: shards }), own),
  );
}

function countPlanned(detector: Detector, { entities, isExported, step }: Workload): number {
  if (detector.shards !== undefined) return detector.shards;
  const { lookback } = detector.training;
  const metrics = detector.metrics.map(({ name }) => name);
  return isExported ? countNeeded({ entities, metrics, lookback, step }) : 1;
}
