/** What detectors will take of AWS, before they are deployed. Nothing is asked but what is given. */
import type { Detector } from '../../config/detector.ts';
import { type Costs, priceUsage, sumCosts } from './costs.ts';
import { findMisfits, type Misfit } from './find-misfits.ts';
import type { PriceTable } from './price-table.ts';
import { sumUsage, type Usage, type UsageOptions, usageOfDeployment, usageOfDetector } from './usage.ts';
import { describeWorkload, type KnownData, type Workload } from './workload.ts';

/** Usage is of a day, costs are of a month. */
export interface Planned {
  readonly usage: Usage;
  readonly costs: Costs;
}

export interface DeploymentPlan {
  readonly detectors: readonly (Planned & { readonly load: Workload })[];
  /** What is there without any of them. */
  readonly around: Planned;
  readonly total: Planned;
  readonly misfits: readonly Misfit[];
}

export interface DetectorToPlan {
  readonly detector: Detector;
  readonly known: KnownData;
}

export function planDeployment(
  given: readonly DetectorToPlan[],
  options: UsageOptions & { readonly prices: PriceTable },
): DeploymentPlan {
  const loads = given.map(({ detector, known }) => describeWorkload(detector, known));
  const detectors = loads.map((load) => {
    const usage = usageOfDetector(load, loads, options);
    return { load, usage, costs: priceUsage(usage, options.prices, { hasAlarms: false }) };
  });
  const usage = usageOfDeployment(loads);
  const around = { usage, costs: priceUsage(usage, options.prices, { hasAlarms: true }) };
  const all = [...detectors, around];
  return {
    detectors,
    around,
    total: {
      usage: sumUsage(all.map((each) => each.usage)),
      costs: sumCosts(all.map(({ costs }) => costs)),
    },
    misfits: findMisfits(loads),
  };
}
