import { createRequire } from 'node:module';

/**
 * Path of the Parquet decoder's WebAssembly file under plain Node. A bundler takes the file itself in place of this
 * module: see `imports` in package.json and the header of decoder.ts.
 */
const path: string = createRequire(import.meta.url).resolve('parquet-wasm/esm/parquet_wasm_bg.wasm');
export default path;
