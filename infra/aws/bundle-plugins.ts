/** What serverless.yml bundles the functions with: serverless-esbuild takes one file's default export. */
import type { Plugin } from 'esbuild';
import bundleWorkers from './bundle-workers.ts';
import { takeBuiltins } from './take-builtins.ts';

export default [...bundleWorkers, takeBuiltins] satisfies Plugin[] as Plugin[];
