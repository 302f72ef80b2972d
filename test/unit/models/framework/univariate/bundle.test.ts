import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { build } from 'esbuild';
import bundleWorkers from '../../../../../infra/aws/bundle-workers.ts';

const ROOT: string = path.join(import.meta.dirname, '../../../../..');
const ENTRY = `
  import { prophetKind } from './lib/models/kinds/prophet/kind.ts';
  import { createUnivariateModel } from './lib/models/framework/univariate/model.ts';
  const rows = Array.from({ length: 200 }, (_, row) => row);
  const x = {
    names: ['a', 'b'],
    entities: ['x'],
    entityOf: new Uint32Array(200),
    times: Float64Array.from(rows, (row) => row * 60_000),
    values: Float32Array.from(rows.flatMap((row) => [row + (row % 3), 5 + (row % 7)])),
  };
  async function fit(threads) {
    const model = createUnivariateModel(prophetKind, () => threads);
    const run = { seed: 1, deadline: { remaining: () => Infinity } };
    return (await model.fit(x, model.parseParams({}), run)).save().arrays;
  }
  (async () => {
    const [one, two] = [await fit(1), await fit(2)];
    console.log(two.records.length, JSON.stringify(one) === JSON.stringify(two));
  })();
`;

for (const format of ['esm', 'cjs'] as const) {
  test(`threads work in an esbuild bundle (${format}), their script and Stan beside it`, async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'threads-bundle-'));
    try {
      const main = format === 'esm' ? 'main.mjs' : 'main.cjs';
      await build({
        stdin: { contents: ENTRY, resolveDir: ROOT },
        bundle: true,
        minify: true,
        platform: 'node',
        format,
        outfile: path.join(folder, main),
        loader: { '.wasm': 'file' },
        assetNames: '[name]',
        plugins: bundleWorkers,
        logLevel: 'silent',
      });
      assert.deepEqual(
        readdirSync(folder).toSorted(),
        [main, 'prophet-wasmstan.core.wasm', 'series-worker.mjs'].toSorted(),
      );
      const run = spawnSync(process.execPath, [path.join(folder, main)], {
        encoding: 'utf8',
        timeout: 600_000,
      });
      assert.equal(run.stderr, '');
      assert.match(run.stdout.trim(), /^[1-9]\d* true$/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}
