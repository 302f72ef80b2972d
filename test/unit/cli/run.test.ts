import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { COMMANDS } from '../../../lib/cli/run.ts';
import { moveCurrent, saveVersion } from '../../../lib/store/model-repository.ts';
import { INITIAL_NOTIFY_STATE, writeNotifyState } from '../../../lib/store/notify-state.ts';
import type { ObjectStore } from '../../../lib/store/object-store.ts';
import { writeProgress } from '../../../lib/store/training-progress.ts';
import { createChange, endOf } from '../../helpers/anomalies.ts';
import { runTestCli } from '../../helpers/cli.ts';
import { answerQueries, startFakePrometheus } from '../../helpers/fake-prometheus.ts';
import { createMemoryObjectStore } from '../../helpers/memory-object-store.ts';
import { declareQuick, dropWindow, EPOCH, STEP } from '../../helpers/synthetic-window.ts';

const FAULT = { entity: 'payment', from: 1450, to: 1460 };
const NOW = EPOCH + 1_600 * STEP;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const MANIFEST = `kind: AnomalyDetector
metadata: { name: prom }
spec:
  step: 1m
  detection_window: 15m
  backfill: 1h
  metrics:
    - { name: cpu, query: cpu_seconds }
`;

/** Enough history to learn from, and a stretch with a fault in it. */
async function createHistory(): Promise<ReturnType<typeof createMemoryObjectStore>> {
  let clock = NOW;
  const store = createMemoryObjectStore({ now: () => clock++ });
  await declareQuick(store);
  await dropWindow(store, { from: 0, rows: 1_440 });
  await dropWindow(store, { from: 1_440, rows: 60, fault: FAULT });
  return store;
}

test('score, train, score: learning is told, then what was found, with exit code 0', async () => {
  const store = await createHistory();
  const first = await runTestCli(['score', 'shop'], store);
  assert.equal(first.code, 0);
  assert.match(
    first.stdout,
    /^shop: learning, 3000 rows, which is enough to train on; next: tidewatch train shop$/m,
  );

  const trained = await runTestCli(['train', 'shop', '--json'], store);
  assert.equal(trained.code, 0, trained.stdout);
  const line = trained.lines.find(({ type }) => type === 'trained');
  assert.equal(line?.outcome, 'trained');
  assert.ok(trained.lines.some(({ type, done }) => type === 'progress' && done === 1));

  const again = await runTestCli(['train', 'shop'], store);
  assert.match(again.stdout, new RegExp(`^shop: unchanged, ${line?.version} `));
});

test('alerts are published once, and shown', async () => {
  const store = createMemoryObjectStore();
  await declareQuick(store);
  await dropWindow(store, { from: 0, rows: 1_440 });
  await runTestCli(['score'], store);
  assert.equal((await runTestCli(['train'], store)).code, 0);
  await dropWindow(store, { from: 1_440, rows: 120, fault: FAULT });
  const scored = await runTestCli(['score', '--json'], store);
  assert.equal(scored.code, 0, scored.stdout);
  assert.deepEqual(
    scored.published.map(({ state, entity }) => [state, entity]),
    [
      ['opened', 'payment'],
      ['resolved', 'payment'],
    ],
  );
  const shown = scored.lines.filter(({ type }) => type === 'alert').map(({ alert }) => alert);
  assert.deepEqual(shown, JSON.parse(JSON.stringify(scored.published)));
  assert.deepEqual(scored.lines.at(-1), {
    type: 'result',
    command: 'score',
    outcome: 'ok',
    exitCode: 0,
    meaning: 'all done',
  });
  assert.deepEqual((await runTestCli(['score'], store)).published, []);
});

test('score wants a topic, or --print-only, before it touches the bucket', async () => {
  const store = await createHistory();
  const env = { TIDEWATCH_BUCKET: 'test-bucket' };
  const openStore = (): ObjectStore => assert.fail('the bucket was opened');
  const without = await runTestCli(['score'], store, { env, openStore });
  assert.equal(without.code, 2);
  assert.match(without.stderr, /^error: score needs --topic or TIDEWATCH_TOPIC_ARN .* \(usage\)\n$/);
  const bad = await runTestCli(['score', '--topic', 'alerts'], store, { env, openStore });
  assert.equal(bad.code, 2);
  assert.match(bad.stderr, /"alerts", not the ARN/);
  const printed = await runTestCli(['score', 'shop', '--print-only'], store, {
    env,
    openTopic: () => assert.fail('a topic was opened'),
  });
  assert.equal(printed.code, 0);
});

test('a file that cannot be read is quarantined, told of, and gives exit code 3; the rest is done', async () => {
  const store = await createHistory();
  await store.put('windows/detector=shop/broken.parquet', bytes('not parquet'));
  const scored = await runTestCli(['score'], store);
  assert.equal(scored.code, 3);
  assert.match(scored.stderr, /^error: object quarantined \(.*broken\.parquet/m);
  assert.match(scored.stdout, /^shop: learning, 3000 rows/m);
  const json = await runTestCli(['status', '--json'], store, { now: () => NOW });
  assert.equal(json.code, 0);
  const quarantined = json.lines[0]?.quarantined as { key: string }[];
  assert.deepEqual(
    quarantined.map(({ key }) => key),
    ['windows/detector=shop/broken.parquet'],
  );
  await store.put('windows/detector=shop/broken.parquet', bytes('mended'));
  const mended = await runTestCli(['status', '--json'], store, { now: () => NOW });
  assert.deepEqual(mended.lines[0]?.quarantined, []);
});

test('one detector that fails does not keep the others from their turn, and gives exit code 1', async () => {
  const store = await createHistory();
  await store.put('detectors/aaa.yml', bytes('kind: Nonsense'));
  const scored = await runTestCli(['score'], store);
  assert.equal(scored.code, 1);
  assert.match(scored.stderr, /detectors\/aaa\.yml/);
  assert.match(scored.stdout, /^shop: learning/m);
});

test('status is a table of what each detector is up to, and writes nothing', async () => {
  const store = await createHistory();
  await runTestCli(['score'], store);
  await store.put('detectors/bad.yml', bytes('kind: Nonsense'));
  const before = store.keys();
  const { code, stdout } = await runTestCli(['status'], store, { now: () => NOW });
  assert.equal(code, 0);
  assert.deepEqual(store.keys(), before);
  const [header, bad, shop, ...notes] = stdout.trimEnd().split('\n');
  assert.match(
    header ?? '',
    /^DETECTOR +HEALTH +PHASE +MODEL +NEWEST DATA +LAG +UNSCORED +OPEN +OUTBOX +QUARANTINED$/,
  );
  assert.match(bad ?? '', /^bad +NOT OK +learning, 0 rows +- +- +- +0 +0 +0 +0$/);
  assert.match(shop ?? '', /^shop +ok +ready to train +- +2026-11-02T01:00:00\.000Z +1h40m +0 +0 +0 +0$/);
  assert.match(notes.join('\n'), /^bad: detectors\/bad\.yml: /);
  assert.match(notes.join('\n'), /^shop: 3000 rows, which is enough to train on; within the hour/m);
});

test('status counts open incidents as people are told of them, and open anomalies beside', async () => {
  const store = await createHistory();
  const members = ['a', 'b'].map((entity) => createChange({ entity }));
  const incident = {
    id: 'i1',
    members,
    firstSeen: 0,
    status: 'told' as const,
    severity: 'warning' as const,
    sequence: 1,
    isWorse: false,
    flaps: 0,
  };
  const others = [
    { ...incident, id: 'i2', members: members.map((member) => endOf(member)) },
    { ...incident, id: 'i3', members: members.map((member) => ({ ...member, detector: 'cart' })) },
  ];
  const incidents = { incidents: [incident, ...others], openings: [] };
  await writeNotifyState(store, { ...INITIAL_NOTIFY_STATE, incidents }, undefined);
  const { lines } = await runTestCli(['status', 'shop', '--json'], store, { now: () => NOW });
  assert.deepEqual([lines[0]?.['openIncidents'], lines[0]?.['openAnomalies']], [1, 0]);
  await store.put('state/notify.json', bytes('{"formatVersion": 2}'));
  const unread = await runTestCli(['status', 'shop', '--json'], store, { now: () => NOW });
  assert.equal(unread.lines[0]?.['openIncidents'], null);
});

test('a name that no detector has is told with those that a listing has, dropped files too', async () => {
  const store = createMemoryObjectStore();
  await store.put('windows/detector=shop/a.csv', new Uint8Array([1]));
  const { code, stderr } = await runTestCli(['status', 'shp'], store);
  assert.equal(code, 2);
  assert.match(stderr, /no detector "shp", neither a manifest nor windows; there are shop /);
});

test('status --check has exit code 1 where a detector is not healthy, and tells why', async () => {
  const store = createMemoryObjectStore({ now: () => NOW });
  await dropWindow(store, { from: 0, rows: 30 });
  assert.equal((await runTestCli(['status', '--check'], store, { now: () => NOW })).code, 0);
  const later = { now: () => NOW + 31 * STEP };
  assert.equal((await runTestCli(['status'], store, later)).code, 0);
  const { code, stdout } = await runTestCli(['status', '--check'], store, later);
  assert.equal(code, 1);
  assert.match(stdout, /^shop: 1 window not looked at, the oldest for 31m: the score function is dead/m);
  const json = await runTestCli(['status', '--json'], store, later);
  assert.equal(json.lines[0]?.isHealthy, false);
  assert.deepEqual(json.lines[0]?.unscored, { windows: 1, since: new Date(NOW).toISOString() });
});

test('status tells what a model was fine-tuned from, what was left out, and of a training that takes several runs', async () => {
  const store = await createHistory();
  const version = '20261102T000000Z-0123456789ab';
  const lineage = { detector: 'cart', version: '20261101T000000Z-ffffffffffff' };
  await saveVersion(store, 'shop', version, {
    files: {},
    manifest: {
      detector: 'shop',
      version,
      kind: 'isolation-forest',
      params: {},
      seed: 1,
      featurePlanHash: '',
      manifestHash: '',
      lineage,
      inputs: [],
      leftOut: { rows: { confirmed: 70, excluded: 3 }, ranges: [] },
      rows: 1,
      entities: 1,
      step: 1,
      trainingRange: { start: '2026-11-01T00:00:00.000Z', end: '2026-11-02T00:00:00.000Z' },
      softwareVersion: '0',
      percentile: 99,
      policy: { threshold: 1, minDeviation: 1, k: 1, n: 1, resolveAfter: 1 },
    },
  });
  await moveCurrent(store, 'shop', { from: undefined, to: version });
  const next = '20261103T000000Z-0123456789ab';
  await writeProgress(
    store,
    { formatVersion: 1, detector: 'shop', version: next, phase: 'open', inputs: [], pauses: 2 },
    undefined,
  );
  const { stdout } = await runTestCli(['status'], store, { now: () => NOW });
  assert.match(stdout, /^shop: fine-tuned from cart 20261101T000000Z-ffffffffffff$/m);
  assert.match(
    stdout,
    /^shop: the model's training left out 73 rows: 70 of confirmed anomalies, 3 of exclusions$/m,
  );
  assert.match(stdout, /^shop: run 3 of the training of 20261103T000000Z-0123456789ab is under way or due$/m);
  const json = await runTestCli(['status', '--json'], store, { now: () => NOW });
  assert.deepEqual(json.lines[0]?.fineTunedFrom, lineage);
  assert.deepEqual(json.lines[0]?.leftOutOfTraining, { rows: { confirmed: 70, excluded: 3 }, ranges: [] });
  assert.deepEqual(json.lines[0]?.training, { version: next, run: 3 });
});

test('validate lists all problems of every file and needs no bucket', async () => {
  const files: Readonly<Record<string, string>> = {
    'good.yml': MANIFEST,
    'bad.yml': 'kind: AnomalyDetector\nmetadata: { name: x }\nspec: { stepp: 5m, detection_window: 3x }\n',
  };
  const host = {
    env: {},
    openStore: (): ObjectStore => assert.fail('a bucket was opened'),
    readFile: async (path: string): Promise<string> => {
      const text = files[path];
      if (text === undefined) throw new Error('ENOENT: no such file');
      return text;
    },
  };
  const store = createMemoryObjectStore();
  const good = await runTestCli(['validate', 'good.yml'], store, host);
  assert.deepEqual([good.code, good.stdout], [0, 'good.yml: ok, detector prom with 1 metric\n']);
  const all = await runTestCli(['validate', 'bad.yml', 'none.yml', 'good.yml', '--json'], store, host);
  assert.equal(all.code, 1);
  const [bad, none, last] = all.lines;
  assert.match(String(bad?.message), /detection_window[\s\S]*stepp/);
  assert.match(String(none?.message), /none\.yml cannot be read: ENOENT/);
  assert.deepEqual([bad?.valid, none?.valid, last?.valid], [false, false, true]);
});

test('export asks the Prometheus that a manifest names, and one that is unknown fails its detector alone', async () => {
  await using abroad = await startFakePrometheus(
    answerQueries(() => [{ labels: { __name__: 'cpu_seconds' }, valueAt: (time) => time / 1e12 }]),
  );
  const store = createMemoryObjectStore();
  for (const [name, source] of [
    ['prom', 'abroad'],
    ['lost', 'nowhere'],
  ] as const)
    await store.put(
      `detectors/${name}.yml`,
      bytes(MANIFEST.replace('name: prom', `name: ${name}`).replace(/^spec:/m, `spec:\n  source: ${source}`)),
    );
  const env = {
    TIDEWATCH_BUCKET: 'test-bucket',
    TIDEWATCH_PROMETHEUS_SOURCES: JSON.stringify({
      abroad: { url: abroad.url, auth: 'bearer', tokenFile: 'token' },
    }),
  };
  const readFile = async (): Promise<string> => 'a-token\n';
  const run = await runTestCli(['export', '--json'], store, { now: () => NOW, env, readFile });
  assert.equal(run.code, 2);
  const [lost] = run.lines.filter(({ type }) => type === 'error');
  assert.match(String(lost?.message), /detector lost: spec.source is "nowhere".*: known are abroad$/);
  assert.ok(run.lines.some(({ type, detector }) => type === 'exported' && detector === 'prom'));
  assert.ok(store.keys().some((key) => key.startsWith('windows/detector=prom/')));
  assert.equal(abroad.requests[0]?.headers.authorization, 'Bearer a-token');
  const status = await runTestCli(['status', '--json'], store, { now: () => NOW, env });
  assert.deepEqual(
    status.lines.filter(({ type }) => type === 'detector').map(({ detector, source }) => [detector, source]),
    [
      ['lost', 'nowhere'],
      ['prom', 'abroad'],
    ],
  );
});

test('export writes windows from Prometheus, and has nothing to do the second time', async () => {
  await using prometheus = await startFakePrometheus(
    answerQueries(() => [{ labels: { __name__: 'cpu_seconds' }, valueAt: (time) => time / 1e12 }]),
  );
  const store = createMemoryObjectStore();
  await store.put('detectors/prom.yml', bytes(MANIFEST));
  const args = ['export', '--prometheus', prometheus.url, '--json'];
  const first = await runTestCli(args, store, { now: () => NOW });
  assert.equal(first.code, 0, first.stdout);
  const line = first.lines.find(({ type }) => type === 'exported');
  const keys = line?.exported as string[];
  assert.ok(keys.length > 0);
  for (const key of keys) assert.ok(store.keys().includes(key));
  const second = await runTestCli(args, store, { now: () => NOW });
  assert.equal(second.lines.find(({ type }) => type === 'exported')?.stopped, 'not-due');
  const bounded = await runTestCli([...args, '--max-windows', '0'], store, { now: () => NOW });
  assert.deepEqual([bounded.code, bounded.lines[0]?.type], [2, 'error']);
});

for (const [args, problem] of [
  [[], /no command given/],
  [['explode'], /no command "explode"/],
  [['train', '--loud'], /--loud/],
  [['train', 'shop', '--bucket', 'NOT A BUCKET'], /"NOT A BUCKET"/],
  [['train', 'typo'], /no detector "typo", neither a manifest nor windows; the bucket has none/],
  [['train', '../x'], /no detector "\.\.\/x"/],
  [['validate'], /at least one FILE/],
  [['score', '--topic', 'x', '--print-only'], /exclude each other/],
] as const) {
  test(`"tidewatch ${args.join(' ')}" is told in a line and gives exit code 2`, async () => {
    const { code, stdout, stderr } = await runTestCli(args, createMemoryObjectStore());
    assert.equal(code, 2);
    assert.equal(stdout, '');
    assert.match(stderr.split('\n')[0] ?? '', problem);
  });
}

test('--version tells the version of the package, and help COMMAND what COMMAND --help does', async () => {
  const store = createMemoryObjectStore();
  const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../../package.json'), 'utf8'));
  for (const asked of ['--version', '-V', 'version']) {
    const { code, stdout } = await runTestCli([asked], store);
    assert.deepEqual([code, stdout], [0, `tidewatch ${version}\n`]);
  }
  const help = await runTestCli(['help', 'fit'], store);
  assert.deepEqual([help.code, help.stdout], [0, (await runTestCli(['fit', '--help'], store)).stdout]);
  const unknown = await runTestCli(['help', 'fti'], store);
  assert.equal(unknown.code, 2);
  assert.match(unknown.stderr, /there is no command "fti"; did you mean fit\?/);
});

test('help names every command and every exit code, and has an example of each command', async () => {
  const { code, stdout } = await runTestCli(['--help'], createMemoryObjectStore());
  assert.equal(code, 0);
  for (const { name } of COMMANDS) {
    assert.match(stdout, new RegExp(`^  ${name} `, 'm'));
    const help = await runTestCli([name, '--help'], createMemoryObjectStore());
    assert.equal(help.code, 0);
    assert.match(help.stdout, new RegExp(`\nExamples:\n  tidewatch ${name}\\b`));
    assert.match(help.stdout, /--json[\s\S]*Exit codes:\n {2}0 {3}all done\n {2}1[\s\S]*\n {2}4 /);
  }
});

test('an error is one line; its stack and cause come with --verbose', async () => {
  const store: ObjectStore = {
    ...createMemoryObjectStore(),
    list() {
      throw new Error('the bucket is on fire', { cause: new Error('a match') });
    },
  };
  const short = await runTestCli(['status'], store);
  assert.deepEqual([short.code, short.stderr], [1, 'error: the bucket is on fire (Error)\n']);
  const long = await runTestCli(['status', '-v'], store);
  assert.match(
    long.stderr,
    /^error: the bucket is on fire \(Error\)\nError: [\s\S]*\n {4}at [\s\S]*caused by Error: a match/,
  );
});

test('on a terminal, progress bars come and go; elsewhere there are none', async () => {
  const store = await createHistory();
  await runTestCli(['score'], store);
  let screen = '';
  const stderr = {
    isTTY: true,
    columns: 80,
    write: (text: string): boolean => {
      screen += text;
      return true;
    },
    on: (): void => {},
    removeListener: (): void => {},
  };
  await runTestCli(['train', 'shop'], store, { stderr });
  assert.match(screen, /training shop \[/);
  const plain = await runTestCli(['train', 'shop'], store);
  assert.equal(plain.stderr, '');
});
