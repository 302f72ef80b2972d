/**
 * The command line, killed by SIGKILL at every write that it makes, and run again: no duplicate alert, no lost window,
 * no half-made model. It dies before the first write and before each publish, and after every write, before it hears
 * the answer: to die before a later write leaves what to die after the one before it leaves. Each kill has a detector of
 * its own; one run afterwards takes up all of them. The receipt function is deployed, as it is wherever alerts go out.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { PutBucketNotificationConfigurationCommand } from '@aws-sdk/client-s3';
import type { DetectorState } from '../../lib/store/detector-state.ts';
import type { ModelManifest } from '../../lib/store/model-manifest.ts';
import { type AlertQueue, subscribeQueue } from '../helpers/alert-queue.ts';
import { answerSeries, startFakePrometheus } from '../helpers/fake-prometheus.ts';
import { type LocalStack, startLocalStack } from '../helpers/local-stack.ts';
import { type KillPoint, type MortalRun, runMortalCli } from '../helpers/mortal-cli.ts';
import { MINUTE, queryParquet, type ShopRows, shopParquet, T0 } from '../helpers/shop-parquet.ts';

const FAULT = { pod: 'payment', from: 205, to: 215 };
/** Longer than a claim holds. */
const LATER = 3 * MINUTE;
const AT_ONCE = 2;

let stack: LocalStack;
let queue: AlertQueue;
let environment: Readonly<Record<string, string>>;
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
  const names = await killEverywhere('train', async (name) => {
    await declare(name);
    await dropHistory(name);
    return ['train', name];
  });
  for (const name of names) {
    const current = await stack.get(`models/detector=${name}/current.json`);
    if (current !== undefined) await assertWholeModel(name);
  }
  assertDone(await run(['train', ...names]));
  const [reference] = names;
  for (const name of names) {
    const version = await assertWholeModel(name);
    assert.equal((await readState(name)).phase, 'active');
    assert.deepEqual(
      await stack.get(`models/detector=${name}/version=${version}/weights.bin`),
      await stack.get(
        `models/detector=${reference}/version=${await assertWholeModel(reference!)}/weights.bin`,
      ),
    );
    assert.deepEqual(await shapeOf(name), await shapeOf(reference!), name);
  }
});

test('scoring: no window lost, no alert lost or sent twice, nothing left to send', async () => {
  const prepared: string[] = [];
  const names = await killEverywhere(
    'score',
    async (name) => ['score', name],
    async (all) => {
      for (const name of all) {
        await declare(name);
        await dropHistory(name);
      }
      assertDone(await run(['train', ...all]));
      assertDone(await run(['score', ...all]));
      for (const name of all) {
        await drop(name, 'new', { from: 200, to: 215, fault: FAULT });
        await drop(name, 'newer', { from: 215, to: 245 });
        await stack.put(`windows/detector=${name}/broken.parquet`, 'no Parquet');
      }
      prepared.push(...all);
    },
  );
  assert.deepEqual(names, prepared);
  // Receipts come in; then somebody runs it at once, while claims of the dead still hold.
  await stack.idle();
  const early = await run(['score', ...names]);
  assert.equal(early.code, 4, early.stdout + early.stderr);
  assertNoRepeat(await queue.alerts());
  const late = await run(['score', ...names], { now: Date.now() + LATER });
  assert.equal(late.code, 0, late.stdout + late.stderr);
  const alerts = await queue.alerts();
  assertNoRepeat(alerts);
  await stack.idle();
  const [reference] = names;
  for (const name of names) {
    assert.deepEqual(
      alerts.filter(({ detector }) => detector === name).map(({ state, entity }) => `${state} ${entity}`),
      ['opened payment', 'resolved payment'],
      name,
    );
    const state = await readState(name);
    assert.deepEqual(state.outbox, []);
    assert.deepEqual(state.entities, (await readState(reference!)).entities);
    assert.deepEqual(await shapeOf(name), await shapeOf(reference!), name);
    for (const window of ['new', 'newer'])
      assert.deepEqual(await scoresOf(name, window), await scoresOf(reference!, window), `${name} ${window}`);
  }
});

test('export: the same windows without a hole, each once', async () => {
  await using prometheus = await startFakePrometheus(
    answerSeries([{ labels: { pod: 'cart' }, valueAt: (time) => Math.sin(time / 600_000) }]),
  );
  const now = T0 + 20 * MINUTE;
  const names = await killEverywhere(
    'export',
    async (name) => {
      const metrics = '[{ name: cpu, query: cpu }]';
      const spec = `{ metrics: ${metrics}, entity: [pod], detection_window: 5m, backfill: 15m, ingest_delay: 0 }`;
      await stack.put(`detectors/${name}.yml`, manifest(name, spec));
      return ['export', name, '--prometheus', prometheus.url];
    },
    async () => {},
    now,
  );
  assertDone(await run(['export', ...names, '--prometheus', prometheus.url], { now }));
  const [reference] = names;
  const keys = await stack.keys(`windows/detector=${reference}/`);
  assert.equal(keys.length, 3);
  for (const name of names) {
    assert.deepEqual(await shapeOf(name), await shapeOf(reference!), name);
    assert.equal((await readState(name)).exportedUntil, now);
    for (const key of keys) {
      const own = key.replace(`detector=${reference}/`, `detector=${name}/`);
      assert.deepEqual(await rowsOf(own), await rowsOf(key), own);
    }
  }
});

/**
 * Runs the command undisturbed for a first detector, then once for each place to die at.
 * @param prepare gives the command for a detector
 * @param prepareAll gets every name before the first run
 * @returns the detectors, the undisturbed one first
 */
async function killEverywhere(
  kind: string,
  prepare: (name: string) => Promise<readonly string[]>,
  prepareAll?: (names: readonly string[]) => Promise<void>,
  now?: number,
): Promise<readonly string[]> {
  const probe = `${kind}-probe`;
  await prepareAll?.([probe]);
  const at = now === undefined ? {} : { now };
  const { writes } = await run(await prepare(probe), at);
  assert.ok(writes.length > 0);
  const points = writes.flatMap((what, write): KillPoint[] => [
    ...(write === 0 || what.startsWith('POST') ? [{ write, stage: 'before' } as const] : []),
    { write, stage: 'after' },
  ]);
  const nameOf = ({ write, stage }: KillPoint): string => `${kind}-${write}-${stage}`;
  await prepareAll?.(points.map(nameOf));
  await forEachAtOnce(points, async (kill) => {
    const name = nameOf(kill);
    const killed = await run(await prepare(name), { kill, ...at });
    assert.equal(killed.code, null, `${name}: ${killed.stdout}${killed.stderr}`);
    assert.deepEqual(
      killed.writes.map((write) => write.replaceAll(name, probe).replaceAll(/[0-9a-f]{12}/g, '#')),
      writes.slice(0, kill.write + 1).map((write) => write.replaceAll(/[0-9a-f]{12}/g, '#')),
      name,
    );
  });
  return [probe, ...points.map(nameOf)];
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
  options: { readonly kill?: KillPoint; readonly now?: number } = {},
): Promise<MortalRun> {
  return runMortalCli(args, { environment, ...options });
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
  await stack.put(`detectors/${name}.yml`, manifest(name, spec));
}

function dropHistory(name: string): Promise<void> {
  return drop(name, 'history', { from: 0, to: 200 });
}

/** The same file for every detector. */
async function drop(name: string, file: string, rows: ShopRows): Promise<void> {
  const body = files.get(file) ?? (await shopParquet(rows));
  files.set(file, body);
  await stack.put(`windows/detector=${name}/${file}.parquet`, body);
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

/** The keys that belong to a detector, its name and the hashes of names taken out. */
async function shapeOf(name: string): Promise<string[]> {
  const prefixes = ['windows', 'models', 'scores', 'incidents', 'state', 'quarantine/windows'];
  const lists = await Promise.all(prefixes.map((prefix) => stack.keys(`${prefix}/detector=${name}`)));
  return lists
    .flat()
    .filter((key) => key.includes(`detector=${name}/`) || key.endsWith(`detector=${name}.json`))
    .map((key) => key.replaceAll(name, 'NAME').replaceAll(/[0-9a-f]{12}/g, '#'));
}

async function scoresOf(name: string, window: string): Promise<unknown> {
  const body = await stack.get(`scores/detector=${name}/${window}.parquet`);
  assert.ok(body, `scores of ${name} ${window}`);
  return queryParquet(body, 'SELECT * EXCLUDE (model_version) FROM FILE');
}

async function rowsOf(key: string): Promise<unknown> {
  const body = await stack.get(key);
  assert.ok(body, key);
  return queryParquet(body, 'SELECT * FROM FILE');
}

function readState(name: string): Promise<DetectorState> {
  return stack.getJson<DetectorState>(`state/detector=${name}.json`);
}
