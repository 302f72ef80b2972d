import { createRequire } from 'node:module';

/** Path of the rasteriser's WebAssembly file under plain Node; a bundler takes the file itself (package.json, `imports`). */
const path: string = createRequire(import.meta.url).resolve('@resvg/resvg-wasm/index_bg.wasm');
export default path;
