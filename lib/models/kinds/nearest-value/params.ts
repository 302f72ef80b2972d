/** Parameters of `nearest-value`. */
import {
  checkParamNames,
  type GivenParams,
  type NumberLimits,
  readWholeNumber,
} from '../../framework/param-values.ts';

export interface NearestValueParams {
  /** Rows whose mean is taken off the value that follows them. 0: values are compared as they are. */
  readonly levelRows: number;
}

/**
 * Half a day at a step of five minutes. On NAB anything from 64 to 512 gives 65 to 70, 32 gives 63: it follows the
 * fault itself; 0 gives 65 and takes each slow drift for news.
 */
const LEVEL_ROWS: NumberLimits = { default: 128, min: 0, max: 10_080 };

/** @throws ModelError naming the parameter, the value and the limit */
export function parseParams(given: Readonly<Record<string, unknown>>): NearestValueParams {
  const params: GivenParams = { kind: 'nearest-value', given };
  checkParamNames(params, ['levelRows']);
  return { levelRows: readWholeNumber(params, 'levelRows', LEVEL_ROWS) };
}
