import { ModelError } from '../../errors.ts';

export interface IsolationForestParams {
  readonly trees: number;
  /** Training rows that each tree is grown from; all rows where there are fewer. ψ in the paper. */
  readonly sampleSize: number;
}

/**
 * The sample size is the paper's (section 4). The paper's 100 trees suffice for a ranking; the alerts of one seed and
 * another agree from 300 on. A tree of 4,096 samples is a heap of 8,191 nodes.
 */
export const PARAM_LIMITS: Readonly<Record<keyof IsolationForestParams, WholeNumberLimits>> = {
  trees: { default: 300, min: 1, max: 1000 },
  sampleSize: { default: 256, min: 2, max: 4096 },
};

/** Both ends included. */
export interface WholeNumberLimits {
  readonly default: number;
  readonly min: number;
  readonly max: number;
}

/** @throws ModelError naming the parameter, the value and the limit */
export function parseParams(given: Readonly<Record<string, unknown>>): IsolationForestParams {
  const known = Object.keys(PARAM_LIMITS);
  for (const name of Object.keys(given)) {
    if (!known.includes(name))
      throw new ModelError(
        'unknown-param',
        `isolation-forest has no parameter ${name}; it has ${known.join(', ')}`,
      );
  }
  return { trees: wholeNumber(given, 'trees'), sampleSize: wholeNumber(given, 'sampleSize') };
}

function wholeNumber(given: Readonly<Record<string, unknown>>, name: keyof IsolationForestParams): number {
  const { default: fallback, min, max } = PARAM_LIMITS[name];
  const value = given[name] === undefined ? fallback : given[name];
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
  throw new ModelError(
    'bad-param',
    `isolation-forest ${name} is ${typeof value === 'number' ? value : JSON.stringify(value)}, not a whole number from ${min} to ${max}`,
  );
}
