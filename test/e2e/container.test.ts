/**
 * The images and the single machine, without Docker: what the Dockerfile copies is laid out as it says, and its entry points run
 * from there.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { parse } from 'yaml';
import { manifestKey, trainingPlaceKey } from '../../lib/store/keys.ts';
import { createS3ObjectStore } from '../../lib/store/s3-object-store.ts';
import type { TrainingPlace } from '../../lib/store/training-place.ts';
import { copiesOf, lastOf, readDockerfile, type Stage } from '../helpers/dockerfile.ts';
import { createClient, startS3 } from '../helpers/emulated-s3.ts';
import { type LocalStack, startLocalStack } from '../helpers/local-stack.ts';
import { dropWindow } from '../helpers/synthetic-window.ts';
import { until } from '../helpers/until.ts';

const ROOT = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
/** CloudFormation's tags are of no account here. */
const QUIET = { logLevel: 'silent' } as const;
const stages = readDockerfile(read('Dockerfile'));
const stageOf = (name: string): Stage => stages.find((stage) => stage.name === name)!;
const { dependencies } = JSON.parse(read('package.json')) as { dependencies: Record<string, string> };
const MANIFEST = `kind: AnomalyDetector
metadata: { name: shop }
spec: { step: 1m, model: { kind: robust-z }, training: { warmup: 100 } }
`;

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidewatch-container-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

describe('the Dockerfile', () => {
  it('builds on the Node that the functions run on, and makes the command line where no target is named', () => {
    const { provider } = parse(read('serverless.yml'), QUIET) as { provider: { runtime: string } };
    const major = /^nodejs(\d+)\.x$/.exec(provider.runtime)?.[1];
    for (const { from } of stages)
      assert.ok(from.startsWith(`node:${major}-`) || stages.some(({ name }) => name === from), from);
    assert.equal(stages.at(-1)?.name, 'tidewatch');
  });

  it('copies what there is, and nothing that is ignored or secret', () => {
    const ignored = read('.dockerignore').split('\n');
    for (const stage of stages)
      for (const { from, paths } of copiesOf(stage))
        for (const path of paths) {
          if (from !== undefined) assert.ok(path.startsWith('/app/') && stageOf(from), path);
          else if (path !== '.') {
            assert.ok(existsSync(join(ROOT, path)), path);
            assert.ok(!ignored.includes(path), `${path} is in .dockerignore`);
          }
        }
    for (const path of ['.git', 'node_modules', '.tidewatch', '.env', '*.pem'])
      assert.ok(ignored.includes(path), path);
  });

  it('runs as a user who is not root', () => {
    for (const name of ['tidewatch', 'local']) assert.equal(lastOf(stageOf(name), 'USER'), 'node');
  });
});

describe('the image of the command line', () => {
  let app: string;
  before(() => {
    app = layOut(join(folder, 'app'));
  });

  it('runs what stands after its name, and works on a bucket as a deployment has it', async () => {
    const [program, ...args] = entryPoint('tidewatch').map((part) => part.replace(/^\/app\b/, app));
    assert.equal(program, 'node');
    // The emulator is in this process, and has to answer meanwhile.
    const tidewatch = (env: Readonly<Record<string, string>>, ...more: string[]): Promise<Ended> =>
      ended(
        spawn(process.execPath, [...args, ...more], {
          cwd: folder,
          env: { PATH: process.env['PATH'], ...env },
        }),
      );
    const { stdout } = await tidewatch({}, '--version');
    assert.match(stdout, /^tidewatch \d/);

    await using s3 = await startS3();
    const { url } = s3.emulator;
    await s3.emulator.buckets.create('metrics');
    const store = createS3ObjectStore({ client: s3.client, bucket: 'metrics' });
    await store.put(manifestKey('shop'), new TextEncoder().encode(MANIFEST));
    await dropWindow(store, { from: 0, rows: 200 });
    const env = {
      AWS_ENDPOINT_URL: url,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_REGION: 'us-east-1',
      TIDEWATCH_BUCKET: 'metrics',
    };
    const trained = await tidewatch(env, 'train', 'shop');
    assert.equal(trained.code, 0, trained.stdout + trained.stderr);
    const told = await tidewatch(env, 'status');
    assert.match(told.stdout, /^shop +\S+ +active/m);
  });
});

describe('the image as a job of AWS Batch', () => {
  /** So that no training fits: whatever its size, it takes 20 s. */
  const SECONDS = 15;
  let app: string;
  let stack: LocalStack;
  before(async () => {
    app = layOut(join(folder, 'job'));
    const [, ...args] = entryPoint('tidewatch').map((part) => part.replace(/^\/app\b/, app));
    stack = await startLocalStack({
      params: {
        batch: 'on',
        batchImage: 'example.com/tidewatch:test',
        vpcSubnetIds: 'subnet-0a1b2c3d',
        vpcSecurityGroupIds: 'sg-0a1b2c3d',
      },
      maxTimeoutSeconds: { TrainLambdaFunction: SECONDS },
      jobEntryPoint: [process.execPath, ...args],
    });
  });
  after(async () => await stack.close());

  const drop = async (detector: string): Promise<void> => {
    const store = createS3ObjectStore({ client: stack.s3, bucket: stack.bucket });
    await dropWindow(store, { from: 0, rows: 200, detector });
    await stack.idle();
  };

  it('trains what the function refuses, once, and has it scored', async () => {
    await stack.put(manifestKey('shop'), MANIFEST);
    await drop('shop');
    const asked = stack.logs('train').filter(({ message }) => message === 'training goes on as a job');
    assert.equal(asked.length, 1);
    const [placed] = stack.logs('train').filter(({ message }) => message === 'training placed');
    assert.deepEqual([placed?.['place'], placed?.['roomSeconds']], ['job', SECONDS]);
    const { job, failures } = await stack.getJson<TrainingPlace>(trainingPlaceKey('shop'));
    assert.deepEqual([job?.name, job?.id, failures], [asked[0]?.['job'], job?.startedBy, 0]);
    assert.ok(job?.endedAt !== undefined);
    assert.equal((await stack.keys('models/detector=shop/version=')).length > 5, true);
    assert.equal((await stack.keys('scores/detector=shop/')).length, 1);
    // What the job says is in a log of its own.
    const lines = readFileSync(join(stack.dataDir, 'logs/tidewatch-dev-train.log'), 'utf8').split('\n');
    assert.ok(
      lines.some((line) => line.startsWith('{"type":"trained"') && line.includes('"outcome":"trained"')),
    );
  });

  it('is told of by the function where it fails', async () => {
    const manifest = MANIFEST.replace('name: shop', 'name: cart').replace(
      'kind: robust-z',
      'kind: robust-z, params: { nonsense: 1 }',
    );
    await stack.put(manifestKey('cart'), manifest);
    await drop('cart');
    const [told] = stack.logs('train').filter(({ message }) => message === 'training failed as a job');
    assert.equal(told?.['reason'], 'Essential container in task exited, exit code 1');
    assert.equal(stack.metric('train', 'DetectorsFailed', 'cart'), 1);
    const { job, failures, failure } = await stack.getJson<TrainingPlace>(trainingPlaceKey('cart'));
    assert.equal(failures, 1);
    assert.match(failure?.reason ?? '', /nonsense/);
    assert.ok(job?.endedAt !== undefined);
  });

  it('has the rights that it uses, and the function that asks for it one more', () => {
    const unused = stack.service.emulator.access
      .listUnused()
      .filter(({ role, action }) => /TrainJob/.test(role) || action.startsWith('batch:'))
      .map(({ action, resource }) => `${action} ${resource.replace(/^.*?\/(?=\w+\/\*)/, '')}`);
    assert.deepEqual(
      unused.filter(
        (grant) => !/quarantine|Tagging|feedback|anomalies|incidents|exclusions|training|Delete/.test(grant),
      ),
      [],
    );
  });
});

describe('the single machine', () => {
  const [program = '', ...args] = entryPoint('local');

  it('deploys what serverless.yml declares, goes on after a kill with what it kept, and ends when it is told to', async () => {
    assert.ok(existsSync(join(ROOT, program)), program);
    const data = join(folder, 'data');
    const own = args.map((part) => part.replace(/^\/data$/, data).replace(/^9000$/, '0'));
    const run = (): ChildProcess => spawn(join(ROOT, program), [...own, '--quiet'], { cwd: ROOT });

    const first = run();
    const before = await clientOf(first);
    await before.store.put(manifestKey('shop'), new TextEncoder().encode(MANIFEST));
    await dropWindow(before.store, { from: 0, rows: 200 });
    // The function was told by the bucket, through the queue.
    await until(async () => await before.has('state/detector=shop.json'));
    first.kill('SIGKILL');
    await once(first, 'close');

    const second = run();
    const again = await clientOf(second);
    assert.equal(again.bucket, before.bucket);
    await dropWindow(again.store, { from: 200, rows: 100, detector: 'cart' });
    await until(async () => await again.has('state/detector=cart.json'));
    assert.ok(await again.has('state/detector=shop.json'));
    second.kill('SIGTERM');
    assert.deepEqual(await once(second, 'close'), [0, null]);
  });

  it('has parameters that serverless.yml has, refuses what is none, and says so', () => {
    const main = join(ROOT, 'infra/local/main.ts');
    const refused: readonly [string[], RegExp][] = [
      [['--data', folder, '--param', 'a=b'], /--param is of serverless.yml, which --functions deploys/],
      [['--data', folder, '--functions', '--param', 'a'], /--param must look like NAME=VALUE, not "a"/],
      [['--data', folder, '--host', 'example.com'], /--host must be one of 127.0.0.1 and 0.0.0.0/],
    ];
    for (const [flags, message] of refused) {
      const { status, stderr } = spawnSync(process.execPath, [main, ...flags], { encoding: 'utf8' });
      assert.equal(status, 2);
      assert.match(stderr, message);
    }
  });

  it('is what compose file and unit start', () => {
    const { services } = parse(read('deploy/compose.yml')) as {
      services: Record<
        string,
        {
          build: { target?: string };
          ports?: string[];
          command?: string[];
          environment?: Record<string, string>;
        }
      >;
    };
    for (const { build } of Object.values(services))
      assert.ok(build.target === undefined || stageOf(build.target));
    const { ports, command = [] } = services['tidewatch']!;
    assert.deepEqual(ports, ['127.0.0.1:9000:9000'], 'whoever reaches it may do everything');
    const { params } = parse(read('serverless.yml'), QUIET) as {
      params: { default: Record<string, string> };
    };
    for (const [i, word] of command.entries())
      if (command[i - 1] === '--param') assert.ok(Object.hasOwn(params.default, word.split('=')[0]!), word);

    const unit = read('deploy/tidewatch.service');
    const start = /^ExecStart=\/opt\/tidewatch\/(\S+) (.*)$/m.exec(unit);
    assert.equal(start?.[1], program);
    const words = start?.[2]?.split(' ') ?? [];
    const same = args.join(' ').replace(' --host 0.0.0.0', ' --quiet').replace('/data', '/var/lib/tidewatch');
    assert.equal(words.join(' '), `${same} $TIDEWATCH_OPTIONS`);
  });
});

/** What the image holds, as the Dockerfile copies it. @returns the folder */
function layOut(app: string): string {
  mkdirSync(app);
  for (const { from, paths, to } of copiesOf(stageOf('tidewatch')))
    for (const path of paths) {
      const target = to.endsWith('/') ? join(app, to, path) : join(app, to);
      if (from === 'dependencies') linkDependencies(target);
      else if (from === 'build') build(target);
      else cpSync(join(ROOT, path), target, { recursive: true });
    }
  return app;
}

/** As `npm ci --omit=dev` has them: those that are ours. */
function linkDependencies(target: string): void {
  for (const name of Object.keys(dependencies)) {
    mkdirSync(dirname(join(target, name)), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules', name), join(target, name));
  }
}

function build(target: string): void {
  const built = spawnSync(process.execPath, [join(ROOT, 'scripts/build-package.ts'), target], {
    encoding: 'utf8',
  });
  assert.equal(built.status, 0, built.stdout + built.stderr);
}

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function ended(child: ChildProcess): Promise<Ended> {
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout!),
    text(child.stderr!),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  return { code, stdout, stderr };
}

function entryPoint(name: string): readonly string[] {
  return JSON.parse(lastOf(stageOf(name), 'ENTRYPOINT') ?? '[]') as string[];
}

/** Waits until it serves. */
async function clientOf(child: ChildProcess) {
  const lines: string[] = [];
  child.stderr?.on('data', (chunk) => void lines.push(String(chunk)));
  for await (const line of createInterface(child.stdout!)) {
    lines.push(line);
    if (line.startsWith('Ctrl-C')) break;
  }
  const told = (name: string): string =>
    new RegExp(`^export ${name}=(\\S+)$`, 'm').exec(lines.join('\n'))?.[1] ?? '';
  assert.notEqual(told('AWS_ENDPOINT_URL'), '', lines.join('\n'));
  const bucket = told('TIDEWATCH_BUCKET');
  const client = createClient(told('AWS_ENDPOINT_URL'));
  const store = createS3ObjectStore({ client, bucket });
  return {
    bucket,
    store,
    async has(key: string): Promise<boolean> {
      for await (const info of store.list(key)) if (info.key === key) return true;
      return false;
    },
  };
}
