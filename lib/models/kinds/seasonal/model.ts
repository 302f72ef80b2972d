/** What is usual at that time of the hour, day or week: kind.ts. */
import type { Model } from '../../framework/contract.ts';
import { createUnivariateModel } from '../../framework/univariate/model.ts';
import { seasonalKind } from './kind.ts';
import type { SeasonalParams } from './params.ts';

export const seasonal: Model<SeasonalParams> = createUnivariateModel(seasonalKind);
