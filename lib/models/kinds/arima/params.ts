import { ModelError } from '../../../base/errors.ts';

export interface ArimaParams {
  /** p, d and q. `auto`: d by the KPSS test (0 or 1), p and q by the least AICc. */
  readonly order: 'auto' | readonly [number, number, number];
  /** P, D and Q. `auto`: D by the strength of the season, P and Q by the least AICc. */
  readonly seasonalOrder: 'auto' | readonly [number, number, number];
  /** Rows; 0: none. `auto`: a day and a week, where training shows them. */
  readonly season: 'auto' | number;
  /** Longest season in rows that becomes seasonal terms of the model; a longer one is taken off as a curve. */
  readonly maxSeason: number;
  /** Largest p and q that the search tries. */
  readonly maxOrder: number;
  /** Orders that the search tries. */
  readonly maxModels: number;
  /** Newest rows of each series that the coefficients are fitted on. */
  readonly maxPoints: number;
  /** Rows of history; a row's score depends on half of them up to all. */
  readonly contextRows: number;
  /** Standard deviations beyond which a value is scored, but not learned from. */
  readonly outlier: number;
  /** Outliers in a row after which the series is taken to have moved, and they are learned from. */
  readonly outlierRows: number;
  /** Probability that the bounds of an explanation hold of a usual value. */
  readonly coverage: number;
}

const WHOLE = {
  maxSeason: { default: 24, min: 2, max: 168 },
  maxOrder: { default: 3, min: 0, max: 5 },
  maxModels: { default: 15, min: 1, max: 94 },
  maxPoints: { default: 2000, min: 50, max: 100_000 },
  contextRows: { default: 64, min: 2, max: 1440 },
  outlierRows: { default: 28, min: 1, max: 1000 },
} as const;
const REAL = {
  outlier: { default: 3, min: 2, max: 1e9 },
  coverage: { default: 0.95, min: 0.5, max: 0.9999 },
} as const;
const ORDERS = { order: [5, 2, 5], seasonalOrder: [2, 1, 2] } as const;
const MOST_SEASON = 100_000;
const KNOWN: readonly string[] = [
  ...Object.keys(ORDERS),
  'season',
  ...Object.keys(WHOLE),
  ...Object.keys(REAL),
];

/** @throws ModelError naming the parameter, the value and the limit */
export function parseParams(given: Readonly<Record<string, unknown>>): ArimaParams {
  const unknown = Object.keys(given).find((name) => !KNOWN.includes(name));
  if (unknown !== undefined)
    throw new ModelError('unknown-param', `arima has no parameter ${unknown}; it has ${KNOWN.join(', ')}`);
  const params: ArimaParams = {
    order: readOrder(given, 'order'),
    seasonalOrder: readOrder(given, 'seasonalOrder'),
    season: readSeason(given['season']),
    maxSeason: readNumber(given, 'maxSeason', WHOLE.maxSeason),
    maxOrder: readNumber(given, 'maxOrder', WHOLE.maxOrder),
    maxModels: readNumber(given, 'maxModels', WHOLE.maxModels),
    maxPoints: readNumber(given, 'maxPoints', WHOLE.maxPoints),
    contextRows: readNumber(given, 'contextRows', WHOLE.contextRows),
    outlier: readNumber(given, 'outlier', REAL.outlier),
    outlierRows: readNumber(given, 'outlierRows', WHOLE.outlierRows),
    coverage: readNumber(given, 'coverage', REAL.coverage),
  };
  const { season, seasonalOrder, maxSeason } = params;
  const asksForTerms = seasonalOrder !== 'auto' && Math.max(...seasonalOrder) > 0;
  if (asksForTerms && (season === 'auto' || season < 2 || season > maxSeason))
    throw badParam(
      'seasonalOrder',
      seasonalOrder,
      `usable with season ${season}: it takes a season of 2 to ${maxSeason} rows (maxSeason)`,
    );
  return params;
}

function readOrder(
  given: Readonly<Record<string, unknown>>,
  name: keyof typeof ORDERS,
): 'auto' | readonly [number, number, number] {
  const value: unknown = given[name] ?? 'auto';
  if (value === 'auto') return value;
  const limits = ORDERS[name];
  const isOrder =
    Array.isArray(value) && value.length === 3 && value.every((each, i) => isWhole(each, 0, limits[i]!));
  if (isOrder) return [Number(value[0]), Number(value[1]), Number(value[2])];
  throw badParam(name, value, `auto or three whole numbers from 0 to ${limits.join(', ')}`);
}

function readSeason(value: unknown): 'auto' | number {
  if (value === undefined || value === 'auto') return 'auto';
  if (isWhole(value, 0, MOST_SEASON) && value !== 1) return value;
  throw badParam('season', value, `auto, 0 or a whole number from 2 to ${MOST_SEASON}`);
}

function readNumber(
  given: Readonly<Record<string, unknown>>,
  name: keyof typeof WHOLE | keyof typeof REAL,
  limits: { readonly default: number; readonly min: number; readonly max: number },
): number {
  const value = given[name] ?? limits.default;
  const isRight = name in WHOLE ? isWhole(value, limits.min, limits.max) : isWithin(value, limits);
  if (isRight) return value as number;
  const what = name in WHOLE ? 'a whole number' : 'a number';
  throw badParam(name, value, `${what} from ${limits.min} to ${limits.max}`);
}

function isWhole(value: unknown, min: number, max: number): value is number {
  return Number.isInteger(value) && isWithin(value, { min, max });
}

function isWithin(
  value: unknown,
  { min, max }: { readonly min: number; readonly max: number },
): value is number {
  return typeof value === 'number' && value >= min && value <= max;
}

function badParam(name: string, value: unknown, expected: string): ModelError {
  const shown = typeof value === 'number' ? String(value) : JSON.stringify(value);
  return new ModelError('bad-param', `arima ${name} is ${shown}, not ${expected}`);
}
