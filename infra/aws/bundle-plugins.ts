/** What serverless.yml bundles the functions with: serverless-esbuild takes one file's default export. */
import type { Plugin } from 'esbuild';
import bundleWorkers from './bundle-workers.ts';
import { compressWasm } from './compress-wasm.ts';
import { splitBundles } from './split-bundles.ts';
import { takeBuiltins } from './take-builtins.ts';

export default [splitBundles, ...bundleWorkers, compressWasm, takeBuiltins] satisfies Plugin[] as Plugin[];
