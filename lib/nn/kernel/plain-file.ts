import path from 'node:path';

/** Under plain Node; a bundler takes the file itself: see `imports` in package.json and load-kernel.ts. */
const file: string = path.join(import.meta.dirname, 'plain.wasm');
export default file;
