/** The quality bench, on folders made for it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { findSeries } from '../../../bench/quality/find-series.ts';
import { loadCase } from '../../../bench/quality/load-case.ts';
import { readSeries } from '../../../bench/quality/read-series.ts';
import { ALL_SETS, renderQuality, summarize } from '../../../bench/quality/table.ts';

const MINUTE = 60_000;
const MONDAY = Date.UTC(2001, 0, 1);
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'quality-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('files of the same name in train and test are a pair, others stand alone', () => {
  for (const name of [
    'a/train/x.csv.gz',
    'a/test/x.csv.gz',
    'a/test/alone.csv',
    'a/pods/train/y.csv',
    'a/pods/test/y.csv',
    'b/one/z.csv',
    'b/readme.md',
    'c/train/lost.csv',
  ])
    put(name, '');
  const { series, unused } = findSeries(folder);
  assert.deepEqual(
    series.map(({ set, name, train }) => [set, name, train?.slice(folder.length + 1)]),
    [
      ['a', 'a/pods/test/y.csv', 'a/pods/train/y.csv'],
      ['a', 'a/test/alone.csv', undefined],
      ['a', 'a/test/x.csv.gz', 'a/train/x.csv.gz'],
      ['b', 'b/one/z.csv', undefined],
    ],
  );
  assert.deepEqual(
    unused.map(({ name }) => name),
    ['c/train/lost.csv'],
  );
});

test('a folder with its own train and test is one data set of its name', () => {
  put('only/train/x.csv', '');
  put('only/test/x.csv', '');
  assert.deepEqual(
    findSeries(join(folder, 'only')).series.map(({ set }) => set),
    ['only'],
  );
});

test('rows are sorted by time, of repeated times the last counts, and any of their labels', () => {
  const file = put('x.csv', 'timestamp,cpu,gone,label\n60,1,,0\n0,2,,0\n120,,,0\n60,3,nan,1\n60,4,,0\n');
  const { times, columns, labels, metrics, step, range } = readSeries(file);
  // Counted from 0, which is no time of 1970 here.
  assert.deepEqual([...times], [MONDAY, MONDAY + MINUTE, MONDAY + 2 * MINUTE]);
  assert.deepEqual(metrics, ['cpu']);
  assert.deepEqual(columns, [Float64Array.of(2, 4, NaN)]);
  assert.deepEqual([...labels], [0, 1, 0]);
  assert.deepEqual([step, range], [MINUTE, { start: MONDAY, end: MONDAY + 3 * MINUTE }]);
});

test('what is no series is refused with the reason', () => {
  const refuses = (text: string, message: RegExp): void =>
    assert.throws(() => readSeries(put('bad.csv', text)), { name: 'SeriesError', message });
  refuses('name,cpu,label\nx,1,0\n', /^columns from name to label/);
  refuses('timestamp,cpu\n0,1\n', /^columns from timestamp to cpu/);
  refuses('timestamp,cpu,label\n0,1,0\n60,1\n', /^line 3: 2 cells for 3 columns/);
  refuses('timestamp,cpu,label\n0,1,0\n60,high,0\n', /^line 3: cpu is "high"/);
  refuses('timestamp,cpu,label\n0,1,0\n60,1,2\n', /^line 3: label 2/);
  refuses('timestamp,cpu,label\n0,1,0\n', /^1 rows/);
  refuses('timestamp,cpu,label\n0,,0\n60,,0\n', /^no value/);
});

test('a file without training data is fitted on its first 15 %, or on a warm-up where that is more and leaves half', () => {
  const rowsFitted = (rows: number): number => {
    const file = put('x.csv', makeSeries({ from: 0, rows, label: 5 }));
    const { train, test: rest, follows } = loadCase({ set: 'x', name: 'x', train: undefined, test: file });
    assert.equal(rest.times[0], MONDAY + train.times.length * MINUTE);
    assert.ok(follows);
    assert.ok(train.labels.every((label) => label === 0));
    return train.times.length;
  };
  assert.equal(rowsFitted(2879), 432);
  assert.equal(rowsFitted(2880), 1440);
  assert.equal(rowsFitted(5000), 1440);
  assert.equal(rowsFitted(20_000), 3000);
  assert.throws(() => rowsFitted(400), { name: 'SeriesError', message: /^60 training rows; at least 64/ });
});

test('a test that begins where the training ends may look back on it', () => {
  const load = (from: number) => {
    const train = put('train.csv', makeSeries({ from: 0, rows: 2000, label: 3 }));
    const test = put('test.csv', makeSeries({ from, rows: 50 }));
    return loadCase({ set: 'x', name: 'x', train, test });
  };
  assert.equal(load(2000).follows, true);
  assert.equal(load(2000).train.labels[3], 1);
  assert.equal(load(2002).follows, false);
  assert.equal(load(-50).follows, false);
});

test('columns that one side lacks are left out', () => {
  const rows = (cells: string): string =>
    Array.from({ length: 120 }, (_, row) => `${row},${cells}\n`).join('');
  const train = put('train.csv', `timestamp,cpu,gone,label\n${rows('1,2,0')}`);
  const test = put('test.csv', `timestamp,new,cpu,label\n${rows('3,1,0')}`);
  const loaded = loadCase({ set: 'x', name: 'x', train, test });
  assert.deepEqual([loaded.train.metrics, loaded.test.metrics], [['cpu'], ['cpu']]);
});

test('means leave out what a file has no figure for, and say over how many files they are', () => {
  const quality = {
    vusPr: 0.5,
    averagePrecision: 0.5,
    bestF1: 0.5,
    eventRecall: 1,
    falseAlarmsPerDay: 2,
    timeInAlert: 0.25,
  };
  const rows = summarize([
    { set: 's', file: 'a', model: 'm', ...quality, detectionDelay: 2 * MINUTE },
    { set: 's', file: 'b', model: 'm', ...quality, vusPr: 0.25, detectionDelay: NaN },
  ]);
  assert.deepEqual(
    rows.map(({ set, files }) => [set, files]),
    [
      ['s', 2],
      [ALL_SETS, 2],
    ],
  );
  assert.equal(rows[0]?.means.vusPr, 0.375);
  const line = renderQuality(rows).split('\n')[2];
  assert.match(line ?? '', /^s +m +2 +0\.375 +0\.500 +0\.500 +1\.000 +2\.0 \(1\) +2\.00 +25\.0 %$/);
});

test('from files to figures: an obvious incident is found, a bad file is named, the rest goes on', () => {
  put('set/train/web.csv.gz', makeSeries({ from: 0, rows: 1200 }));
  put('set/test/web.csv.gz', makeSeries({ from: 1200, rows: 300, fault: [100, 130] }));
  put('set/meta.csv', 'a,b\n1,2\n');
  const json = join(folder, 'out.json');
  const { status, stdout, stderr } = run(
    '--data',
    folder,
    '--models',
    'isolation-forest',
    '--no-peers',
    '--json',
    json,
  );
  assert.equal(status, 0, stderr);
  assert.match(stderr, /set\/meta\.csv: not used: columns from a to b/);
  assert.match(stdout, /^set +isolation-forest +1 /m);
  const [ours, chance] = JSON.parse(readFileSync(json, 'utf8')).files;
  assert.equal(ours.model, 'isolation-forest');
  assert.ok(ours.averagePrecision > 0.9, `${ours.averagePrecision}`);
  assert.equal(ours.eventRecall, 1);
  // 3 of 4 rows have to be off.
  assert.equal(ours.detectionDelay, 2 * MINUTE);
  // 30 rows in 300, but for the two that open it and the few in which it ends.
  assert.ok(ours.timeInAlert > 0.09 && ours.timeInAlert < 0.12, `${ours.timeInAlert}`);
  assert.ok(chance.averagePrecision < 0.3, `${chance.averagePrecision}`);
});

test('too few training rows for a percentile leave a peer its ranking, and no decisions', () => {
  put('set/web.csv', makeSeries({ from: 0, rows: 2000, fault: [1500, 1530] }));
  const json = join(folder, 'out.json');
  const { status, stderr } = run(
    '--data',
    folder,
    '--models',
    'isolation-forest',
    '--no-peers',
    '--json',
    json,
  );
  assert.equal(status, 0, stderr);
  const [ours, chance] = JSON.parse(readFileSync(json, 'utf8')).files;
  assert.ok(ours.averagePrecision > 0.9, `${ours.averagePrecision}`);
  assert.equal(ours.eventRecall, 1);
  // JSON has no NaN.
  assert.deepEqual(
    [chance.eventRecall, chance.detectionDelay, chance.falseAlarmsPerDay, chance.timeInAlert],
    [null, null, null, null],
  );
});

test('arguments and folders that lead nowhere have exit codes of their own', () => {
  assert.equal(run().status, 2);
  const unknown = run('--data', folder, '--models', 'crystal-ball');
  assert.equal(unknown.status, 2);
  assert.match(unknown.stderr, /no model is called crystal-ball/);
  assert.equal(run('--data', folder, '--buffer', '-1').status, 2);
  assert.equal(run('--data', folder, '--no-peers').status, 1);
});

function put(name: string, text: string): string {
  const file = join(folder, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, name.endsWith('.gz') ? gzipSync(text) : text);
  return file;
}

/** Two metrics that follow a wave with some roughness; both jump during the fault. @param given.from in minutes */
function makeSeries(given: {
  from: number;
  rows: number;
  fault?: readonly [number, number];
  label?: number;
}): string {
  const { from, rows, fault = [Infinity, Infinity], label } = given;
  const lines = Array.from({ length: rows }, (_, row) => {
    const minute = from + row;
    const faulty = row >= fault[0] && row < fault[1];
    const wave = Math.sin(minute / 50) + 0.3 * Math.sin(minute * 12.9898);
    const shift = faulty ? 25 : 0;
    return `${minute * 60},${wave + shift},${2 * wave + 0.3 * Math.cos(minute * 78.233) - shift},${faulty || row === label ? 1 : 0}`;
  });
  return ['timestamp,cpu,memory,label', ...lines, ''].join('\n');
}

function run(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const bench = join(import.meta.dirname, '../../../bench/quality.ts');
  return spawnSync(process.execPath, [bench, ...args], { encoding: 'utf8' });
}
