import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { SCENARIO_NAMES } from '../../../lib/simulate/scenarios.ts';
import { simulate } from '../../../lib/simulate/simulate.ts';
import { readWindow } from '../../../lib/window/read-window.ts';
import type { MetricWindow } from '../../../lib/window/window.ts';
import { type CliRun, runTestCli } from '../../helpers/cli.ts';
import { createMemoryObjectStore } from '../../helpers/memory-object-store.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidewatch-simulate-'));
});
after(async () => {
  await rm(folder, { recursive: true });
});

function run(...args: string[]): Promise<CliRun> {
  return runTestCli(['simulate', ...args], createMemoryObjectStore({ now: () => 0 }), { env: {} });
}

async function readParquet(path: string): Promise<MetricWindow> {
  return readWindow(await readFile(path), { detector: 'simulated', source: path });
}

const SMALL = [
  '--scenario',
  'cpu-spike',
  '--days',
  '2',
  '--services',
  '2',
  '--step',
  '5m',
  '--start',
  '2026-03-01',
  '--seed',
  '9',
];

test('writes what simulate makes, and tells what and where', async () => {
  const [out, om, json, csv] = ['a.parquet', 'a.om', 'a.json', 'a.csv'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
    string,
  ];
  const { code, stdout } = await run(
    ...SMALL,
    '--out',
    out,
    '--labels',
    '--openmetrics',
    om,
    '--incidents',
    json,
  );
  assert.equal(code, 0);
  const { window, incidents } = simulate({
    scenario: 'cpu-spike',
    seed: 9,
    days: 2,
    services: 2,
    step: 300_000,
    start: Date.UTC(2026, 2, 1),
  });
  assert.deepEqual(await readParquet(out), window);
  assert.ok((await readFile(om, 'utf8')).endsWith('# EOF\n'));
  const start = new Date(incidents[0]!.start).toISOString();
  assert.equal((JSON.parse(await readFile(json, 'utf8')) as { start: string }[])[0]?.start, start);
  assert.ok(
    stdout.includes(`${out}: 1152 rows of 2 services and 21 metrics, every 5m from 2026-03-01T00:00:00.000Z`),
    stdout,
  );
  assert.ok(stdout.includes(`cpu-spike: ${incidents[0]!.entity} from ${start} up to `), stdout);

  const first = await readFile(out);
  await run(...SMALL, '--out', out, '--labels', '--incidents', csv);
  assert.ok(first.equals(await readFile(out)), 'the same seed, the same bytes');
  assert.ok((await readFile(csv, 'utf8')).startsWith('start,end,entity,scenario\n'));
});

test('without --labels there is no label column; --json tells programs', async () => {
  const out = join(folder, 'plain.parquet');
  const { lines } = await run(...SMALL, '--out', out, '--json');
  assert.equal((await readParquet(out)).labels, undefined);
  assert.deepEqual(
    lines.map(({ type }) => type),
    ['simulated', 'incident', 'result'],
  );
  assert.equal(lines[0]?.rows, 1152);
});

test('list names every scenario with a line, and help has examples', async () => {
  const { code, stdout } = await run('--scenario', 'list');
  assert.equal(code, 0);
  const lines = stdout.trimEnd().split('\n');
  assert.deepEqual(
    lines.map((line) => line.split(' ')[0]),
    SCENARIO_NAMES,
  );
  const help = await run('--help');
  assert.ok(help.stdout.includes('tidewatch simulate --scenario list'), help.stdout);
});

test('a mistake is named, and nothing is written', async () => {
  const before = await readdir(folder);
  for (const [args, message] of [
    [['--scenario', 'memory-leek', '--out', 'x.parquet'], 'did you mean memory-leak?'],
    [['--out', 'x.parquet'], 'simulate needs --scenario'],
    [['--scenario', 'none'], 'simulate needs --out'],
    [['--scenario', 'none', '--out', 'x.csv'], '"x.csv", not a name that ends in .parquet'],
    [['--scenario', 'none', '--out', 'x.parquet', '--days', '1'], 'days is 1: a whole number from 2 to 400'],
    [['--scenario', 'cascading-failure', '--out', 'x.parquet', '--services', '2'], 'from 3 to 1000'],
    [['--scenario', 'none', '--out', 'x.parquet', '--step', '7m'], 'step is 420000 ms'],
    [['--scenario', 'none', '--out', 'x.parquet', '--start', 'today'], '--start is "today"'],
    [['--scenario', 'none', 'x.parquet'], 'the file is --out FILE'],
  ] as const) {
    const { code, stderr } = await run(...args);
    assert.equal(code, 2, stderr);
    assert.ok(stderr.includes(message), stderr);
  }
  const { code, stderr } = await run(...SMALL, '--out', join(folder, 'no/such/x.parquet'));
  assert.equal(code, 1);
  assert.ok(stderr.includes('x.parquet cannot be written: there is no such file or folder'), stderr);
  assert.deepEqual(await readdir(folder), before);
});
