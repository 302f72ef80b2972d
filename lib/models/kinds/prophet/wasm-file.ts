import { createRequire } from 'node:module';

/**
 * Path of the compiled Stan model under plain Node. A bundler takes the file itself in place of this module: see
 * `imports` in package.json.
 */
const path: string = createRequire(import.meta.url).resolve(
  '@bsull/augurs-prophet-wasmstan/prophet-wasmstan.core.wasm',
);
export default path;
