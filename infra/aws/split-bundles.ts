/**
 * Plugin for esbuild (serverless.yml): what is imported where it is needed, such as a kind of model or the credentials of a
 * profile, is a file of its own beside the bundle, and is read by whoever comes to it alone. Until then V8 would at least look
 * through it, at every cold start. A file's name begins with that of its function: serverless-esbuild puts those into the zip of
 * that function, and no other.
 */
import path from 'node:path';
import type { Plugin } from 'esbuild';

export const splitBundles: Plugin = {
  name: 'split-bundles',
  setup({ initialOptions }) {
    const { entryPoints } = initialOptions;
    const [entry] = Array.isArray(entryPoints) ? entryPoints : [];
    // The script of a worker is one file.
    if (typeof entry !== 'string' || initialOptions.splitting === false) return;
    initialOptions.splitting = true;
    initialOptions.chunkNames = `${path.parse(entry).name}.[name]-[hash]`;
  },
};
