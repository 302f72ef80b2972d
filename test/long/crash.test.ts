/**
 * The command line, killed by SIGKILL at every write that it makes, and run again: no duplicate alert, no lost window,
 * no half-made model. It dies before the first write and before each publish, and after every write, before it hears
 * the answer: to die before a later write leaves what to die after the one before it leaves. Of the files of a model,
 * which are alike, the last stands for all. Each kill has a detector of its own; one run afterwards takes
 * up all of them. What people are told spans detectors, so each scoring has a bucket of its own as well, and receipts
 * are written into it by what the receipt function calls.
 */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { CreateBucketCommand, PutBucketNotificationConfigurationCommand } from '@aws-sdk/client-s3';
import { createSnsPublisher } from '../../lib/alert/sns-publisher.ts';
import { notify } from '../../lib/jobs/notify/notify.ts';
import { scoreWindows } from '../../lib/jobs/score/score-windows.ts';
import { loadDetector } from '../../lib/jobs/shared/load-detectors.ts';
import type { DetectorState } from '../../lib/store/detector-state.ts';
import { readState as readDetectorState } from '../../lib/store/detector-states.ts';
import type { ModelManifest } from '../../lib/store/model-manifest.ts';
import { markPublished } from '../../lib/store/notifications.ts';
import { readNotifyState } from '../../lib/store/notify-state.ts';
import type { ObjectStore } from '../../lib/store/object-store.ts';
import { createS3ObjectStore } from '../../lib/store/s3-object-store.ts';
import { type AlertQueue, subscribeQueue } from '../helpers/alert-queue.ts';
import { answerSeries, startFakePrometheus } from '../helpers/fake-prometheus.ts';
import { type LocalStack, startLocalStack } from '../helpers/local-stack.ts';
import { createMemoryTelemetry } from '../helpers/memory-telemetry.ts';
import { type KillPoint, type MortalRun, runMortalCli } from '../helpers/mortal-cli.ts';
import { createNotifyContext } from '../helpers/notify-context.ts';
import { MINUTE, queryParquet, type ShopRows, shopParquet, T0 } from '../helpers/shop-parquet.ts';

const FAULT = { pod: 'payment', from: 205, to: 215 };
/** Longer than a claim holds. */
const LATER = 3 * MINUTE;
const AT_ONCE = 2;

let stack: LocalStack;
let queue: AlertQueue;
let environment: Readonly<Record<string, string>>;
const PROBE = {
  train: 'train-undisturbed',
  score: 'score-undisturbed',
  export: 'export-undisturbed',
} as const;
const trained = new Map<string, Uint8Array>();
const files = new Map<string, Uint8Array>();

before(async () => {
  stack = await startLocalStack();
  queue = await subscribeQueue(stack);
  // What arrives is left to the command line.
  await stack.s3.send(
    new PutBucketNotificationConfigurationCommand({ Bucket: stack.bucket, NotificationConfiguration: {} }),
  );
  environment = {
    ...stack.service.environment,
    // Most of a short run is the compilation of its modules.
    NODE_COMPILE_CACHE: `${stack.dataDir}/compiled`,
    TIDEWATCH_BUCKET: stack.bucket,
    TIDEWATCH_TOPIC_ARN: stack.service.deployment.outputs['AlertTopicArn'] ?? '',
  };
});
after(() => stack?.close());

test('training: no half-made model, and the run after it makes the same one', async () => {
  const names = await killEverywhere({
    kind: 'train',
    async prepare(name) {
      await declare(name);
      await dropHistory(name);
    },
    command: (name) => ['train', name],
  });
  for (const name of names)
    if ((await stack.get(`models/detector=${name}/current.json`)) !== undefined) await assertWholeModel(name);
  assertDone(await run(['train', ...names]));
  const weights = await weightsOf(PROBE.train);
  const shape = await shapeOf(PROBE.train);
  for (const name of names) {
    assert.deepEqual(await weightsOf(name), weights, name);
    assert.equal((await readState(name)).phase, 'active');
    assert.deepEqual(await shapeOf(name), shape, name);
  }
});

test('scoring: no window lost, no alert lost or sent twice, nothing left to send', async () => {
  const names = await killEverywhere({
    kind: 'score',
    async prepare(name) {
      await openBucket(name);
      if (name === PROBE.score) {
        await declare(name);
        await dropHistory(name);
        assertDone(await run(['train', name], { bucket: bucketOf(name) }));
        assertDone(await run(['score', name], { bucket: bucketOf(name) }));
        await rememberTrained(name);
      } else await makeTwin(name);
      await drop(name, 'new', { from: 200, to: 215, fault: FAULT });
      await drop(name, 'newer', { from: 215, to: 245 });
      await put(name, `windows/detector=${name}/broken.parquet`, 'no Parquet');
    },
    command: (name) => ['score', name],
  });
  // Receipts come in; then somebody runs it at once, while claims of the dead still hold.
  await deliverReceipts();
  const early = await Promise.allSettled(names.map((name) => scoreAgain(name, Date.now())));
  for (const result of early)
    if (result.status === 'rejected') assert.match(String(result.reason), /another invocation is sending/);
  assert.ok(early.some(({ status }) => status === 'rejected'));
  assertNoRepeat(await queue.alerts());
  for (const name of names) await scoreAgain(name, Date.now() + LATER);
  const alerts = await queue.alerts();
  assertNoRepeat(alerts);
  await stack.idle();
  const shape = await keysOf(PROBE.score);
  const scores = await scoresOf(PROBE.score);
  for (const name of names) {
    assert.deepEqual(
      alerts.filter(({ detector }) => detector === name).map(({ state, entity }) => `${state} ${entity}`),
      ['opened payment', 'resolved payment'],
      name,
    );
    const store = storeOf(name);
    assert.deepEqual((await readDetectorState(store, name)).state.outbox, [], name);
    assert.deepEqual((await readNotifyState(store)).state.outbox, [], name);
    assert.deepEqual(await keysOf(name), shape, name);
    assert.deepEqual(await scoresOf(name), scores, name);
  }
});

test('export: the same windows without a hole, each once', async () => {
  await using prometheus = await startFakePrometheus(
    answerSeries([{ labels: { pod: 'cart' }, valueAt: (time) => Math.sin(time / 600_000) }]),
  );
  const now = T0 + 20 * MINUTE;
  const names = await killEverywhere({
    kind: 'export',
    async prepare(name) {
      const metrics = '[{ name: cpu, query: cpu }]';
      const spec = `{ metrics: ${metrics}, entity: [pod], detection_window: 5m, backfill: 15m, ingest_delay: 0 }`;
      await stack.put(`detectors/${name}.yml`, manifest(name, spec));
    },
    command: (name) => ['export', name, '--prometheus', prometheus.url],
    now,
  });
  assertDone(await run(['export', ...names, '--prometheus', prometheus.url], { now }));
  const keys = await stack.keys(`windows/detector=${PROBE.export}/`);
  assert.equal(keys.length, 3);
  const shape = await shapeOf(PROBE.export);
  const rows = await rowsOf(keys);
  for (const name of names) {
    assert.deepEqual(await shapeOf(name), shape, name);
    assert.equal((await readState(name)).exportedUntil, now);
    const own = keys.map((key) => key.replace(`detector=${PROBE.export}/`, `detector=${name}/`));
    assert.deepEqual(await rowsOf(own), rows, name);
  }
});

/**
 * Runs the command undisturbed for a first detector, then once for each place to die at.
 * @returns the detectors, the undisturbed one first
 */
async function killEverywhere({
  kind,
  prepare,
  command,
  now,
}: {
  readonly kind: keyof typeof PROBE;
  readonly prepare: (name: string) => Promise<void>;
  readonly command: (name: string) => readonly string[];
  readonly now?: number;
}): Promise<readonly string[]> {
  const probe = PROBE[kind];
  const at = now === undefined ? {} : { now };
  await prepare(probe);
  const { writes } = await run(command(probe), { ...at, bucket: bucketOf(probe) });
  const points = choosePoints(writes);
  assert.ok(points.length >= 4, writes.join('\n'));
  const nameOf = ({ write, stage }: KillPoint): string => `${kind}-${write}-${stage}`;
  await forEachAtOnce(points, async (kill) => {
    const name = nameOf(kill);
    await prepare(name);
    const killed = await run(command(name), { kill, ...at, bucket: bucketOf(name) });
    assert.equal(killed.code, null, `${name}: ${killed.stdout}${killed.stderr}`);
    const told = (write: string): string => write.replaceAll(name, probe).replaceAll(/[0-9a-f]{12}/g, '#');
    assert.deepEqual(killed.writes.map(told), writes.slice(0, kill.write + 1).map(told), name);
  });
  return [probe, ...points.map(nameOf)];
}

function choosePoints(writes: readonly string[]): readonly KillPoint[] {
  const isModelFile = (write: number): boolean =>
    /version%3D[^/]+\/(?!manifest\.json)/.test(writes[write] ?? '');
  return writes.flatMap((what, write): KillPoint[] => [
    ...(write === 0 || what.startsWith('POST') ? [{ write, stage: 'before' } as const] : []),
    ...(isModelFile(write) && isModelFile(write + 1) ? [] : [{ write, stage: 'after' } as const]),
  ]);
}

async function openBucket(name: string): Promise<void> {
  await stack.s3.send(new CreateBucketCommand({ Bucket: bucketOf(name) }));
}

/** Where a detector's objects are: in the deployment's own bucket, unless it has one to itself. */
function bucketOf(name: string): string {
  return name.startsWith('score-') ? `of-${name}` : stack.bucket;
}

function storeOf(name: string): ObjectStore {
  return createS3ObjectStore({ client: stack.s3, bucket: bucketOf(name) });
}

async function put(name: string, key: string, body: Uint8Array | string): Promise<void> {
  await storeOf(name).put(key, typeof body === 'string' ? new TextEncoder().encode(body) : body);
}

/** What the receipt function does with each message, once and once more. */
async function deliverReceipts(): Promise<void> {
  for (const alert of [...(await queue.alerts()), ...(await queue.alerts())])
    await markPublished(storeOf(alert.detector), alert, { messageId: 'by-hand', at: Date.now() });
}

/** As the command does, in this process. @param at epoch ms */
async function scoreAgain(name: string, at: number): Promise<void> {
  const store = storeOf(name);
  const context = {
    store,
    telemetry: createMemoryTelemetry(),
    now: () => at,
    deadline: { remaining: () => Infinity },
  };
  const queued = async (): Promise<void> => {};
  await scoreWindows(await loadDetector(context, name), {
    ...context,
    queue: { requestTraining: queued, requestScoring: queued, requestNotifying: queued },
  });
  const topicArn = environment['TIDEWATCH_TOPIC_ARN'] ?? '';
  const publisher = createSnsPublisher({ client: stack.sns, topicArn });
  await notify(createNotifyContext(store, { ...context, publisher }), [name]);
}

/** Everything of a detector that is trained and up to date, by key. */
async function rememberTrained(name: string): Promise<void> {
  const store = storeOf(name);
  for await (const { key } of store.list('')) trained.set(key, (await store.get(key)).body);
}

/** All keys of a detector's own bucket, its name and the hashes of names taken out. */
async function keysOf(name: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of storeOf(name).list('')) keys.push(key);
  return keys.map((key) => key.replaceAll(name, 'NAME').replaceAll(/[0-9a-f]{12}/g, '#')).sort();
}

/** The same under another name: training each detector anew would take longer than all the rest. */
async function makeTwin(name: string): Promise<void> {
  // Scores that are older than their window would be taken for those of other bytes.
  const isOfScores = (key: string): boolean => key.startsWith('scores/');
  const inOrder = [...trained].sort(([a], [b]) => Number(isOfScores(a)) - Number(isOfScores(b)));
  for (const [key, body] of inOrder) {
    const isText = /\/manifest\.json$|\/current\.json$|^state\/|\.yml$/.test(key);
    const own = isText ? new TextDecoder().decode(body).replaceAll(PROBE.score, name) : body;
    await put(name, key.replaceAll(PROBE.score, name), own);
  }
}

async function forEachAtOnce<T>(items: readonly T[], visit: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const item of rest) await visit(item);
    }),
  );
}

function run(
  args: readonly string[],
  given: { readonly kill?: KillPoint; readonly now?: number; readonly bucket?: string } = {},
): Promise<MortalRun> {
  const { bucket = stack.bucket, ...options } = given;
  return runMortalCli(args, { environment: { ...environment, TIDEWATCH_BUCKET: bucket }, ...options });
}

function assertDone({ code, stdout, stderr }: MortalRun): void {
  assert.equal(code, 0, stdout + stderr);
}

function assertNoRepeat(alerts: readonly { readonly notificationId: string }[]): void {
  const ids = alerts.map(({ notificationId }) => notificationId);
  assert.deepEqual(
    ids.filter((id, i) => ids.indexOf(id) !== i),
    [],
  );
}

function manifest(name: string, spec: string): string {
  return `kind: AnomalyDetector\nmetadata: { name: ${name} }\nspec: ${spec}\n`;
}

async function declare(name: string): Promise<void> {
  const spec = '{ training: { warmup: 400 }, threshold: { percentile: 99 } }';
  await put(name, `detectors/${name}.yml`, manifest(name, spec));
}

function dropHistory(name: string): Promise<void> {
  return drop(name, 'history', { from: 0, to: 200 });
}

/** The same file for every detector. */
async function drop(name: string, file: string, rows: ShopRows): Promise<void> {
  const body = files.get(file) ?? (await shopParquet(rows));
  files.set(file, body);
  await put(name, `windows/detector=${name}/${file}.parquet`, body);
}

/** Every file that the manifest names is there with its checksum, and there is one version. */
async function assertWholeModel(name: string): Promise<string> {
  const prefix = `models/detector=${name}/`;
  const { version } = await stack.getJson<{ version: string }>(`${prefix}current.json`);
  const { files } = await stack.getJson<ModelManifest>(`${prefix}version=${version}/manifest.json`);
  for (const [file, { sha256 }] of Object.entries(files)) {
    const body = await stack.get(`${prefix}version=${version}/${file}`);
    assert.ok(body, `${name}: ${file}`);
    assert.equal(createHash('sha256').update(body).digest('hex'), sha256, `${name}: ${file}`);
  }
  const names = ['manifest.json', ...Object.keys(files)].map((file) => `${prefix}version=${version}/${file}`);
  assert.deepEqual(await stack.keys(prefix), [`${prefix}current.json`, ...names].sort());
  return version;
}

async function weightsOf(name: string): Promise<Uint8Array | undefined> {
  return stack.get(`models/detector=${name}/version=${await assertWholeModel(name)}/weights.bin`);
}

/** The keys that belong to a detector, its name and the hashes of names taken out. */
async function shapeOf(name: string): Promise<string[]> {
  const prefixes = ['windows', 'models', 'scores', 'state', 'quarantine/windows'];
  const lists = await Promise.all(prefixes.map((prefix) => stack.keys(`${prefix}/detector=${name}`)));
  return lists
    .flat()
    .filter((key) => key.includes(`detector=${name}/`) || key.endsWith(`detector=${name}.json`))
    .map((key) => key.replaceAll(name, 'NAME').replaceAll(/[0-9a-f]{12}/g, '#'));
}

/** Of both windows, in one query: opening DuckDB takes longer than asking it. */
async function scoresOf(name: string): Promise<unknown> {
  const keys = ['new', 'newer'].map((window) => `scores/detector=${name}/${window}.parquet`);
  const store = storeOf(name);
  const bodies = await Promise.all(keys.map(async (key) => (await store.get(key)).body));
  return queryParquet(bodies, 'SELECT * EXCLUDE (model_version) FROM FILE ORDER BY ALL');
}

async function rowsOf(keys: readonly string[]): Promise<unknown> {
  const bodies = await Promise.all(
    keys.map(async (key) => {
      const body = await stack.get(key);
      assert.ok(body, key);
      return body;
    }),
  );
  return queryParquet(bodies, 'SELECT * FROM FILE ORDER BY ALL');
}

function readState(name: string): Promise<DetectorState> {
  return stack.getJson<DetectorState>(`state/detector=${name}.json`);
}
