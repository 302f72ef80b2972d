import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/**
 * IBM Plex Sans, Latin, regular: SIL Open Font License 1.1, © IBM Corp. The bytes of the file under plain Node; a
 * bundler puts them into the bundle (package.json, `imports`; esbuild's loader `binary`).
 */
const bytes: Uint8Array = readFileSync(
  createRequire(import.meta.url).resolve(
    '@fontsource/ibm-plex-sans/files/ibm-plex-sans-latin-400-normal.woff2',
  ),
);
export default bytes;
