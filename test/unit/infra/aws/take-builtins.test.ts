import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { type BuildOptions, build } from 'esbuild';
import bundlePlugins from '../../../../infra/aws/bundle-plugins.ts';

/** A default import, a named one, one of everything, one without the prefix, one of a package's CommonJS, and a late one. */
const ENTRY = `
  import http from 'node:http';
  import { request } from 'node:https';
  import * as files from 'node:fs/promises';
  import { join } from 'path';
  const { inherits } = require('util');
  const { spawnSync } = await import('node:child_process');
  const loaded = process.moduleLoadList.filter((name) => name.includes('undici'));
  console.log(
    JSON.stringify([
      typeof http.request, typeof request, typeof files.readFile, join('a', 'b'), typeof inherits, typeof spawnSync,
      loaded,
    ]),
  );
`;

async function bundle(contents: string, plugins: BuildOptions['plugins']): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: import.meta.dirname },
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    ...(plugins && { plugins }),
    logLevel: 'silent',
  });
  return outputFiles[0]!.text;
}

test('a bundle takes modules of Node by themselves, without what their getters would load', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'builtins-bundle-'));
  try {
    const file = path.join(folder, 'main.mjs');
    writeFileSync(file, await bundle(ENTRY, bundlePlugins));
    const { stdout, stderr } = spawnSync(process.execPath, [file], { encoding: 'utf8' });
    assert.equal(stderr, '');
    const kinds = ['function', 'function', 'function', path.join('a', 'b'), 'function', 'function'];
    assert.deepEqual(JSON.parse(stdout), [...kinds, []]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('what nothing runs is not asked for', async () => {
  const contents = `export const run = async () => (await import('node:child_process')).spawnSync;
    import { request } from 'node:http';
    export const send = () => request;`;
  assert.match(await bundle(contents, undefined), /^import .* from "node:http"/m);
  const text = await bundle(contents, bundlePlugins);
  assert.doesNotMatch(text, /^import .* from "node:(http|child_process)"/m);
  assert.match(text, /getBuiltinModule\("node:http"\)/);
});
