/**
 * Plugin for esbuild (serverless.yml): an import that ends in -worker-file gives the path of a script for a worker
 * thread. `imports` in package.json names its source, which is bundled here by itself, with the settings of the bundle
 * that asks for it, and emitted beside that one as one ES module. esbuild has no such thing of its own:
 * https://github.com/evanw/esbuild/issues/312
 */
import path from 'node:path';
import type { Plugin } from 'esbuild';

const NAMESPACE = 'worker-file';
/** Marks a resolution that was asked for here. */
const OURS: unique symbol = Symbol(NAMESPACE);

const bundleWorkers: Plugin = {
  name: 'bundle-workers',
  setup({ initialOptions, resolve, onResolve, onLoad, esbuild }) {
    onResolve(
      { filter: /^#.*-worker-file$/ },
      async ({ path: name, kind, importer, resolveDir, pluginData }) => {
        if (pluginData === OURS) return undefined;
        const { path: source, errors } = await resolve(name, {
          kind,
          importer,
          resolveDir,
          pluginData: OURS,
        });
        if (errors.length > 0) return { errors };
        // Its name as emitted; the folder would show in the bundle.
        return { path: `${path.parse(source).name}.mjs`, namespace: NAMESPACE, pluginData: { source } };
      },
    );
    onLoad({ filter: /.*/, namespace: NAMESPACE }, async ({ pluginData: { source } }) => {
      const { stdin: _, outfile = '', outdir = path.dirname(outfile), ...settings } = initialOptions;
      const plugins = initialOptions.plugins?.filter((plugin) => plugin !== bundleWorkers);
      const { outputFiles, warnings } = await esbuild.build({
        ...settings,
        entryPoints: [source],
        entryNames: '[name]',
        outdir,
        format: 'esm',
        splitting: false,
        sourcemap: false,
        metafile: false,
        ...(plugins && { plugins }),
        write: false,
      });
      const { name } = path.parse(source);
      // Files that it needs besides are emitted by the bundle that asks for it, which imports what it imports.
      const script = outputFiles.find((file) => path.parse(file.path).name === name);
      if (script === undefined) throw new Error(`the bundle of ${source} has no file ${name}`);
      return { contents: script.contents, loader: 'file', warnings };
    });
  },
};

export default [bundleWorkers] satisfies Plugin[] as Plugin[];
