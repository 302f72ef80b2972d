/**
 * Every kind of model by its name. A kind in MODEL_KINDS without an entry here fails the type check. Each is loaded
 * when it is asked for: a forest does not wait for the kernels of a network, nor for Stan.
 */
import { ModelError } from '../base/errors.ts';
import { MODEL_KINDS, type Model, type ModelKind, type RegisteredModel } from './framework/contract.ts';

const LOADERS = {
  arima: async () => eraseParams((await import('./kinds/arima/model.ts')).arima),
  auto: async () => (await import('./compose/auto/model.ts')).openAuto(getModel),
  'isolation-forest': async () =>
    eraseParams((await import('./kinds/isolation-forest/model.ts')).isolationForest),
  'lstm-autoencoder': async () => eraseParams((await import('./kinds/neural/model.ts')).lstmAutoencoder),
  lstm: async () => eraseParams((await import('./kinds/neural/model.ts')).lstm),
  bilstm: async () => eraseParams((await import('./kinds/neural/model.ts')).bilstm),
  attention: async () => eraseParams((await import('./kinds/neural/model.ts')).attention),
  reconstruction: async () =>
    eraseParams((await import('./framework/reconstruction/model.ts')).reconstruction),
  pca: async () => eraseParams((await import('./kinds/pca/model.ts')).pca),
  mahalanobis: async () => eraseParams((await import('./kinds/mahalanobis/model.ts')).mahalanobis),
  'nearest-value': async () => eraseParams((await import('./kinds/nearest-value/model.ts')).nearestValue),
  'robust-z': async () => eraseParams((await import('./kinds/robust-z/model.ts')).robustZ),
  ensemble: async () => (await import('./compose/ensemble/model.ts')).openEnsemble(getModel),
  seasonal: async () => eraseParams((await import('./kinds/seasonal/model.ts')).seasonal),
  prophet: async () => eraseParams((await import('./kinds/prophet/model.ts')).prophet),
} satisfies Record<ModelKind, () => Promise<RegisteredModel>>;

/** @throws ModelError where no model of that kind exists */
export async function getModel(kind: string): Promise<RegisteredModel> {
  if (isModelKind(kind)) return LOADERS[kind]();
  throw new ModelError(
    'unknown-kind',
    `model kind ${JSON.stringify(kind)} is none of ${MODEL_KINDS.join(', ')}`,
  );
}

export function isModelKind(kind: string): kind is ModelKind {
  return (MODEL_KINDS as readonly string[]).includes(kind);
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
