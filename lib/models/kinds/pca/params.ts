import { ModelError } from '../../../base/errors.ts';
import {
  checkParamNames,
  type NumberLimits,
  readNumber,
  readWholeNumber,
} from '../../framework/param-values.ts';

export interface PcaParams {
  /** Rows that make one vector: the row and those before it. Undefined: as many as the data call for. */
  readonly window: number | undefined;
  /** Whether values are scaled and weighted so that outliers of the training hardly count. */
  readonly robust: boolean;
  /** Least variance of a component, as a share of the average one. */
  readonly noiseFloor: number;
}

export const WINDOW_LIMITS: NumberLimits = { default: 1, min: 1, max: 512 };
/**
 * Components below it are noise of a size that the next fortnight need not keep to. 1 % of the variance is a tenth of the
 * deviation. With injected faults (see `robust-z`) smaller floors always win, as such faults break every correlation;
 * real weeks drift.
 */
export const NOISE_FLOOR_LIMITS: NumberLimits = { default: 0.01, min: 1e-6, max: 1 };

/** @throws ModelError naming the parameter, the value and the limit */
export function parseParams(given: Readonly<Record<string, unknown>>): PcaParams {
  const params = { kind: 'pca', given } as const;
  checkParamNames(params, ['window', 'robust', 'noiseFloor']);
  const { window, robust = true } = given;
  if (typeof robust !== 'boolean')
    throw new ModelError('bad-param', `pca robust is ${JSON.stringify(robust)}, not true or false`);
  return {
    window: window === undefined ? undefined : readWholeNumber(params, 'window', WINDOW_LIMITS),
    robust,
    noiseFloor: readNumber(params, 'noiseFloor', NOISE_FLOOR_LIMITS),
  };
}
