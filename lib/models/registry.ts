/**
 * Every kind of model by its name. A kind of lib/config/model-kind.ts that is missing here, or in series-kinds.ts, fails
 * the type check. Each is loaded when it is asked for: a forest does not wait for the kernels of a network, nor for Stan.
 */
import { ModelError } from '../base/errors.ts';
import {
  isModelKind,
  isSeriesKind,
  MODEL_KINDS,
  type ModelKind,
  type SeriesKindName,
} from '../config/model-kind.ts';
import type { Model, RegisteredModel } from './framework/contract.ts';
import { loadSeriesKind } from './series-kinds.ts';

const LOADERS = {
  attention: async () => eraseParams((await import('./kinds/neural/model.ts')).attention),
  auto: async () => (await import('./compose/auto/model.ts')).openAuto(getModel),
  bilstm: async () => eraseParams((await import('./kinds/neural/model.ts')).bilstm),
  ensemble: async () => (await import('./compose/ensemble/model.ts')).openEnsemble(getModel),
  'isolation-forest': async () =>
    eraseParams((await import('./kinds/isolation-forest/model.ts')).isolationForest),
  lstm: async () => eraseParams((await import('./kinds/neural/model.ts')).lstm),
  'lstm-autoencoder': async () => eraseParams((await import('./kinds/neural/model.ts')).lstmAutoencoder),
  mahalanobis: async () => eraseParams((await import('./kinds/mahalanobis/model.ts')).mahalanobis),
  pca: async () => eraseParams((await import('./kinds/pca/model.ts')).pca),
  reconstruction: async () =>
    eraseParams((await import('./framework/reconstruction/model.ts')).reconstruction),
  'robust-z': async () => eraseParams((await import('./kinds/robust-z/model.ts')).robustZ),
} satisfies Record<Exclude<ModelKind, SeriesKindName>, () => Promise<RegisteredModel>>;

/** @throws ModelError where no model of that kind exists */
export async function getModel(kind: string): Promise<RegisteredModel> {
  if (!isModelKind(kind))
    throw new ModelError(
      'unknown-kind',
      `model kind ${JSON.stringify(kind)} is none of ${MODEL_KINDS.join(', ')}`,
    );
  return isSeriesKind(kind) ? openSeriesModel(kind) : LOADERS[kind]();
}

async function openSeriesModel(kind: SeriesKindName): Promise<RegisteredModel> {
  const { createUnivariateModel } = await import('./framework/univariate/model.ts');
  return eraseParams(createUnivariateModel(await loadSeriesKind(kind)));
}

/** Callers hold a model without knowing its parameters; those that reach `fit` were made by its own `parseParams`. */
function eraseParams<Params>(model: Model<Params>): RegisteredModel {
  return {
    kind: model.kind,
    parseParams: model.parseParams,
    fit: (x, params, run) => model.fit(x, params as Params, run),
    load: async (state) => model.load(state),
  };
}
