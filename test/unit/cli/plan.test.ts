/** `tidewatch plan`: what people are told before they deploy. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Workload } from '../../../lib/jobs/plan/workload.ts';
import { manifestKey } from '../../../lib/store/keys.ts';
import { writeWindow } from '../../../lib/window/write-window.ts';
import { type CliRun, runOnFiles, runTestCli } from '../../helpers/cli.ts';
import { createMemoryObjectStore } from '../../helpers/memory-object-store.ts';
import { dropWindow, makeWindow } from '../../helpers/synthetic-window.ts';

const PRICES = join(import.meta.dirname, '../../../lib/jobs/plan/prices.json');

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidewatch-plan-'));
  await writeFile(path('shop.yml'), manifestOf('shop', '  entity: [pod]\n'));
  await writeFile(path('cart.yml'), manifestOf('cart', '  entity: [pod]\n'));
  await writeFile(path('single.yml'), manifestOf('single', '  entity: [pod]\n  shards: 1\n'));
  await writeFile(path('whole.yml'), manifestOf('whole', ''));
  await writeFile(
    path('shop.parquet'),
    writeWindow(makeWindow({ from: 0, rows: 60, entities: ['a', 'b', 'c'] }), { manifestHash: 'x' }),
  );
});
after(() => rm(folder, { recursive: true }));

test('what is planned is told by detector and in all, with what was assumed and when the prices were read', async () => {
  const { code, stdout, stderr } = await run(
    'plan',
    path('shop.yml'),
    path('cart.yml'),
    '--entities',
    '20,cart=3',
  );
  assert.equal(code, 0, stderr);
  assert.match(
    stdout,
    /^A month of 30 days, after 30 days; prices of us-east-1 as of \d{4}-\d\d-\d\d, in USD:\n\n.*from memory and not checked against AWS's pages: .*--prices FILE\n/,
  );
  assert.match(stdout, /^shop +20 +60 +2,592,000 +2,880 /m);
  assert.match(stdout, /^cart +3 +9 +388,800 +2,880 /m);
  assert.match(stdout, /^all +2,980,800 +5,760 /m);
  assert.match(stdout, /^Everything fits/m);
  assert.match(stdout, /^Assumed:\n- /m);
});

test('programs get each detector, what is around them, the sum and the prices as lines', async () => {
  const { lines } = await run('plan', path('shop.yml'), '--series', '60', '--json');
  assert.deepEqual(
    lines.map(({ type }) => type),
    ['plan', 'around', 'total', 'assumed', 'prices', 'result'],
  );
  const [shop, around, total] = lines as unknown as readonly {
    readonly load?: { readonly entities: number };
    readonly costs: Readonly<Record<string, number>>;
    readonly usage: { readonly customMetrics: number };
  }[];
  assert.equal(shop!.load!.entities, 20);
  assert.equal(shop!.usage.customMetrics, 0);
  assert.ok(Math.abs(shop!.costs['total']! + around!.costs['total']! - total!.costs['total']!) < 1e-9);
});

test('metrics of each detector, and of all of them, cost what CloudWatch asks for them', async () => {
  const args = ['plan', path('shop.yml'), '--entities', '2', '--json'];
  const [without, having] = [await run(...args), await run(...args, '--detector-metrics')].map(({ lines }) =>
    (lines as unknown as { costs: { metrics: number } }[])
      .slice(0, 2)
      .map(({ costs }) => costs.metrics.toFixed(2)),
  );
  assert.deepEqual(without, ['0.00', '0.30']);
  assert.deepEqual(having, ['0.90', '1.20']);
});

test('which training is a job is said with what it costs, where there are containers', async () => {
  await writeFile(path('fleet.yml'), manifestOf('fleet', '  entity: [pod]\n  shards: 1\n'));
  const args = ['plan', path('fleet.yml'), path('shop.yml'), '--entities', 'fleet=3000,shop=3'];
  const without = await run(...args);
  assert.match(without.stdout, /^- fleet: a training .*\(--batch 4,30720\) \(training-memory\)$/m);
  assert.doesNotMatch(without.stdout, /Trainings that are jobs/);
  const having = await run(...args, '--batch', '4');
  assert.match(
    having.stdout,
    /^Trainings that are jobs of AWS Batch, in containers of 4 processors and 30,720 MB:\nDETECTOR .*\nfleet +30 +\d+\.\d .* \d\.\d\d\nall +30 /m,
  );
  assert.match(having.stdout, /containers 0\.\d*[1-9]/);
  assert.match(having.stdout, /^- a container takes 60 s to start/m);
  assert.doesNotMatch(having.stdout, /training-memory/);
  const { lines } = await run(...args, '--batch', '8,32768', '--json');
  assert.deepEqual(
    lines.filter(({ type }) => type === 'plan').map((line) => [line['detector'], line['trainsIn']]),
    [
      ['fleet', 'container'],
      ['shop', 'function'],
    ],
  );
  const small = await run('plan', path('shop.yml'), '--entities', '3', '--batch', '1,2048');
  assert.match(small.stdout, /^No training is a job of AWS Batch/m);
  for (const size of ['3', '4,99999', '4,1024', 'on']) {
    const { code, stderr } = await run(...args, '--batch', size);
    assert.equal(code, 2, size);
    assert.ok(stderr.includes(`--batch is ${JSON.stringify(size)}`), stderr);
  }
});

test('a backfill is told of once, beside the month', async () => {
  const args = ['plan', path('shop.yml'), '--entities', '3'];
  const { stdout } = await run(...args, '--backfill', '730d');
  assert.match(stdout, /^A backfill of 730 days by Step Functions, once; .*\nDETECTOR .*\nshop +2,194 /m);
  assert.match(stdout, /^all +2,194 /m);
  const { lines } = await run(...args, '--backfill', '10d', '--json');
  assert.deepEqual(
    lines.filter(({ type }) => String(type).startsWith('backfill')).map((line) => [line.type, line['days']]),
    [
      ['backfill', 10],
      ['backfill-total', 10],
    ],
  );
  const month = (await run(...args, '--json')).lines.find(({ type }) => type === 'total');
  assert.deepEqual(
    lines.find(({ type }) => type === 'total'),
    month,
    'a month costs what it did',
  );
  const whole = await run('plan', path('whole.yml'), '--backfill', '10d');
  assert.equal(whole.code, 0, whole.stderr);
  for (const time of ['36h', '5000d', 'x']) {
    const { code, stderr } = await run(...args, '--backfill', time);
    assert.equal(code, 2, time);
    assert.ok(stderr.includes(`--backfill is ${JSON.stringify(time)}`), stderr);
  }
});

test('a table of prices is replaced as a whole, and one that is not whole is refused by what it lacks', async () => {
  const table = JSON.parse(await readFile(PRICES, 'utf8')) as {
    region: string;
    note: string;
    prices: Record<string, unknown>;
  };
  const { note: _note, ...checked } = table;
  await writeFile(
    path('mine.yml'),
    JSON.stringify({ ...checked, region: 'eu-west-1', prices: { ...table.prices, alarmMonth: 100 } }),
  );
  const mine = await run('plan', path('whole.yml'), '--prices', path('mine.yml'));
  assert.match(mine.stdout, /prices of eu-west-1/);
  assert.doesNotMatch(mine.stdout, /from memory/);
  assert.match(mine.stdout, /alarms 2100\.00/);

  const { s3GbMonth: _, ...fewer } = table.prices;
  await writeFile(path('less.yml'), JSON.stringify({ ...table, prices: { ...fewer, logsGB: 1 } }));
  const less = await run('plan', path('whole.yml'), '--prices', path('less.yml'));
  assert.equal(less.code, 2);
  assert.match(less.stderr, /s3GbMonth/);
  assert.match(less.stderr, /logsGB/);
});

test('what is always free is taken off the whole once, where the table of prices has it', async () => {
  type Costs = Readonly<Record<string, number>>;
  const table = JSON.parse(await readFile(PRICES, 'utf8')) as Record<string, object>;
  const planWith = async (alwaysFree: object | undefined) => {
    await writeFile(path('free.yml'), JSON.stringify({ ...table, alwaysFree }));
    return run('plan', path('whole.yml'), '--prices', path('free.yml'), '--json');
  };
  const free = { alarmMonth: 1, metricMonth: 100, sqsMillionRequests: 2 };
  const [, around, total] = (await planWith(free)).lines as unknown as readonly {
    readonly costs: Costs;
    readonly costsBeyondFree: Costs;
  }[];
  for (const { costs, costsBeyondFree } of [around!, total!]) {
    const less = { metrics: costs['metrics']!, alarms: 0.1, queues: 0.8 };
    const saved = less.metrics + less.alarms + less.queues;
    for (const [item, cost] of Object.entries(costs)) {
      const off = item === 'total' ? saved : (less[item as keyof typeof less] ?? 0);
      assert.ok(Math.abs(costsBeyondFree[item]! - (cost - off)) < 1e-9, `${item}: ${costsBeyondFree[item]}`);
    }
  }
  const told = await run('plan', path('whole.yml'), '--prices', path('free.yml'));
  const [all, silent] = [total!, around!].map(({ costsBeyondFree }) => costsBeyondFree['total']!.toFixed(2));
  assert.ok(
    told.stdout.includes(
      `\nWith the always-free tier, if nothing else in the account uses it: ${all} in all, ${silent} without any detector\n`,
    ),
    told.stdout,
  );

  assert.ok((await planWith(undefined)).lines.every((line) => !('costsBeyondFree' in line)));
  const unknown = await run('plan', path('whole.yml'), '--prices', path('free.yml'));
  assert.doesNotMatch(unknown.stdout, /always-free/);
  const refused = await planWith({ alarmMonths: 10 });
  assert.equal(refused.code, 2);
  assert.match(refused.stdout + refused.stderr, /alwaysFree.*alarmMonths/);
});

test('how much there is comes from data, or from the bucket', async () => {
  const [byData] = (await run('plan', path('shop.yml'), '--data', path('shop.parquet'), '--json')).lines;
  assert.equal(loadOf(byData).entities, 3);

  const store = createMemoryObjectStore();
  await store.put(manifestKey('shop'), await readFile(path('shop.yml')));
  await dropWindow(store, { from: 0, rows: 15, entities: ['a', 'b'] });
  const keys = store.keys();
  const { code, lines } = await runTestCli(['plan', '--bucket', 'mine', '--json'], store);
  assert.equal(code, 0);
  assert.equal(loadOf(lines[0]).entities, 2);
  assert.ok(loadOf(lines[0]).windowBytes > 1_000);
  assert.deepEqual(store.keys(), keys, 'nothing is written');
});

test('of data with more metrics than the manifest asks for, its own are planned', async () => {
  await writeFile(path('other.yml'), manifestOf('other', '  entity: [pod]\n', ['not_there']));
  await writeFile(path('one.yml'), manifestOf('one', '  entity: [pod]\n', ['cpu']));
  const planOf = async (...args: readonly string[]) => {
    const { lines, stderr, code } = await run('plan', ...args, '--data', path('shop.parquet'), '--json');
    assert.equal(code, 0, stderr);
    const assumed = lines.find(({ type }) => type === 'assumed') as unknown as { assumed: string[] };
    return { ...loadOf(lines[0]), assumed: assumed.assumed.join('\n') };
  };
  const all = await planOf(path('shop.yml'));
  const one = await planOf(path('one.yml'));
  assert.deepEqual([one.entities, one.metrics, one.queries], [3, 1, 1]);
  assert.ok(one.windowBytes < all.windowBytes, `${one.windowBytes} and ${all.windowBytes}`);
  assert.doesNotMatch(one.assumed, /noise|same minute/);
  const other = await planOf(path('other.yml'));
  assert.deepEqual([other.entities, other.metrics], [3, 1]);
  assert.match(other.assumed, /^values of noise: /m);
  await writeFile(path('part.yml'), manifestOf('part', '  entity: [pod]\n', ['cpu', 'not_there']));
  const part = await planOf(path('part.yml'));
  assert.deepEqual([part.entities, part.metrics], [3, 2]);
  assert.match(part.assumed, /^values of noise: /m);
  const dropped = await planOf();
  assert.deepEqual([dropped.metrics, dropped.queries], [all.metrics, 0]);
  assert.doesNotMatch(dropped.assumed, /Prometheus|noise/);
});

test('of a bucket each detector is planned that can be, the others are told of, and nothing is written', async () => {
  const store = createMemoryObjectStore();
  const put = (key: string, text: string) => store.put(key, new TextEncoder().encode(text));
  for (const detector of ['shop', 'dropped']) await dropWindow(store, { detector, from: 0, rows: 15 });
  await put(manifestKey('shop'), manifestOf('shop', '  entity: [pod]\n'));
  await put('state/detector=shop.json', '{"cut');
  await put(manifestKey('fresh'), manifestOf('fresh', '  entity: [pod]\n'));
  await put(manifestKey('files'), 'kind: AnomalyDetector\nmetadata: { name: files }\n');
  await put(manifestKey('broken'), 'kind: Deployment\n');
  await put(manifestKey('renamed'), manifestOf('another', ''));
  await put('detectors/notes.txt', 'not a manifest');
  const keys = store.keys();
  const args = ['plan', '--bucket', 'mine', '--json'];
  const without = await runTestCli(args, store);
  assert.deepEqual(store.keys(), keys);
  const planned = ({ lines }: CliRun): string[] =>
    lines.flatMap((line) => (line['type'] === 'plan' ? [String(line['detector'])] : []));
  assert.deepEqual(planned(without), ['dropped', 'shop']);
  assert.equal(without.code, 1);
  for (const told of [
    /broken\.yml: 2 problems/,
    /files is not in this plan: it has no window yet/,
    /fresh is not in this plan: .* give --entities fresh=N/,
    /renamed\.yml: metadata\.name is \\"another\\"/,
  ])
    assert.match(without.stdout + without.stderr, told);

  const counted = await runTestCli([...args, '--entities', 'fresh=7'], store);
  assert.deepEqual(planned(counted), ['dropped', 'fresh', 'shop']);
  // One of the three has no queries, and one no data.
  const { assumed } = counted.lines.find(({ type }) => type === 'assumed') as unknown as {
    assumed: readonly string[];
  };
  const text = assumed.join('\n');
  assert.match(text, /, a query to Prometheus .*\n.* wait for bucket and source together\n/);
  assert.match(text, /^values of noise where no data tell \(fresh\): /m);
  assert.equal(loadOf(counted.lines.find((line) => line['detector'] === 'fresh')).entities, 7);
  const misnamed = await runTestCli([...args, '--entities', 'frsh=7'], store);
  assert.match(misnamed.stdout + misnamed.stderr, /--entities names frsh, and no detector of this plan/);
});

test('what does not fit a function is told with its numbers, and --check fails by it', async () => {
  const args = ['plan', path('single.yml'), '--entities', '5000'];
  const { code, stdout } = await run(...args);
  assert.equal(code, 0);
  assert.match(stdout, /^WILL NOT FIT:$/m);
  assert.match(stdout, /^- single: a training of 302\.4 million values .* 3,008 MB.*training-memory\)$/m);
  assert.equal((await run(...args, '--check')).code, 1);
  assert.equal((await run('plan', path('shop.yml'), '--entities', '20', '--check')).code, 0);
});

test('what is too large for a function is planned in the shards that the first export makes of it', async () => {
  const { lines } = await run('plan', path('shop.yml'), '--entities', '5000', '--check', '--json');
  const planned = lines.filter(({ type }) => type === 'plan');
  assert.equal(planned.length, 11);
  assert.deepEqual([planned[0]!['detector'], loadOf(planned[0]).entities], ['shop/shard=1-of-11', 5000 / 11]);
  assert.equal(lines.filter(({ type }) => type === 'misfit').length, 0);
});

test('more exports than there are minutes for are told of', async () => {
  const planFleet = async (detectors: number, more: string): Promise<string> => {
    const store = createMemoryObjectStore();
    for (let i = 0; i < detectors; i++)
      await store.put(manifestKey(`d${i}`), new TextEncoder().encode(manifestOf(`d${i}`, more)));
    return (await runTestCli(['plan', '--bucket', 'mine'], store)).stdout;
  };
  // Each quarter of an hour, as few as that are exported.
  assert.doesNotMatch(await planFleet(300, ''), /exports-behind/);
  assert.match(
    await planFleet(300, '  detection_window: 1m\n'),
    /the exports of 300 detectors take about .* of each minute.*exports-behind/,
  );
});

test('what nobody said is asked for', async () => {
  const cases = [
    [['plan'], /needs a FILE, --data or --bucket/],
    [['plan', path('shop.yml')], /how many entities shop has, its manifest does not tell/],
    [['plan', path('shop.yml'), '--entities', '0'], /--entities is "0", not a whole number/],
    [['plan', path('shop.yml'), '--entities', '1,cart=2'], /names cart, and no detector of this plan/],
    [['plan', path('shop.yml'), '--entities', '2', '--data', 'd'], /takes --data, or --bucket, or/],
    [
      ['plan', path('shop.yml'), path('shop.yml'), '--entities', '2'],
      /two of the files declare the detector shop/,
    ],
  ] as const;
  for (const [args, message] of cases) {
    const { code, stderr } = await run(...args);
    assert.equal(code, 2, args.join(' '));
    assert.match(stderr, message);
  }
});

function loadOf(line: unknown): Workload {
  return (line as { load: Workload }).load;
}

function manifestOf(name: string, entity: string, metrics = ['cpu', 'memory', 'requests']): string {
  return `kind: AnomalyDetector
metadata: { name: ${name} }
spec:
${entity}  metrics: [${metrics.map((metric) => `{ name: ${metric}, query: ${metric} }`).join(', ')}]
`;
}

function path(name: string): string {
  return join(folder, name);
}

const run = (...args: readonly string[]): Promise<CliRun> => runOnFiles(args);
