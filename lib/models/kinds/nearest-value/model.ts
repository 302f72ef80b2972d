/** How far a value lies from anything that its metric has been: kind.ts. */
import type { Model } from '../../framework/contract.ts';
import { createUnivariateModel } from '../../framework/univariate/model.ts';
import { nearestValueKind } from './kind.ts';
import type { NearestValueParams } from './params.ts';

/** Nothing in it is drawn: the seed has no effect. */
export const nearestValue: Model<NearestValueParams> = createUnivariateModel(nearestValueKind);
