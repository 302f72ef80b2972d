/**
 * Where the kinds lie that judge one metric of one entity at a time. A kind that lib/config/model-kind.ts has as one of
 * them and that is missing here fails the type check. The threads that fit series load a kind from here, the registry
 * makes models of them.
 */
import type { SeriesKindName } from '../config/model-kind.ts';
import type { UnivariateKind } from './framework/univariate/contract.ts';

const LOADERS = {
  arima: async () => (await import('./kinds/arima/kind.ts')).arimaKind,
  'nearest-value': async () => (await import('./kinds/nearest-value/kind.ts')).nearestValueKind,
  prophet: async () => (await import('./kinds/prophet/kind.ts')).prophetKind,
  seasonal: async () => (await import('./kinds/seasonal/kind.ts')).seasonalKind,
} satisfies Record<SeriesKindName, unknown>;

/** A kind without the type of its parameters: what reaches `fit` and `score` was made by its own `parseParams`. */
export async function loadSeriesKind(kind: SeriesKindName): Promise<UnivariateKind<object>> {
  return (await LOADERS[kind]()) as UnivariateKind<object>;
}
