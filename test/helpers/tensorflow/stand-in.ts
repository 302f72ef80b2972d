/** What `@tensorflow/tfjs-node` gives, as far as an engine needs it: the core's operations, on a backend that is set. */
import '@tensorflow/tfjs-backend-cpu';
// Brings the gradients of all operations.
import '@tensorflow/tfjs-layers';

export * from '@tensorflow/tfjs-core';
