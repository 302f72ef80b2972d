/**
 * What `tidewatch plan` says, beside what the emulator counted: the packaged functions, run every minute by a clock that is set by
 * hand, against a Prometheus. Six hours, since what is looked for now and then is looked for once in them.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { type LocalService, startLocalService } from '../../infra/local/local-service.ts';
import { createManualClock, type ManualClock } from '../../infra/local/manual-clock.ts';
import { parseManifest } from '../../lib/config/manifest.ts';
import { FUNCTION_NAMES } from '../../lib/jobs/plan/functions.ts';
import { type DeploymentPlan, planDeployment } from '../../lib/jobs/plan/plan-deployment.ts';
import { DEFAULT_PRICES } from '../../lib/jobs/plan/price-table.ts';
import { requestsOfTraining } from '../../lib/jobs/plan/requests.ts';
import type { Requests } from '../../lib/store/count-requests.ts';
import { answerSeries, type FakePrometheus, startFakePrometheus } from '../helpers/fake-prometheus.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const START = Date.UTC(2026, 0, 5);
/** Until windows of the schedule's length are among what is looked back on. */
const LEAD = 2 * HOUR;
const COUNTED = 6 * HOUR;
const SHARE_OF_DAY = COUNTED / (24 * HOUR);
const PODS = ['cart-0', 'payment-0', 'stock-0'];
/** No further apart than a function stays warm, so that it is the same on every machine. */
const WINDOWS = { shop: '5m', slow: '1h' } as const;
const NOTHING: Requests = { reads: 0, lists: 0, writes: 0 };
const KINDS = ['reads', 'lists', 'writes'] as const;
const KIND_OF: Readonly<Record<string, keyof Requests>> = {
  GetObject: 'reads',
  HeadObject: 'reads',
  ListObjectsV2: 'lists',
  PutObject: 'writes',
  CopyObject: 'writes',
  DeleteObject: 'writes',
};

/** Trained once, in the first hour, and not by the schedule after that. */
const manifestOf = (name: keyof typeof WINDOWS): string => `kind: AnomalyDetector
metadata: { name: ${name} }
spec:
  step: 1m
  detection_window: ${WINDOWS[name]}
  schedule: ${WINDOWS[name]}
  ingest_delay: 0
  backfill: 1d
  entity: [pod]
  model: { kind: robust-z }
  training: { lookback: 1d, warmup: 100, every: 30d }
  metrics: [{ name: cpu, query: cpu }, { name: memory, query: memory }]
`;
const NAMES = Object.keys(WINDOWS) as (keyof typeof WINDOWS)[];
const noise = (time: number, seed: number): number =>
  ((Math.imul(time / MINUTE + 7 * seed, 2_654_435_761) >>> 8) % 1000) / 100;

let clock: ManualClock;
let prometheus: FakePrometheus;
let service: LocalService;
let dataDir: string;
let counted: Readonly<Record<string, Requests>>;
/** Of one training. */
let trained: Requests;
let plan: DeploymentPlan;

before(async () => {
  clock = createManualClock(START);
  dataDir = await mkdtemp(join(tmpdir(), 'tidewatch-plan-day-'));
  prometheus = await startFakePrometheus(
    answerSeries(
      PODS.map((pod, i) => ({
        labels: { pod },
        valueAt: (time) => (time < clock.now() ? 100 + 10 * i + noise(time, i) : undefined),
      })),
    ),
  );
  service = await startLocalService({
    dataDir,
    port: 0,
    params: { prometheusUrl: prometheus.url },
    schedules: 'off',
    clock,
    environmentIdleMs: 10 * MINUTE,
    log: () => {},
    // As on AWS, an export has moved its cursor before what it wrote is scored.
    maxBatchingSeconds: 0.3,
  });
  await declare();
  // The first export has a day of the past, on which both are trained. A tick in between would find nothing due.
  for (let time = START; time < START + LEAD; time += 5 * MINUTE) await live(time);
  const before = countByFunction();
  for (let time = START + LEAD; time < START + LEAD + COUNTED; time += MINUTE) await live(time);
  counted = subtract(countByFunction(), before);
  const now = countByFunction();
  await run('train', { detector: 'shop' });
  trained = subtract(countByFunction(), now)['train'] ?? NOTHING;
  const given = NAMES.map((name) => ({
    detector: parseManifest(manifestOf(name), { source: name }),
    known: { entities: PODS.length },
  }));
  plan = planDeployment(given, { age: 1.3, detectorMetrics: false, prices: DEFAULT_PRICES });
});
after(async () => {
  assert.deepEqual(service?.emulator.access.denials ?? [], []);
  await service?.close();
  await prometheus?.[Symbol.asyncDispose]();
  clock?.close();
  await rm(dataDir, { recursive: true, force: true });
});

describe('a deployment of two detectors on the emulator', () => {
  for (const name of FUNCTION_NAMES)
    for (const kind of KINDS)
      it(`asks of the bucket what was planned: ${kind} of ${name}`, () => {
        const day = plan.total.usage.functions[name].requests[kind];
        assertNear(SHARE_OF_DAY * day, (counted[name] ?? NOTHING)[kind]);
      });

  it('trains for as many requests as were planned', () => {
    const { load } = plan.detectors.find((each) => each.load.detector === 'shop')!;
    const planned = requestsOfTraining(load, { windows: load.windowsTrained });
    for (const kind of KINDS) assertNear(planned[kind], trained[kind]);
  });
});

/** Within a tenth, or a request: what a day has once, a quarter of it may not. */
function assertNear(planned: number, actual: number): void {
  const isNear = Math.abs(planned - actual) <= Math.max(1, 0.1 * actual);
  assert.ok(isNear, `planned ${planned}, and there were ${actual}`);
}

async function declare(): Promise<void> {
  const { emulator, deployment, environment } = service;
  const s3 = new S3Client({
    endpoint: emulator.url,
    region: emulator.region,
    credentials: {
      accessKeyId: environment['AWS_ACCESS_KEY_ID']!,
      secretAccessKey: environment['AWS_SECRET_ACCESS_KEY']!,
    },
    forcePathStyle: true,
    systemClockOffset: START - Date.now(),
  });
  for (const name of NAMES)
    await s3.send(
      new PutObjectCommand({
        Bucket: deployment.outputs['DataBucketName'],
        Key: `detectors/${name}.yml`,
        Body: manifestOf(name),
      }),
    );
  s3.destroy();
}

/** A minute: what the schedules run, and what that asks for. */
async function live(time: number): Promise<void> {
  const trains = time % HOUR === 40 * MINUTE;
  clock.set(time);
  for (const name of ['export', ...(trains ? ['train'] : []), 'notify'])
    await run(name, { source: 'schedule' });
  await service.deployment.settle();
}

async function run(name: string, event: object): Promise<void> {
  const { payload, functionError } = await service.deployment.invoke(name, event);
  assert.equal(functionError, undefined, JSON.stringify(payload));
}

/** By the roles of the functions. */
function countByFunction(): Readonly<Record<string, Requests>> {
  const counts: Record<string, Record<keyof Requests, number>> = {};
  for (const { role = '', operation, count } of service.emulator.buckets.listCounts()) {
    const name = FUNCTION_NAMES.find((each) => role.toLowerCase().includes(`${each}role`));
    if (name === undefined) continue;
    const kind = KIND_OF[operation];
    assert.ok(kind !== undefined, `${operation} has no price`);
    counts[name] ??= { reads: 0, lists: 0, writes: 0 };
    counts[name][kind] += count;
  }
  return counts;
}

function subtract(
  late: Readonly<Record<string, Requests>>,
  early: Readonly<Record<string, Requests>>,
): Readonly<Record<string, Requests>> {
  return Object.fromEntries(
    Object.entries(late).map(([name, { reads, lists, writes }]) => {
      const from = early[name] ?? NOTHING;
      return [name, { reads: reads - from.reads, lists: lists - from.lists, writes: writes - from.writes }];
    }),
  );
}
