/** Commands that work on files and folders, with no bucket at all. */
import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { readTable } from '../../../lib/window/parquet.ts';
import type { MetricWindow } from '../../../lib/window/window.ts';
import { writeWindow } from '../../../lib/window/write-window.ts';
import { type CliRun, runOnFiles, runTestCli } from '../../helpers/cli.ts';
import { createMemoryObjectStore } from '../../helpers/memory-object-store.ts';
import { dropWindow, EPOCH, makeWindow, STEP } from '../../helpers/synthetic-window.ts';

const ROWS = 1_000;
const FAULT = { entity: 'payment', from: 900, to: 915 };
const FIT = ['--model', 'isolation-forest', '--threshold-percentile', '99'];

const MANIFEST = `kind: AnomalyDetector
metadata: { name: shop }
spec: { threshold: { percentile: 98 } }
`;

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidewatch-files-'));
  const window = makeWindow({ from: 0, rows: ROWS, fault: FAULT });
  const labelled = { ...window, labels: labelsOf(window) };
  await writeFile(path('labelled.parquet'), writeWindow(labelled, { manifestHash: 'test' }));
  await writeFile(path('plain.parquet'), writeWindow(window, { manifestHash: 'test' }));
  await writeFile(path('shop.yml'), MANIFEST);
  await writeFile(path('labelled.csv'), toCsv(labelled));
  const fitted = await run('fit', '--data', path('labelled.parquet'), ...FIT, '--output-dir', path('model'));
  assert.equal(fitted.code, 0, fitted.stderr);
});
after(() => rm(folder, { recursive: true }));

function path(name: string): string {
  return join(folder, name);
}

const run = (...args: readonly string[]): Promise<CliRun> => runOnFiles(args);

function labelsOf({ times, entities, entityOf }: MetricWindow): Uint8Array {
  return Uint8Array.from(times, (time, row) => {
    const at = (time - EPOCH) / STEP;
    return entities[entityOf[row]!] === FAULT.entity && at >= FAULT.from && at < FAULT.to ? 1 : 0;
  });
}

function toCsv({ times, entities, entityOf, metrics, columns, labels }: MetricWindow): string {
  const rows = Array.from(times, (time, row) =>
    [
      new Date(time).toISOString(),
      entities[entityOf[row]!],
      ...columns.map((column) => column[row]),
      labels?.[row],
    ].join(','),
  );
  return [['timestamp', 'entity', ...metrics, 'label'].join(','), ...rows, ''].join('\n');
}

test('fit writes a version as a bucket holds it, and judges it on the newest rows', async () => {
  const fitted = await run(
    ...['fit', '--data', path('labelled.parquet'), ...FIT, '--output-dir', path('other'), '--json'],
  );
  assert.equal(fitted.code, 0, fitted.stdout);
  const line = fitted.lines.find(({ type }) => type === 'fitted')!;
  const names = (await readdir(path('other'))).sort();
  assert.deepEqual(names, line.files);
  for (const name of ['model.json', 'weights.bin', 'features.json', 'manifest.json', 'report.html'])
    assert.ok(names.includes(name), name);
  const manifest = JSON.parse(await readFile(path('other/manifest.json'), 'utf8'));
  assert.equal(manifest.trainingRange.end, new Date(EPOCH + 800 * STEP).toISOString());
  const { evaluation, rows } = line.heldOut as { rows: number; evaluation: Record<string, number> };
  assert.equal(rows, 400);
  assert.ok(evaluation.vusPr! > 0.7 && evaluation.rocAuc! > 0.99, JSON.stringify(evaluation));
  const held = JSON.parse(await readFile(path('other/evaluation.json'), 'utf8'));
  assert.deepEqual(held, line.heldOut);
  for (const page of ['report.html', 'summary_report.txt'])
    assert.match(await readFile(path(`other/${page}`), 'utf8'), /1 of 1 labelled event found by 1 anomaly/);
  // Labels lie in the held-out rows alone: only there are curves.
  const page = await readFile(path('other/report.html'), 'utf8');
  assert.match(
    page,
    /<h2>Held-out rows<\/h2>[\s\S]*Anomaly from [\s\S]*; of a labelled event<[\s\S]*<\/main>/,
  );
  assert.match(page, /ROC curve of the held-out rows/);
  // The same data, options and seed give the same bytes; what the folder held of another version is gone.
  await writeFile(path('other/notes.txt'), 'mine');
  const again = await run(
    'fit',
    '--data',
    path('labelled.csv'),
    ...FIT,
    '--output-dir',
    path('other'),
    '--test-size',
    '0',
  );
  assert.match(again.stdout, /nothing was held out/);
  const kept = await readdir(path('other'));
  assert.ok(!kept.includes('evaluation.json') && kept.includes('notes.txt'), kept.join(', '));
});

test('who names no model gets the default one, and a manifest that names one is heard', async () => {
  const few = makeWindow({ from: 0, rows: 400 });
  await writeFile(path('few.parquet'), writeWindow(few, { manifestHash: 'test' }));
  const plain = ['fit', '--data', path('few.parquet'), '--output-dir', path('default'), '--json'];
  const fitted = await run(...plain);
  assert.equal(fitted.code, 0, fitted.stdout);
  const kindOf = async (): Promise<string> =>
    JSON.parse(await readFile(path('default/manifest.json'), 'utf8')).kind;
  assert.equal(await kindOf(), 'auto');
  await writeFile(path('named.yml'), MANIFEST.replace('spec: {', 'spec: { model: { kind: robust-z },'));
  const named = await run(...plain, '--manifest', path('named.yml'));
  assert.equal(named.code, 0, named.stderr);
  assert.equal(await kindOf(), 'robust-z');
});

test('a percentile that is asked for has the rule of one, and what a manifest says of it', async () => {
  const resolveAfter = async (threshold: string): Promise<number> => {
    await writeFile(path('resolve.yml'), MANIFEST.replace('{ percentile: 98 }', threshold));
    const { code, stderr } = await run(
      ...['fit', '--data', path('plain.parquet'), ...FIT],
      ...['--output-dir', path('resolve'), '--manifest', path('resolve.yml')],
    );
    assert.equal(code, 0, stderr);
    const { policy } = JSON.parse(await readFile(path('resolve/manifest.json'), 'utf8'));
    assert.equal(policy.by, undefined);
    return policy.resolveAfter;
  };
  assert.equal(await resolveAfter('{ settle_after: 2h }'), 10);
  assert.equal(await resolveAfter('{ resolve_after: 7 }'), 7);
});

test('a CSV fits to the very model that the same rows fit to as Parquet', async () => {
  await run('fit', '--data', path('labelled.csv'), ...FIT, '--output-dir', path('from-csv'));
  const read = (name: string): Promise<Buffer> => readFile(path(name));
  assert.deepEqual(await read('from-csv/weights.bin'), await read('model/weights.bin'));
  assert.deepEqual(await read('from-csv/features.json'), await read('model/features.json'));
});

test('without labels, fit says so and how often it would alert', async () => {
  const { stdout, code } = await run(
    'fit',
    '--data',
    path('plain.parquet'),
    ...FIT,
    '--output-dir',
    path('plain'),
  );
  assert.equal(code, 0);
  assert.match(stdout, /^labels +none, neither a column “label” nor criteria/m);
  assert.match(stdout, /^anomalies +1, [\d.]+ a week$/m);
});

test('weak labels of a manifest judge where no column does, and stay with the model', async () => {
  const manifest = path('detector.yml');
  await writeFile(
    manifest,
    `kind: AnomalyDetector
metadata: { name: weak }
spec:
  labels:
    - { name: hot, when: 'cpu > 500' }
`,
  );
  const args = ['--data', path('plain.parquet'), '--output-dir', path('weak'), '--manifest', manifest];
  const fitted = await run('fit', ...args, ...FIT);
  assert.equal(fitted.code, 0, fitted.stderr);
  assert.match(fitted.stdout, /^labels +made by criteria, rows in all: hot 15$/m);
  const judged = await run('evaluate', '--data', path('plain.parquet'), '--model', path('weak'));
  assert.match(judged.stdout, /^labels made by criteria, rows: hot 15$/m);
});

test('a column that is a label but for its name is told of by every command, once', async () => {
  const csv = (await readFile(path('labelled.csv'), 'utf8')).replace(',label\n', ',Is_Anomaly\n');
  await mkdir(path('renamed'));
  for (const part of ['a', 'b']) {
    const lines = csv.split('\n');
    const half = lines.slice(1).filter((line) => line.includes(part === 'a' ? ',cart,' : ',payment,'));
    await writeFile(path(`renamed/${part}.csv`), [lines[0], ...half, ''].join('\n'));
  }
  const data = path('renamed');
  const said: string[] = [];
  for (const args of [
    ['fit', '--data', data, ...FIT, '--output-dir', path('from-renamed')],
    ['evaluate', '--data', data, '--model', path('model')],
    ['score', data, '--model', path('model')],
    ['backtest', '--data', data, '--manifest', path('shop.yml'), '--train-for', '14h'],
  ]) {
    const { code, stdout, stderr } = await run(...args);
    assert.equal(code, 0, stderr);
    said.push(stdout);
    const told = stderr.match(/warning: column Is_Anomaly is taken as the label: .*a\.csv\)/g);
    assert.equal(told?.length, 1, `${args[0]}: ${stderr}`);
  }
  // An entity a file: the folder is read as one.
  assert.match(said[0]!, /of 2 entities/);
  assert.match(said[0]!, /^VUS-PR, VUS-ROC +[01]\.\d+, [01]\.\d+$/m);
});

test('evaluate tells every figure, and null for one that is not defined', async () => {
  const { lines, code } = await run(
    ...['evaluate', '--data', path('labelled.csv'), '--model', path('model'), '--json'],
  );
  assert.equal(code, 0);
  const found = lines.find(({ type }) => type === 'evaluation')! as Record<string, number> & {
    events: Record<string, number>;
    confusion: Record<string, number>;
  };
  assert.deepEqual([found.rows, found.anomalousRows], [2 * ROWS, 15]);
  for (const name of ['rocAuc', 'averagePrecision', 'vusPr', 'vusRoc'])
    assert.ok(found[name]! > 0.3 && found[name]! <= 1, `${name} is ${found[name]}`);
  assert.equal(found.recall, found.confusion.truePositives! / 15);
  assert.deepEqual([found.events.events, found.events.foundEvents], [1, 1]);
  assert.equal((found.delay as unknown as { mean: number }).mean, 3 * STEP);
  const good = makeWindow({ from: 0, rows: 100 });
  const calm = { ...good, labels: new Uint8Array(good.times.length) };
  await writeFile(path('calm.parquet'), writeWindow(calm, { manifestHash: 'test' }));
  const none = await run('evaluate', '--data', path('calm.parquet'), '--model', path('model'), '--json');
  assert.equal(none.lines.find(({ type }) => type === 'evaluation')?.rocAuc, null);
});

test('evaluate without labels is an error that says what is missing', async () => {
  const { code, stderr } = await run('evaluate', '--data', path('plain.parquet'), '--model', path('model'));
  assert.equal(code, 1);
  assert.match(
    stderr,
    /plain\.parquet has no column “label”, and the model has no label criteria.*\(no-labels\)/,
  );
});

test('score says where a manifest asks for another direction than the model learned, and only there', async () => {
  const manifest = (threshold: string): string =>
    MANIFEST.replace('threshold: { percentile: 98 }', `model: { kind: robust-z }, ${threshold}`);
  const [metric] = makeWindow({ from: 0, rows: 1 }).metrics;
  const files = { none: '', above: `threshold: { by_metric: { ${metric}: { direction: above } } }` };
  for (const [name, threshold] of Object.entries(files)) {
    await writeFile(path(`${name}.yml`), manifest(threshold));
    const settings = ['--manifest', path(`${name}.yml`), '--output-dir', path(`watches-${name}`)];
    const fitted = await run('fit', '--data', path('plain.parquet'), ...settings, '--test-size', '0');
    assert.equal(fitted.code, 0, fitted.stderr);
  }
  const notesOf = async (model: string, ...more: readonly string[]): Promise<readonly unknown[]> => {
    const args = ['score', path('plain.parquet'), '--model', path(`watches-${model}`), '--json', ...more];
    const { code, lines } = await run(...args);
    assert.equal(code, 0);
    return lines.filter(({ type }) => type === 'note').map(({ directions }) => directions);
  };
  const of = (asked: string, learned: string): unknown => [[{ column: metric, asked, learned }]];
  assert.deepEqual(await notesOf('none', '--manifest', path('above.yml')), of('above', 'both'));
  assert.deepEqual(await notesOf('above', '--manifest', path('none.yml')), of('both', 'above'));
  assert.deepEqual(await notesOf('above', '--manifest', path('above.yml')), []);
  assert.deepEqual(await notesOf('none', '--manifest', path('none.yml')), []);
  assert.deepEqual(await notesOf('above'), []);
  const told = await run(
    ...['score', path('plain.parquet'), '--model', path('watches-none'), '--manifest', path('above.yml')],
  );
  assert.match(
    told.stdout,
    new RegExp(
      `^direction acts from the next training on; this model watches ${metric} both ways \\(manifest: above\\)$`,
      'm',
    ),
  );
});

test('score prints the anomalies of a file, and writes the scores as Parquet or CSV', async () => {
  const args = ['score', path('plain.parquet'), '--model', path('model')];
  const { lines, code } = await run(...args, '--out', path('scores.parquet'), '--json');
  assert.equal(code, 0);
  const changes = lines
    .filter(({ type }) => type === 'anomaly')
    .map(({ anomaly }) => anomaly as Record<string, unknown>);
  assert.deepEqual(
    changes.map(({ state, entity, start }) => [state, entity, start]),
    ['opened', 'resolved'].map((state) => [state, 'payment', new Date(EPOCH + 900 * STEP).toISOString()]),
  );
  const id = String(changes[0]?.['anomalyId']);
  assert.match(id, /^\d{8}T\d{6}Z-[0-9a-f]{12}$/);
  assert.deepEqual(
    changes.map((change) => [change['changeId'], 'incidentId' in change, 'notificationId' in change]),
    ['0001', '0002'].map((number) => [`${id}-${number}`, false, false]),
  );
  assert.partialDeepStrictEqual(lines.at(-2), { type: 'scored', anomalies: 1 });
  const table = readTable(await readFile(path('scores.parquet')));
  assert.equal(table.numRows, 2 * ROWS);
  assert.equal((await run(...args, '--out', path('scores.csv'))).code, 0);
  const csv = (await readFile(path('scores.csv'), 'utf8')).trimEnd().split('\n');
  assert.equal(
    csv[0],
    'timestamp,entity,score,deviation,anomalous,threshold,model_version,surprise,evidence',
  );
  assert.equal(csv.length, 2 * ROWS + 1);
  const row = table.get(1_234)!;
  assert.deepEqual(csv[1_235]!.split(',').slice(0, 4), [
    new Date(Number(row.timestamp)).toISOString(),
    row.entity,
    String(row.score),
    String(row.deviation),
  ]);
});

test('a file that lacks a metric of the model is told once, by its name', async () => {
  const window = makeWindow({ from: 0, rows: 100, metrics: ['cpu', 'memory'] });
  await writeFile(path('short.parquet'), writeWindow(window, { manifestHash: 'test' }));
  for (const args of [
    ['score', path('short.parquet')],
    ['evaluate', '--data', path('short.parquet')],
  ]) {
    const { code, stderr } = await run(...args, '--model', path('model'));
    assert.equal(code, 1);
    assert.match(stderr, /^error: .*requests.*\n$/);
  }
});

test('backtest says what would have been alerted, and when', async () => {
  const args = [
    'backtest',
    '--data',
    path('labelled.parquet'),
    '--train-for',
    '13h',
    '--manifest',
    path('shop.yml'),
  ];
  const { stdout, code, stderr } = await run(...args);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^\S.* warning opened: payment: cpu .* since 15:00 UTC/m);
  assert.match(stdout, /^1 of 1 labelled event found, \d+ min after their start \(median\)$/m);
  assert.match(stdout, /^0 false alarms a day \(0 of 1 incident\)$/m);
  assert.match(stdout, /^1 incident, 2 messages: \S+ incidents a week$/m);
  assert.match(
    stdout,
    /^ {2}right {2}1 Nov 2026, 15:00 to .* {2}1 entity: payment, told 1 Nov 2026, 15:\d+, 2 messages$/m,
  );
  const json = await run(...args, '--json');
  const line = json.lines.find(({ type }) => type === 'backtest')!;
  assert.equal((line.incidents as unknown[]).length, 1);
  const messages = json.lines.filter(({ type }) => type === 'alert');
  assert.equal(messages.length, line.alerts);
  const told = (line.incidents as { alertedAt: string; anomalies: object[] }[])[0]!;
  assert.equal(told.alertedAt, messages[0]?.at);
  assert.deepEqual(told.anomalies, [
    {
      anomalyId: (messages[0]!.alert as { incidentId: string }).incidentId,
      entity: 'payment',
      isOpen: false,
      ...{ start: '2026-11-01T15:00:00.000Z', end: '2026-11-01T15:15:00.000Z' },
      toldAt: told.alertedAt,
    },
  ]);
});

test('a replay tells as the settings of a deployment have it', async () => {
  const args = ['backtest', '--data', path('labelled.parquet'), '--manifest', path('shop.yml')];
  const told = async (env: Record<string, string>): Promise<string> => {
    const { lines, code, stderr } = await runTestCli(
      [...args, '--train-for', '13h', '--json'],
      createMemoryObjectStore(),
      { env, readFile: (name) => readFile(name, 'utf8') },
    );
    assert.equal(code, 0, stderr);
    return String(lines.find(({ type }) => type === 'alert')?.at);
  };
  const [usual, later] = [await told({}), await told({ TIDEWATCH_GROUP_WAIT: '2m' })];
  assert.equal(Date.parse(later) - Date.parse(usual), 90_000);
});

test('an entity that a spreadsheet would calculate or a terminal obey is text in what score writes', async () => {
  const evil = '=HYPERLINK("http://x")\u001b[2J';
  const lines = (await readFile(path('labelled.csv'), 'utf8')).split('\n');
  const entity = evil.replaceAll('"', '""');
  const data = lines.map((line) => line.replace(/,payment,/, `,"${entity}",`)).join('\n');
  await writeFile(path('evil.csv'), data);
  const args = ['score', path('evil.csv'), '--model', path('model'), '--out', path('evil-scores.csv')];
  const { code, stdout, stderr } = await run(...args);
  assert.equal(code, 0, stderr);
  assert.match(await readFile(path('evil-scores.csv'), 'utf8'), /,"'=HYPERLINK\(""http:\/\/x""\)/);
  assert.match(stdout, /HYPERLINK/);
  assert.ok(!stdout.includes('\u001b') && !stderr.includes('\u001b'));
});

test('backtest replays the windows of a detector in the bucket, and writes nothing there', async () => {
  const store = createMemoryObjectStore();
  await dropWindow(store, { from: 0, rows: 800 });
  await dropWindow(store, { from: 800, rows: 200, fault: FAULT });
  await store.put('detectors/shop.yml', new TextEncoder().encode(MANIFEST));
  const keys = store.keys();
  const { stdout, code } = await runTestCli(['backtest', '--detector', 'shop', '--train-for', '13h'], store, {
    now: () => EPOCH,
  });
  assert.equal(code, 0);
  assert.match(stdout, /opened: payment: cpu/);
  assert.match(stdout, /no labels, neither/);
  assert.deepEqual(store.keys(), keys);
});

test('backtest refuses to train for as long as the data are, and says how long that is', async () => {
  const store = createMemoryObjectStore();
  await dropWindow(store, { from: 0, rows: 800 });
  const { stderr, code } = await runTestCli(['backtest', '--detector', 'shop', '--train-for', '14h'], store);
  assert.match(
    stderr,
    /--train-for is 14h, and the data are 13 h 20 min long, .* UTC: nothing would be left to watch/,
  );
  assert.equal(code, 2);
});

test('fit tells everything that is wrong with its manifest, parameters included', async () => {
  const manifest = path('many-faults.yml');
  await writeFile(
    manifest,
    'kind: AnomalyDetector\nmetadata: { name: x }\nspec: { stepp: 5m, model: { kind: robust-z, params: { thresh: 1 } } }\n',
  );
  const data = path('renamed');
  const args = ['fit', '--data', data, '--manifest', manifest, '--output-dir', path('none')];
  const { stderr, code } = await run(...args);
  assert.match(stderr, /many-faults\.yml: 2 problems\n.*stepp.*\n.*robust-z has no parameter thresh/);
  assert.notEqual(code, 0);
});

test('what is wrong with a file or a folder is told by the path that was given', async () => {
  await writeFile(
    path('other-metric.csv'),
    'timestamp,disk\n2026-01-01T00:00:00Z,1\n2026-01-01T00:01:00Z,2\n',
  );
  for (const args of [
    ['score', path('other-metric.csv'), '--model', path('model')],
    ['evaluate', '--data', path('other-metric.csv'), '--model', path('model')],
  ]) {
    const { code, stderr } = await run(...args);
    assert.equal(code, 1);
    assert.match(stderr, /error: .*other-metric\.csv: the window lacks metrics .*\(schema-drift\)/);
    assert.doesNotMatch(stderr, /windows\/detector=/);
  }
  await cp(path('model'), path('with-manifest'), { recursive: true });
  await writeFile(path('with-manifest/detector.yml'), 'kind: Nonsense');
  const manifest = JSON.parse(await readFile(path('with-manifest/manifest.json'), 'utf8'));
  manifest.files['detector.yml'] = manifest.files['features.json'];
  await writeFile(path('with-manifest/manifest.json'), JSON.stringify(manifest));
  const { stderr } = await run('score', path('plain.parquet'), '--model', path('with-manifest'));
  assert.ok(stderr.startsWith(`error: ${path('with-manifest/detector.yml')}: `), stderr);
});

test('a model that was altered is refused, and names the file', async () => {
  await cp(path('model'), path('altered'), { recursive: true });
  const weights = await readFile(path('altered/weights.bin'));
  weights[100]! ^= 1;
  await writeFile(path('altered/weights.bin'), weights);
  const { code, stderr } = await run('score', path('plain.parquet'), '--model', path('altered'));
  assert.equal(code, 1);
  assert.ok(stderr.includes(path('altered/weights.bin')) && !stderr.includes('models/detector='), stderr);
  assert.match(stderr, /weights\.bin has \d+ bytes with sha256 .*\(altered-file\)/);
});

test('a start that cannot be gone on from is told of by its folder', async () => {
  const args = ['fit', '--data', path('plain.parquet'), '--model', 'lstm', '--output-dir', path('later')];
  const { code, stderr } = await run(...args, '--fine-tune', path('model'));
  assert.equal(code, 1);
  assert.ok(stderr.includes(`the start is ${path('model')}, which is of kind isolation-forest; `), stderr);
});

test('a file where a folder is to be written is told of before the fit', async () => {
  const { code, stderr } = await run(
    'fit',
    '--data',
    'nothing',
    ...FIT,
    '--output-dir',
    path('plain.parquet'),
  );
  assert.equal(code, 2);
  assert.match(stderr, /^error: --output-dir is ".*plain\.parquet", which is a file, not a folder/);
});

for (const [args, message] of [
  [['fit', '--model', 'isolation-forest', '--output-dir', 'm'], /^error: fit needs --data/],
  [['fit', '--data', 'x.csv'], /^error: fit needs --output-dir/],
  [
    ['fit', '--data', 'x.csv', '--output-dir', 'm', '--model', 'isolation-forest', '--fine-tune', 'n'],
    /^error: --fine-tune does not go with isolation-forest, .*kinds that are: .*lstm/,
  ],
  [
    ['fit', '--data', 'x', '--output-dir', 'm', '--model', 'isolation-forrest'],
    /did you mean isolation-forest\?/,
  ],
  [
    ['fit', '--data', 'x', '--output-dir', 'm', ...FIT, '--epochs', '5'],
    /--epochs 5 does not go with isolation-forest/,
  ],
  [
    ['fit', '--data', 'x', '--output-dir', 'm', ...FIT, '--batch-size', '0'],
    /--batch-size is "0", not a whole number from 1/,
  ],
  [
    ['fit', '--data', 'x', '--output-dir', 'm', ...FIT, '--test-size', '1'],
    /--test-size is "1", not a share/,
  ],
  [
    ['fit', '--data', 'x', '--output-dir', 'm', '--threshold-percentile', '0.995'],
    /--threshold-percentile is 0\.995; percentiles are in percent: did you mean 99\.5\?/,
  ],
  [['fit', '--data', 'x', '--output-dir', 'm', ...FIT, '--scaler', 'robus'], /did you mean robust\?/],
  [
    ['fit', '--data', 'x', '--output-dir', 'm', ...FIT, '--output', 'm'],
    /no option --output; did you mean --output-dir\?/,
  ],
  [['fit', 'x.csv'], /fit takes no operand, and was given "x\.csv"/],
  [['score', 'x.csv', '--model', 'm', '--topic', 't'], /--topic is for a bucket/],
  [['score', 'x.csv', '--model', 'm', '--out', 's.json'], /ends in neither \.parquet nor \.csv/],
  [['score', 'x.csv'], /"x\.csv" is a file, and no detector: scoring one takes --model DIR, .*tidewatch fit/],
  [['score', 'data/today'], /"data\/today" is a file/],
  [
    ['fit', '--data', 'x', '--output-dir', 'm', '--epochs', '5'],
    /auto has no parameter epochs; it has none at all/,
  ],
  [['score', '--out', 's.csv'], /--out goes with --model DIR alone/],
  [['backtest'], /backtest needs --data or --detector/],
  [['backtest', '--data', 'x', '--train-for', '7 days'], /--train-for is "7 days", not a duration/],
  [['backtst'], /did you mean backtest\?/],
  [['backtest', '--data', 'x', '--train-for', '-7d'], /--train-for is "-7d", not a duration/],
] as const)
  test(`"tidewatch ${args.join(' ')}" is told in a line and gives exit code 2`, async () => {
    const { code, stderr } = await run(...args);
    assert.match(stderr, message);
    assert.equal(code, 2);
  });

for (const [args, message] of [
  [
    ['fit', '--data', 'absent.csv', '--output-dir', 'm', ...FIT],
    /absent\.csv cannot be read: there is no such file or folder/,
  ],
  [['score', 'absent.csv', '--model', 'absent'], /absent holds no model/],
] as const)
  test(`"tidewatch ${args.join(' ')}" fails with exit code 1`, async () => {
    const { code, stderr } = await run(...args);
    assert.match(stderr, message);
    assert.equal(code, 1);
  });

test('a row of 1970 or 2099 is left out and named, by every command that reads a file', async () => {
  const good = await readFile(path('labelled.csv'), 'utf8');
  for (const time of ['1970-01-01T00:00:00Z', '2099-01-01T00:00:00Z']) {
    await writeFile(path('odd.csv'), `${good}${time},cart,1,1,1,0\n`);
    const fitted = await run('fit', '--data', path('odd.csv'), ...FIT, '--output-dir', path('odd-model'));
    assert.equal(fitted.code, 0, fitted.stderr);
    const evaluated = await run('evaluate', '--data', path('odd.csv'), '--model', path('odd-model'));
    assert.equal(evaluated.code, 0, evaluated.stderr);
    for (const { stderr } of [fitted, evaluated])
      assert.match(stderr, new RegExp(`time-out-of-bounds.*row 2001: ${time.slice(0, 10)}`));
    await rm(path('odd-model'), { recursive: true });
  }
});
