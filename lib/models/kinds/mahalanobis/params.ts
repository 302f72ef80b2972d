import { checkParamNames } from '../../framework/param-values.ts';

/** None: that nothing has to be set is the point. */
export type MahalanobisParams = Readonly<Record<string, never>>;

/** @throws ModelError naming a parameter that was given */
export function parseParams(given: Readonly<Record<string, unknown>>): MahalanobisParams {
  checkParamNames({ kind: 'mahalanobis', given }, []);
  return {};
}
