import { checkParamNames, type NumberLimits, readWholeNumber } from '../../framework/param-values.ts';

export interface IsolationForestParams {
  readonly trees: number;
  /** Training rows that each tree is grown from; all rows where there are fewer. ψ in the paper. */
  readonly sampleSize: number;
  /** Rows that make one vector: the row and those before it. */
  readonly window: number;
  /**
   * Columns of a split beside the first: 0 is the paper's forest; more are the hyperplanes of the extended one (Hariri,
   * Kind and Brunner, IEEE TKDE 33, 2019). All that vary where there are fewer.
   */
  readonly extension: number;
}

/**
 * The sample size is the paper's (section 4). The paper's 100 trees suffice for a ranking; the alerts of one seed and
 * another agree from 300 on. A tree of 4,096 samples is a heap of 8,191 nodes.
 */
export const PARAM_LIMITS: Readonly<Record<keyof IsolationForestParams, NumberLimits>> = {
  trees: { default: 300, min: 1, max: 1000 },
  sampleSize: { default: 256, min: 2, max: 4096 },
  window: { default: 1, min: 1, max: 64 },
  extension: { default: 0, min: 0, max: 15 },
};

/** @throws ModelError naming the parameter, the value and the limit */
export function parseParams(given: Readonly<Record<string, unknown>>): IsolationForestParams {
  const params = { kind: 'isolation-forest', given } as const;
  checkParamNames(params, Object.keys(PARAM_LIMITS));
  const read = (name: keyof IsolationForestParams): number =>
    readWholeNumber(params, name, PARAM_LIMITS[name]);
  return {
    trees: read('trees'),
    sampleSize: read('sampleSize'),
    window: read('window'),
    extension: read('extension'),
  };
}
