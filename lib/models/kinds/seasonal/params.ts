/** Parameters of `seasonal`. */
import { readDuration } from '../../../base/duration.ts';
import { ModelError } from '../../../base/errors.ts';
import {
  checkParamNames,
  type GivenParams,
  type NumberLimits,
  readWholeNumber,
} from '../../framework/param-values.ts';
import { readTimeZone } from '../../framework/univariate/time-zone.ts';

export interface SeasonalParams {
  /** IANA name. Days and weeks begin at its midnights. */
  readonly timeZone: string;
  /**
   * Durations of seasons that may be, shortest first: of each series the one that predicts its own past best is taken,
   * or none.
   */
  readonly periods: readonly string[];
  /**
   * Rows over which the level is followed: what is usual moves with the median of what the last so many rows were off by.
   * 0: it stays as it was in training.
   */
  readonly adaptRows: number;
}

const KIND = 'seasonal';
const DEFAULT_PERIODS: readonly string[] = ['1h', '1d', '7d'];
/** Longer than a week at a row a minute, what is followed is no level any more. */
const ADAPT_ROWS: NumberLimits = { default: 0, min: 0, max: 10_080 };
/** Ms, both ends included: a season of less than ten minutes has hardly a row for each of its phases. */
const PERIOD = { min: 600_000, max: 366 * 86_400_000 };
const MOST_PERIODS = 8;

/** @throws ModelError naming the parameter, the value and the limit */
export function parseParams(given: Readonly<Record<string, unknown>>): SeasonalParams {
  const params: GivenParams = { kind: KIND, given };
  checkParamNames(params, ['timeZone', 'periods', 'adaptRows']);
  return {
    timeZone: readTimeZone(params),
    periods: readPeriods(given['periods']),
    adaptRows: readWholeNumber(params, 'adaptRows', ADAPT_ROWS),
  };
}

function readPeriods(periods: unknown = DEFAULT_PERIODS): readonly string[] {
  if (!Array.isArray(periods) || periods.length > MOST_PERIODS)
    throw new ModelError(
      'bad-param',
      `seasonal periods is ${JSON.stringify(periods)}, not a list of at most ${MOST_PERIODS} durations`,
    );
  const lengths = periods.map((period: unknown) => {
    const length = typeof period === 'string' ? readDuration(period) : undefined;
    if (length === undefined || length < PERIOD.min || length > PERIOD.max)
      throw new ModelError(
        'bad-param',
        `seasonal periods holds ${JSON.stringify(period)}, which is no duration from 10m to 366d`,
      );
    return length;
  });
  if (lengths.some((length, i) => i > 0 && length <= lengths[i - 1]!))
    throw new ModelError(
      'bad-param',
      `seasonal periods is ${JSON.stringify(periods)}; from short to long, each once`,
    );
  return periods as readonly string[];
}
