// @ts-check
/**
 * Plugin for esbuild (serverless.yml): an import that ends in -worker-file gives the path of a script for a worker
 * thread. `imports` in package.json names its source, which is bundled here by itself, with the settings of the bundle
 * that asks for it, and emitted beside that one as an ES module. esbuild has no such thing of its own:
 * https://github.com/evanw/esbuild/issues/312
 */
const path = require('node:path');

const NAMESPACE = 'worker-file';
/** Marks a resolution that was asked for here. */
const OURS = Symbol(NAMESPACE);

/** @type {import('esbuild').Plugin} */
const bundleWorkers = {
  name: 'bundle-workers',
  setup(build) {
    build.onResolve(
      { filter: /^#.*-worker-file$/ },
      async ({ path: name, kind, importer, resolveDir, pluginData }) => {
        if (pluginData === OURS) return undefined;
        const found = await build.resolve(name, { kind, importer, resolveDir, pluginData: OURS });
        if (found.errors.length > 0) return { errors: found.errors };
        const { dir, name: stem } = path.parse(found.path);
        // Its name as emitted.
        return {
          path: path.join(dir, `${stem}.mjs`),
          namespace: NAMESPACE,
          pluginData: { source: found.path },
        };
      },
    );
    build.onLoad({ filter: /.*/, namespace: NAMESPACE }, async ({ pluginData: { source } }) => {
      const { outdir, outfile, ...settings } = build.initialOptions;
      const { outputFiles, errors } = await build.esbuild.build({
        ...settings,
        stdin: undefined,
        entryPoints: [source],
        format: 'esm',
        outdir: outdir ?? path.dirname(/** @type {string} */ (outfile)),
        plugins: [],
        write: false,
        metafile: false,
      });
      // Whatever else it needs, the bundle that asks for it has as well.
      const script = outputFiles.find(({ path: file }) => path.parse(file).name === path.parse(source).name);
      return {
        contents: /** @type {NonNullable<typeof script>} */ (script).contents,
        loader: 'file',
        errors,
      };
    });
  },
};

module.exports = [bundleWorkers];
