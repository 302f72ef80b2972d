/** Kinds that the registry knows; a kind that is listed here and not registered fails the build. */
export const MODEL_KINDS = [
  'arima',
  'attention',
  'auto',
  'bilstm',
  'ensemble',
  'isolation-forest',
  'lstm',
  'lstm-autoencoder',
  'mahalanobis',
  'nearest-value',
  'pca',
  'prophet',
  'reconstruction',
  'robust-z',
  'seasonal',
] as const;
export type ModelKind = (typeof MODEL_KINDS)[number];
