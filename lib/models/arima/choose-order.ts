/** The order of a series: as asked for, the rest by tests and search. */
import { difference } from './difference.ts';
import type { Order } from './order.ts';
import { searchOrder } from './order-search.ts';
import type { ArimaParams } from './params.ts';
import { countSeasonalDifferences } from './seasonal-strength.ts';
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
  const asked = order === 'auto' ? countDifferences(difference(y, { d: 0, seasonalD, season }), 1) : order[1];
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
