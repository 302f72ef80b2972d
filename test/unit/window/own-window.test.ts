/** Files of `writeWindow` are read without Arrow, and to the same window as with it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { build } from 'esbuild';
import bundlePlugins from '../../../infra/aws/bundle-plugins.ts';
import type { ColumnToWrite } from '../../../lib/window/columns.ts';
import type { LeftOut } from '../../../lib/window/left-out.ts';
import { formatMetadata } from '../../../lib/window/metadata.ts';
import { readOwnWindow } from '../../../lib/window/own-window.ts';
import { readTable } from '../../../lib/window/parquet.ts';
import { readWindow, windowOfTable } from '../../../lib/window/read-window.ts';
import type { MetricWindow } from '../../../lib/window/window.ts';
import { writeColumns, writeWindow } from '../../../lib/window/write-window.ts';
import { FIXTURES, MINUTE, makeWindow, T0, windowError } from './helpers.ts';

const ROOT: string = path.join(import.meta.dirname, '../../..');
const OPTIONS = { detector: 'shop', source: 'a.parquet' };
const WINDOW = makeWindow(
  [
    { entity: 'a', time: T0, values: [1, Number.NaN] },
    { entity: 'a', time: T0 + MINUTE, values: [-0, 2 ** 60] },
    { entity: 'ä/b', time: T0, values: [Number.NaN, 3] },
  ],
  { labels: Uint8Array.of(0, 1, 0) },
);

/** As `writeWindow`, of any columns. */
function fileOf(columns: readonly ColumnToWrite[]): Uint8Array {
  return writeColumns({ columns, metadata: formatMetadata(WINDOW, 'x') });
}

function columnsOf(given: { readonly times?: readonly number[]; readonly values?: readonly number[] }) {
  const { times = [T0, T0 + MINUTE], values = [1, 2] } = given;
  return [
    { name: 'timestamp', type: 'timestamp', values: Float64Array.from(times) },
    // "z" is of no row, and one text stands twice.
    { name: 'entity', type: 'string', dictionary: ['z', 'b', 'b'], codes: Uint32Array.of(2, 1) },
    { name: 'cpu', type: 'double', values: Float64Array.from(values) },
  ] as const satisfies ColumnToWrite[];
}

function bothWays(bytes: Uint8Array): readonly [MetricWindow | undefined, MetricWindow] {
  return [readOwnWindow(bytes, OPTIONS), windowOfTable(readTable(bytes), OPTIONS)];
}

test('a window comes back as it was written, with labels, gaps and owners, as by Arrow', () => {
  const owners = new Map([['a', { kind: 'Deployment', name: 'a' }]]);
  for (const window of [WINDOW, { ...WINDOW, labels: undefined }, { ...WINDOW, podOwners: owners }]) {
    const [own, general] = bothWays(writeWindow(window, { manifestHash: 'x' }));
    assert.deepEqual(own, window);
    assert.deepEqual(general, window);
  }
});

test('entities are those that have rows, and no value is infinite', () => {
  const [own, general] = bothWays(fileOf(columnsOf({ values: [Number.POSITIVE_INFINITY, 2] })));
  assert.deepEqual(own, general);
  assert.deepEqual([own?.entities, own?.columns], [['b'], [Float64Array.of(Number.NaN, 2)]]);
});

test('a row without a time that can be is left out where somebody hears of it, else an error', () => {
  const bytes = fileOf(columnsOf({ times: [T0, 253_402_300_800_000] }));
  const heard: LeftOut[] = [];
  const window = readOwnWindow(bytes, { ...OPTIONS, onLeftOut: (each) => heard.push(each) });
  assert.deepEqual(
    [window?.times, heard.map(({ code, count }) => [code, count])],
    [Float64Array.of(T0), [['bad-time', 1]]],
  );
  assert.throws(() => readOwnWindow(bytes, OPTIONS), windowError('bad-time', 'row 2', 'timestamp'));
});

test('what writeWindow does not write is left to the reader of every file', () => {
  const [time, entity, metric] = columnsOf({});
  const cpu = { name: 'cpu', type: 'integer', values: Int32Array.of(1, 2) } as const;
  const whole = fileOf([time, entity, cpu]);
  const label = { name: 'label', type: 'double', values: Float64Array.of(0, 1) } as const;
  const files = [whole, fileOf([entity, time, metric]), fileOf([time, entity, label, metric])];
  for (const file of [...files, writeColumns({ columns: [time, entity, metric] })]) {
    assert.equal(readOwnWindow(file, { ...OPTIONS, step: MINUTE }), undefined);
    assert.ok(readWindow(file, { ...OPTIONS, step: MINUTE }));
  }
  assert.throws(() => readWindow(fileOf([time, entity]), OPTIONS), windowError('bad-metadata'));
  const foreign = readFileSync(path.join(FIXTURES, 'polars/int128.parquet'));
  assert.equal(readOwnWindow(foreign, OPTIONS), undefined);
});

for (const [name, readsWindows] of [
  ['score', true],
  ['notify', true],
  ['export', false],
] as const)
  test(`${name} starts without Arrow, which stands beside it where files of others are read`, async () => {
    const { metafile } = await build({
      absWorkingDir: ROOT,
      entryPoints: [`functions/${name}.ts`],
      bundle: true,
      write: false,
      metafile: true,
      platform: 'node',
      format: 'esm',
      target: 'node24',
      mainFields: ['module', 'main'],
      outdir: 'built',
      loader: { '.wasm': 'file', '.woff2': 'binary' },
      plugins: bundlePlugins,
      logLevel: 'silent',
    });
    const started = new Set<string>([`built/${name}.js`]);
    for (const file of started)
      for (const { path: imported, kind } of metafile.outputs[file]!.imports)
        if (kind === 'import-statement' && metafile.outputs[imported] !== undefined) started.add(imported);
    const isArrow = (file: string): boolean => /apache-arrow|parquet-wasm/.test(file);
    const holds = (file: string): boolean => Object.keys(metafile.outputs[file]!.inputs).some(isArrow);
    assert.deepEqual([...started].filter(holds), []);
    assert.equal(Object.keys(metafile.outputs).some(holds), readsWindows);
  });
