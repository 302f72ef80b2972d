/** Prophet, one for each entity and metric: kind.ts. */
import type { Model } from '../../framework/contract.ts';
import { createUnivariateModel } from '../../framework/univariate/model.ts';
import { prophetKind } from './kind.ts';
import type { ProphetParams } from './params.ts';

export const prophet: Model<ProphetParams> = createUnivariateModel(prophetKind);
