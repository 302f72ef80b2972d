import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { build } from 'esbuild';

const ROOT: string = path.join(import.meta.dirname, '../../../../..');
const ENTRY = `
  import { startStan } from './lib/models/kinds/prophet/stan.ts';
  const t = Float64Array.from({ length: 50 }, (_, i) => i / 49);
  const found = startStan().optimize({
    y: t.map((at, i) => 0.2 + 0.6 * at + (i % 2 === 0 ? 0.01 : -0.01)),
    t,
    changepoints: Float64Array.of(0.5),
    features: new Float64Array(50),
    sigmas: Float64Array.of(1),
    tau: 0.05,
  }, { k: 0.5, m: 0.1 });
  console.log(found.k.toFixed(1), found.m.toFixed(1));
`;

for (const format of ['esm', 'cjs'] as const) {
  test(`Stan works in an esbuild bundle (${format}), its one file beside it`, async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'prophet-bundle-'));
    try {
      const main = format === 'esm' ? 'main.mjs' : 'main.cjs';
      await build({
        stdin: { contents: ENTRY, resolveDir: ROOT },
        bundle: true,
        platform: 'node',
        format,
        outfile: path.join(folder, main),
        loader: { '.wasm': 'file' },
        assetNames: '[name]',
        logLevel: 'silent',
      });
      assert.deepEqual(readdirSync(folder).toSorted(), [main, 'prophet-wasmstan.core.wasm']);
      const run = spawnSync(process.execPath, [path.join(folder, main)], { encoding: 'utf8' });
      assert.equal(run.stderr, '');
      assert.equal(run.stdout.trim(), '0.6 0.2');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}
