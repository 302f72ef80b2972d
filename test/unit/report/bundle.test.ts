/** Font and rasteriser are found in a bundle that was moved away from node_modules, as in the train function's zip. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { build } from 'esbuild';

const ROOT: string = join(import.meta.dirname, '../../..');
/** "W" is wider than "i" only where there is a font to draw them with. */
const ENTRY = `
  import { rasterize } from './lib/report/drawing/rasterize.ts';
  const draw = (text) => rasterize('<svg xmlns="http://www.w3.org/2000/svg" width="90" height="30">' +
    '<text y="20" font-family="IBM Plex Sans" font-size="20">' + text + '</text></svg>');
  console.log((await draw('WWW')).length > (await draw('')).length);
`;

test('pictures hold text in a bundle', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tidewatch-bundle-'));
  try {
    await build({
      stdin: { contents: ENTRY, resolveDir: ROOT },
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node24',
      mainFields: ['module', 'main'],
      outfile: join(folder, 'built/main.mjs'),
      loader: { '.wasm': 'file', '.woff2': 'binary' },
      assetNames: '[name]',
      logLevel: 'silent',
    });
    await cp(join(folder, 'built'), join(folder, 'moved'), { recursive: true });
    await rm(join(folder, 'built'), { recursive: true });
    assert.deepEqual((await readdir(join(folder, 'moved'))).sort(), ['index_bg.wasm', 'main.mjs']);
    const run = spawnSync(process.execPath, [join(folder, 'moved/main.mjs')], { encoding: 'utf8' });
    assert.equal(run.stderr, '');
    assert.equal(run.stdout, 'true\n');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
