/**
 * Kinds that are networks. They learn by steps from a start, and so can start from another version: any other kind is
 * fitted in one go.
 */
export const NETWORK_KINDS: readonly string[] = ['lstm-autoencoder', 'lstm', 'bilstm', 'attention'];
