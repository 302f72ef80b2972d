/**
 * Plugin for esbuild (serverless.yml): WebAssembly is emitted as NAME.wasm.br. A zip has nothing but deflate, which leaves a
 * quarter more of it; `readBundledFile` of lib/base inflates it where it is first used.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants } from 'node:zlib';
import type { Plugin } from 'esbuild';

const NAMESPACE = 'compressed-wasm';
const compress = promisify(brotliCompress);
/** Of 9 a second for all of them; 11 leaves a tenth less and takes 20 seconds. */
const QUALITY = 9;

/** By path: each function is bundled by itself, and most of them hold the same. */
const compressed = new Map<string, Promise<Uint8Array>>();

export const compressWasm: Plugin = {
  name: 'compress-wasm',
  setup({ onResolve, onLoad, resolve }) {
    // The names of `imports` in package.json, but for scripts of workers.
    onResolve({ filter: /^#/ }, async ({ path: name, kind, importer, resolveDir, pluginData }) => {
      if (pluginData === NAMESPACE || name.endsWith('-worker-file')) return undefined;
      const found = await resolve(name, { kind, importer, resolveDir, pluginData: NAMESPACE });
      if (found.errors.length > 0 || !found.path.endsWith('.wasm')) return undefined;
      // Its name as emitted; the folder would show in the bundle.
      return {
        path: `${path.basename(found.path)}.br`,
        namespace: NAMESPACE,
        pluginData: { source: found.path },
      };
    });
    onLoad({ filter: /.*/, namespace: NAMESPACE }, async ({ pluginData: { source } }) => {
      const contents = compressed.get(source) ?? compressFile(source);
      compressed.set(source, contents);
      return { contents: await contents, loader: 'file' };
    });
  },
};

async function compressFile(source: string): Promise<Uint8Array> {
  const bytes = await readFile(source);
  return compress(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: QUALITY,
      [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });
}
