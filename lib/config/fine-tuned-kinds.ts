/** Kinds that learn by steps from a start, and so can start from another version: any other is fitted in one go. */
export const FINE_TUNED_KINDS: readonly string[] = ['lstm-autoencoder', 'lstm', 'bilstm', 'attention'];
