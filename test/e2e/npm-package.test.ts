/** What `npm publish` would send, unpacked into an empty folder that has its dependencies and nothing else. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';

const ROOT = join(import.meta.dirname, '../..');
const { version, dependencies, bin } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

let folder: string;
let files: readonly string[];

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidewatch-npm-'));
  const packed = run('npm', ['pack', '--json', '--pack-destination', folder], ROOT);
  assert.equal(packed.status, 0, packed.stderr);
  const [{ filename, files: listed }] = JSON.parse(packed.stdout.slice(packed.stdout.indexOf('[\n')));
  files = listed.map(({ path }: { path: string }) => path);
  run('tar', ['xzf', filename], folder);
  mkdirSync(join(folder, 'node_modules'));
  renameSync(join(folder, 'package'), join(folder, 'node_modules/tidewatch'));
  // As npm would install them, without the network.
  for (const name of Object.keys(dependencies)) {
    mkdirSync(dirname(join(folder, 'node_modules', name)), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name));
  }
});
after(() => rmSync(folder, { recursive: true, force: true }));

function run(command: string, args: readonly string[], cwd = folder): ReturnType<typeof spawnText> {
  return spawnText(command, args, cwd);
}

function spawnText(command: string, args: readonly string[], cwd: string) {
  return spawnSync(command, args, { cwd, encoding: 'utf8' });
}

function tidewatch(...args: readonly string[]): ReturnType<typeof run> {
  return run(process.execPath, [join('node_modules/tidewatch', bin.tidewatch), ...args]);
}

test('it holds what runs, its types, the schema and the licence; no tests, no sources, no samples', () => {
  for (const name of [
    'bin/tidewatch.mjs',
    'dist/lib/cli/main.js',
    'dist/lib/index.d.ts',
    'LICENSE',
    'README.md',
  ])
    assert.ok(files.includes(name), name);
  assert.ok(files.includes('schema/anomaly-detector.schema.json'));
  assert.ok(files.includes('dist/lib/nn/kernel/fused.wasm'));
  const odd = files.filter((name) => /^(test|samples|bench|infra|scripts|lib)\/|(?<!\.d)\.ts$/.test(name));
  assert.deepEqual(odd, []);
});

test('its command runs outside of a clone, from made-up metrics to a model and scores', () => {
  assert.equal(tidewatch('--version').stdout, `tidewatch ${version}\n`);
  const made = tidewatch(
    'simulate',
    '--scenario',
    'cpu-spike',
    '--days',
    '2',
    '--step',
    '5m',
    '--out',
    'metrics.parquet',
  );
  assert.equal(made.status, 0, made.stderr);
  // One kind for each file that is found beside the code: threads of arima, a kernel of the networks.
  for (const kind of [['auto'], ['arima'], ['lstm-autoencoder', '--epochs', '1', '--sequence-length', '8']]) {
    const data = ['--data', 'metrics.parquet', '--threshold-percentile', '99'];
    const fitted = tidewatch('fit', ...data, '--output-dir', 'model', '--model', ...kind);
    assert.equal(fitted.status, 0, fitted.stderr);
  }
  const scored = tidewatch('score', 'metrics.parquet', '--model', 'model', '--out', 'scores.csv');
  assert.equal(scored.status, 0, scored.stderr);
  assert.match(readFileSync(join(folder, 'scores.csv'), 'utf8'), /^timestamp,entity,score,/);
});

test('another program imports it with its types', () => {
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(
    join(folder, 'use.ts'),
    `import { type Alert, parseAlert, parseManifest } from 'tidewatch';
const name: string = parseManifest('kind: AnomalyDetector\\nmetadata: { name: shop }', { source: 'a.yml' }).name;
const entity = (alert: Alert): string => alert.entity;
console.log(name, typeof entity, typeof parseAlert);
`,
  );
  const checked = run(process.execPath, [
    join(ROOT, 'node_modules/typescript/bin/tsc'),
    ...['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--target', 'es2024', '--types'],
    ...['node', '--typeRoots', join(ROOT, 'node_modules/@types'), 'use.ts'],
  ]);
  assert.equal(checked.status, 0, checked.stdout);
  assert.equal(run(process.execPath, ['use.ts']).stdout, 'shop function function\n');
});
