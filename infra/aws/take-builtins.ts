/**
 * Plugin for esbuild (serverless.yml): Node's own modules are taken by `process.getBuiltinModule` where the code that asks
 * for them first runs. Left to Node, an import of one has every member of it read before the bundle starts, and some are
 * getters that load much more: node:http brings undici, which nothing here uses. What only a branch asks for, such as
 * node:child_process of the credentials of a profile, is not loaded at all.
 */
import { builtinModules } from 'node:module';
import type { Plugin } from 'esbuild';

const NAMESPACE = 'builtin';
const NAMES: ReadonlySet<string> = new Set(builtinModules);

export const takeBuiltins: Plugin = {
  name: 'take-builtins',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(node:)?[a-z_/]+\d?$/ }, ({ path, kind }) => {
      const name = path.replace(/^node:/, '');
      // A name without the prefix may be a package's: Node's own comes first all the same.
      return NAMES.has(name) && kind !== 'entry-point'
        ? { path: `node:${name}`, namespace: NAMESPACE }
        : undefined;
    });
    onLoad({ filter: /.*/, namespace: NAMESPACE }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)});`,
      loader: 'js',
    }));
  },
};
