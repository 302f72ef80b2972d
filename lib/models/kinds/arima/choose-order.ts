/** The order of a series: as asked for, the rest by tests and search. */
import { seasonalStrength } from '../../../maths/seasonal-strength.ts';
import { difference } from './difference.ts';
import { estimateArma } from './estimate.ts';
import type { Order } from './order.ts';
import { searchOrder } from './order-search.ts';
import type { ArimaParams } from './params.ts';
import { measureMoments, startValues } from './start-values.ts';
import { countDifferences } from './unit-root.ts';

export interface OrderChoice {
  /** Rows; 1: none. */
  readonly season: number;
  readonly params: Pick<ArimaParams, 'order' | 'seasonalOrder' | 'maxOrder' | 'maxModels'>;
  /** Of several series with levels of their own: they are differenced, and do not drift alike. */
  readonly isPooled: boolean;
}

/** @returns undefined where no candidate could be fitted */
export function chooseOrder(y: Float64Array, { season, params, isPooled }: OrderChoice): Order | undefined {
  const { order, seasonalOrder, maxOrder, maxModels } = params;
  const isSeasonal = season > 1;
  const seasonal = seasonalOrder === 'auto' ? undefined : seasonalOrder;
  const seasonalD = isSeasonal ? (seasonal?.[1] ?? countSeasonalDifferences(y, season)) : 0;
  const asked = order === 'auto' ? countByTests(difference(y, { d: 0, seasonalD, season })) : order[1];
  const differencing = { d: isPooled ? Math.max(asked, 1) : asked, seasonalD, season };
  const fixed =
    isSeasonal && seasonal !== undefined ? { seasonalP: seasonal[0], seasonalQ: seasonal[2] } : undefined;
  if (order === 'auto')
    return searchOrder(y, differencing, {
      maxOrder,
      maxModels,
      mayHaveConstant: !isPooled,
      seasonal: fixed,
    });
  const usual = isSeasonal ? { seasonalP: 1, seasonalQ: 1 } : { seasonalP: 0, seasonalQ: 0 };
  const constant = differencing.d + seasonalD <= 1 && !isPooled;
  return { ...differencing, p: order[0], q: order[2], ...(fixed ?? usual), constant };
}

/** As the R package forecast has it: above, the season is differenced. */
const DIFFERENCED_ABOVE = 0.64;
/** Seasons that have to be seen. */
const LEAST_SEASONS = 3;

export function countSeasonalDifferences(y: Float64Array, season: number): number {
  return y.length >= LEAST_SEASONS * season && seasonalStrength(y, season) > DIFFERENCED_ABOVE ? 1 : 0;
}

/** AR coefficient of an ARMA(1,1) up to which a series returns to its level: half way within 23 rows. */
const RETURNS_BELOW = 0.97;
const FIRST_ORDER = { p: 1, d: 0, q: 1, seasonalP: 0, seasonalD: 0, seasonalQ: 0, season: 1, constant: true };

/**
 * The test also finds a unit root where a level only moves slowly beside noise that lasts. What is differenced has no
 * level to be off from, so a series that is seen to return to one is not.
 */
function countByTests(y: Float64Array): number {
  if (countDifferences(y, 1) === 0) return 0;
  const start = startValues(measureMoments(y, 1), FIRST_ORDER);
  const found = estimateArma(y, FIRST_ORDER, { start, effort: 'rough' });
  return found !== undefined && found.coefficients.ar[0]! < RETURNS_BELOW ? 0 : 1;
}
