/**
 * The order with the least AICc, searched step by step: Hyndman and Khandakar, "Automatic time series forecasting: the
 * forecast package for R", Journal of Statistical Software 27(3), 2008, section 3.2. How often to difference is settled
 * before, since likelihoods of differently differenced series can't be compared.
 */
import { countMeasured, difference } from './difference.ts';
import { type Estimate, estimateArma } from './estimate.ts';
import { countCoefficients, type Order } from './order.ts';
import { measureMoments, startValues } from './start-values.ts';

export interface SearchLimits {
  /** Largest p and q. */
  readonly maxOrder: number;
  /** Given ones are kept; otherwise P and Q are 0 or 1 where there is a season. */
  readonly seasonal: { readonly seasonalP: number; readonly seasonalQ: number } | undefined;
  /** Of a series that is differenced once at most. */
  readonly mayHaveConstant: boolean;
  /** Models that are fitted at most. */
  readonly maxModels: number;
}

export interface Differencing {
  readonly d: number;
  readonly seasonalD: number;
  readonly season: number;
}

/**
 * Newest values that candidates are compared on. Which order is best is seen on fewer values than which coefficients
 * are: 2 to 4 times the speed.
 */
const COMPARED_ROWS = 600;
/** Of a seasonal series, at least so many seasons. */
const COMPARED_SEASONS = 8;

/** @returns undefined where no candidate could be fitted */
export function searchOrder(
  y: Float64Array,
  differencing: Differencing,
  limits: SearchLimits,
): Order | undefined {
  const { d, seasonalD, season } = differencing;
  const all = difference(y, differencing);
  const w = newest(all, Math.max(COMPARED_ROWS, COMPARED_SEASONS * season));
  const moments = measureMoments(w, limits.maxOrder);
  const mayHaveConstant = limits.mayHaveConstant && d + seasonalD <= 1;
  const tried = new Map<string, Estimate | undefined>();
  let best: Estimate | undefined;

  const none = { seasonalP: 0, seasonalQ: 0 };
  const most = limits.seasonal ?? (season > 1 ? { seasonalP: 1, seasonalQ: 1 } : none);
  const least = limits.seasonal ?? none;
  const origin = { ...differencing, constant: mayHaveConstant };
  const small = Math.min(2, limits.maxOrder);
  const one = Math.min(1, limits.maxOrder);
  attempt({ ...origin, p: small, q: small, ...most });
  attempt({ ...origin, p: 0, q: 0, ...least });
  attempt({ ...origin, p: one, q: 0, ...least, seasonalP: most.seasonalP });
  attempt({ ...origin, p: 0, q: one, ...least, seasonalQ: most.seasonalQ });
  while (best !== undefined && neighbours(best.order).some(attempt));
  return best?.order;

  /** @returns whether it is better than all before */
  function attempt(order: Order): boolean {
    const key = JSON.stringify(order);
    if (!isWithin(order) || tried.has(key) || tried.size >= limits.maxModels) return false;
    const found = estimateArma(w, order, { start: startValues(moments, order), effort: 'rough' });
    tried.set(key, found);
    if (found === undefined || !(found.aicc < (best?.aicc ?? Infinity))) return false;
    best = found;
    return true;
  }

  function isWithin(order: Order): boolean {
    const { p, q, seasonalP, seasonalQ, constant } = order;
    return (
      Math.min(p, q) >= 0 &&
      Math.max(p, q) <= limits.maxOrder &&
      seasonalP >= least.seasonalP &&
      seasonalP <= most.seasonalP &&
      seasonalQ >= least.seasonalQ &&
      seasonalQ <= most.seasonalQ &&
      (!constant || mayHaveConstant) &&
      countCoefficients(order) + 2 < countMeasured(w) / 2
    );
  }
}

/** One step in any one of p, q, P and Q, in p and q or P and Q at once, or with and without a constant. */
function neighbours(order: Order): readonly Order[] {
  const { p, q, seasonalP, seasonalQ, constant } = order;
  return [
    { ...order, p: p - 1 },
    { ...order, q: q - 1 },
    { ...order, p: p + 1 },
    { ...order, q: q + 1 },
    { ...order, p: p - 1, q: q - 1 },
    { ...order, p: p + 1, q: q + 1 },
    { ...order, seasonalP: seasonalP - 1 },
    { ...order, seasonalQ: seasonalQ - 1 },
    { ...order, seasonalP: seasonalP + 1 },
    { ...order, seasonalQ: seasonalQ + 1 },
    { ...order, constant: !constant },
  ];
}

function newest(w: Float64Array, rows: number): Float64Array {
  let from = w.length;
  for (let measured = 0; from > 0 && measured < rows; from--) if (!Number.isNaN(w[from - 1]!)) measured++;
  return w.subarray(from);
}
