/** Files that the code reads beside itself: WebAssembly modules, and the scripts of worker threads. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliDecompressSync } from 'node:zlib';

/**
 * @param file what the import of such a file gives: an absolute path under plain Node, in a bundle the path of the
 *   emitted file relative to the bundle (lib/window/decoder.ts tells how)
 * @returns an absolute path
 */
export function locateBundledFile(file: string): string {
  if (path.isAbsolute(file)) return file;
  // Within a bundle this is the bundle's own place, of a CommonJS one and of an ES module.
  const here = typeof __dirname === 'string' ? __dirname : path.dirname(fileURLToPath(import.meta.url));
  return path.resolve(here, file);
}

/** What it holds: as it is, or inflated where the bundler emitted it as NAME.br. @param file as `locateBundledFile` */
export function readBundledFile(file: string): Uint8Array<ArrayBuffer> {
  const bytes = readFileSync(locateBundledFile(file));
  return file.endsWith('.br') ? brotliDecompressSync(bytes) : bytes;
}
