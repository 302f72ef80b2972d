/** What deployments cost a month, by the product's own plan: a test holds its requests to counted ones. */
import { parseManifest } from '../../lib/config/manifest.ts';
import { totalOf } from '../../lib/jobs/plan/costs.ts';
import { planDeployment } from '../../lib/jobs/plan/plan-deployment.ts';
import { DEFAULT_PRICES } from '../../lib/jobs/plan/price-table.ts';
import type { Priced } from './contract.ts';
import { describeFleet, METRICS } from './worlds.ts';

/** @param given.entities of each detector @param given.age days */
export function priceSize(given: {
  readonly detectors: number;
  readonly entities: number;
  readonly age: number;
}): Priced {
  const { detectors, entities, age } = given;
  const known = { entities };
  const fleet = Array.from({ length: detectors }, (_, i) => ({
    detector: parseManifest(describeFleet(`d${i}`, { isDefault: true }), { source: `d${i}.yml` }),
    known,
  }));
  const plan = planDeployment(fleet, { age, detectorMetrics: false, prices: DEFAULT_PRICES });
  const around = totalOf(plan.around.costs);
  return {
    detectors,
    series: detectors * entities * METRICS,
    age,
    dollars: totalOf(plan.total.costs) - around,
    around,
  };
}
