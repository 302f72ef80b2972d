/** Where the scaler used to be. */
export * from './scaler.ts';
