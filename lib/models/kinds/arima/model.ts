/** ARIMA, one for each entity and metric: kind.ts. */
import type { Model } from '../../framework/contract.ts';
import { createUnivariateModel } from '../../framework/univariate/model.ts';
import { arimaKind } from './kind.ts';
import type { ArimaParams } from './params.ts';

export const arima: Model<ArimaParams> = createUnivariateModel(arimaKind);
