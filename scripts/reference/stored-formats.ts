/**
 * Writes test/fixtures/buckets/NAME/: a bucket as this release leaves it, with an object of every format that is stored.
 * Run once for a release that writes a new format or a new version of one, never over an existing folder:
 * `node_modules/.bin/node scripts/reference/stored-formats.ts NAME`
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { DETECTOR, runService } from '../../bench/fault-plans/service.ts';
import type { Alert } from '../../lib/alert/alert.ts';
import { WindowError } from '../../lib/base/errors.ts';
import type { EntityTrack, OpenAnomaly } from '../../lib/decision/contract.ts';
import type { OpenSilence, SilenceState } from '../../lib/decision/silence/contract.ts';
import type { IncidentObject } from '../../lib/jobs/notify/record-incident.ts';
import { openAttempts } from '../../lib/jobs/score/score-attempts.ts';
import { recordLeftOut } from '../../lib/jobs/shared/left-out-notes.ts';
import { loadDetector } from '../../lib/jobs/shared/load-detectors.ts';
import { quarantine } from '../../lib/jobs/shared/quarantine.ts';
import { SOFTWARE_VERSION } from '../../lib/jobs/shared/software-version.ts';
import { attemptTraining } from '../../lib/jobs/shared/training-attempts.ts';
import { identifyTraining } from '../../lib/jobs/shared/training-place.ts';
import type {
  DetectorState,
  ExportProgress,
  FarthestValue,
  WorstRow,
} from '../../lib/store/detector-state.ts';
import { readState, updateState } from '../../lib/store/detector-states.ts';
import { moveDueIndex, readDueIndex } from '../../lib/store/export-due-index.ts';
import { readFileRanges, recordFileRanges } from '../../lib/store/file-ranges.ts';
import {
  INCIDENTS_PREFIX,
  incidentOfKey,
  manifestKey,
  trainingAttemptKey,
  windowsPrefix,
} from '../../lib/store/keys.ts';
import { readCurrent, readManifest } from '../../lib/store/model-repository.ts';
import { claimNotification } from '../../lib/store/notifications.ts';
import { type NotifyState, readNotifyState, writeNotifyState } from '../../lib/store/notify-state.ts';
import type { ObjectStore } from '../../lib/store/object-store.ts';
import { readRecentWindows, writeRecentWindows } from '../../lib/store/recent-windows.ts';
import { writeRetired } from '../../lib/store/retired-versions.ts';
import { recordScored } from '../../lib/store/scored-windows.ts';
import { readSweeps, writeSweeps } from '../../lib/store/sweeps.ts';
import { writePlace } from '../../lib/store/training-place.ts';
import { writeCheckpoint, writeProgress } from '../../lib/store/training-progress.ts';
import { collect } from '../../test/helpers/collect.ts';

const NAME = process.argv[2] ?? '';
const FOLDER = new URL(`../../test/fixtures/buckets/${NAME}/`, import.meta.url);
if (!/^[a-z0-9.-]+$/.test(NAME))
  throw new Error(`the folder is called ${JSON.stringify(NAME)}: a-z, 0-9, "." and "-"`);
mkdirSync(FOLDER);

const cloud = await runService({ feed: 'exported' });
const { store } = cloud;
const now = cloud.clock.now;
const context = {
  store,
  telemetry: { info() {}, warn() {}, error() {}, count() {} },
  now: () => now,
  deadline: { remaining: () => 60_000 },
  queue: {
    requestScoring: async () => {},
    requestTraining: async () => {},
    requestNotifying: async () => {},
  },
};

await leaveOpen();
await leaveTraining();
await leaveJob();
await leaveFaults();
for (const key of await chooseKeys(store)) {
  const file = new URL(key, FOLDER);
  mkdirSync(dirname(file.pathname), { recursive: true });
  writeFileSync(file, (await store.get(key)).body);
}

/** A state with every member that it can have, and a claim that nobody has kept yet. */
async function leaveOpen(): Promise<void> {
  const { state } = await readState(store, DETECTOR);
  const entries = await collect(store.list(`anomalies/detector=${DETECTOR}/`));
  const { changes } = JSON.parse(new TextDecoder().decode((await store.get(entries[0]!.key)).body));
  const { anomaly, sequence } = changes[0] as DetectorState['outbox'][number];
  const modelVersion = anomaly.model.version;
  const open: Required<OpenAnomaly> = {
    id: anomaly.anomalyId,
    start: now - 600_000,
    driftOf: 'cpu above',
    firstAnomalous: now - 480_000,
    lastAnomalous: now - 120_000,
    quietRows: 1,
    peakScore: 3,
    modelVersion,
    toldScore: 3,
    sequence: 1,
    joint: { rows: 4, sum: 2.5 },
    byMetrics: true,
    levels: { 'cpu above': { rows: 4, sum: 5 } },
  };
  const farthest: Required<FarthestValue> = {
    metric: 'cpu',
    value: 9,
    at: now - 300_000,
    usualLow: 1,
    usualHigh: 3,
    usual: 2,
    byHour: true,
  };
  const worst: Required<WorstRow> = {
    score: 3,
    reasons: anomaly.reasons,
    farthest,
    told: { metric: 'cpu', departure: 6, at: now - 300_000 },
  };
  const exporting: Required<ExportProgress> = {
    daysUntil: 0,
    dataSince: now - 86_400_000,
    gaps: [{ start: now - 7_200_000, end: now - 3_600_000 }],
    cut: { step: 60_000, detectionWindow: 900_000 },
  };
  const track: Required<EntityTrack> = {
    decidedUntil: now - 60_000,
    recent: [{ time: now - 60_000, score: 1.5 }],
    open,
    usualJoint: { level: 0.5, below: 2, modelVersion },
    told: [{ time: now - 600_000, cause: 1, modelVersion, level: 3, until: now - 300_000 }],
    heldBack: { since: now - 180_000, start: now - 240_000, until: now - 60_000 },
    wasOut: true,
    outLevel: 1.2,
    spells: [{ reason: 'cpu above', from: now - 600_000, until: now - 300_000, level: 3 }],
    drifts: [{ reason: 'cpu above', since: now - 600_000, until: now - 300_000, knownSince: now - 480_000 }],
  };
  const full: Required<DetectorState> = {
    ...state,
    exporting,
    shards: 1,
    learning: { 'windows/detector=shop/a.parquet': { etag: '"a"', rows: 3, start: now - 180_000, end: now } },
    entities: { ...state.entities, payment: track },
    silence: silenceOf(),
    retractable: {
      ended: [
        {
          id: anomaly.anomalyId,
          entity: 'payment',
          start: now - 600_000,
          lastAnomalous: now - 300_000,
          end: now - 240_000,
          sequence: 2,
          peakScore: 3,
          metric: 'cpu',
        },
      ],
      cleared: { [anomaly.anomalyId]: [[now - 600_000, now - 540_000]] },
    },
    endedPods: { 'shop/cart': now - 86_400_000 },
    podOwners: { payment: { kind: 'Rollout', name: 'pay' } },
    worst: { [anomaly.anomalyId]: worst },
    rollouts: {
      revisions: { 'shop/checkout': { '6d4cf56db6': now - 120_000, '7f9cb5c8d6': now } },
      recent: [{ workload: 'shop/checkout', at: now - 600_000, from: '6d4cf56db6', to: '7f9cb5c8d6' }],
    },
    usualRows: [{ window: state.decided.at(-1)!, rows: [3, 4] }],
    outbox: [
      {
        anomaly,
        sequence,
        about: {
          namespace: 'shop',
          workload: 'payment',
          siblings: 2,
          isStart: true,
          dependsOn: ['cart'],
          step: 60_000,
        },
      },
      {
        anomaly: {
          ...anomaly,
          by: 'silence',
          restarts: [{ metric: 'cpu', at: anomaly.start, from: 9, to: 0 }],
          silence: { kind: 'metric', metrics: ['cpu'], lastHeard: anomaly.start, cameLate: false },
        },
        sequence: 2,
      },
    ],
  };
  await updateState(store, DETECTOR, () => full);
  const [told] = (await collect(store.list(INCIDENTS_PREFIX))).filter(({ key }) => incidentOfKey(key));
  const incident = JSON.parse(new TextDecoder().decode((await store.get(told!.key)).body)) as IncidentObject;
  const { alert } = incident.changes[0]!;
  await claimNotification(store, { ...alert, notificationId: 'claimed' }, { now, leaseMs: 60_000 });
  await leaveTelling(alert, anomaly.changeId);
}

/**
 * A state of notifications with every member that it can have, but of incidents, which are those of the run.
 * @throws Error where one of those does not say how far it and its anomalies reach
 */
async function leaveTelling(alert: Alert, taken: string): Promise<void> {
  const { state, etag } = await readNotifyState(store);
  for (const { id, told, members } of state.incidents.incidents)
    if ([told, ...members].some((each) => each?.reach === undefined))
      throw new Error(`incident ${id} does not say how far it reaches`);
  const full: Required<NotifyState> = {
    ...state,
    incidents: { ...state.incidents, digestDue: now + 3_600_000 },
    taken: { [DETECTOR]: [taken] },
    outbox: [{ alert, sequence: 1 }],
    sweptAt: now,
  };
  await writeNotifyState(store, full, etag);
}

/** Of a metric that an entity lacks, and that nobody has. */
function silenceOf(): SilenceState {
  const missed = { since: now - 600_000, rows: 9 };
  const open: OpenSilence = {
    id: '20261102T030000Z-000000000000',
    kind: 'metric',
    entity: 'payment',
    metrics: ['cpu'],
    start: missed.since,
    last: now - 60_000,
    silent: 540_000,
    limit: 300_000,
    sequence: 1,
  };
  return {
    heardUntil: now - 60_000,
    sourceLimit: 600_000,
    groups: { 0: now - 60_000 },
    units: { payment: { group: '0', heard: now - 60_000, missed: 0 } },
    everyone: { memory: missed },
    entities: { payment: { heard: now - 60_000, missing: { cpu: missed } } },
    open: [open],
  } satisfies Required<SilenceState>;
}

async function leaveTraining(): Promise<void> {
  // As one leaves it that does not live to its end.
  const key = trainingAttemptKey(DETECTOR);
  const attempt = await attemptTraining(await loadDetector(context, DETECTOR), context, () => store.get(key));
  if (!('result' in attempt)) throw new Error('the training is set aside');
  await store.put(key, attempt.result.body);
  const current = await readCurrent(store, DETECTOR);
  const { version, inputs } = await readManifest(store, DETECTOR, current!.version);
  const lineage = { detector: DETECTOR, version: current!.previous! };
  const state = {
    kind: 'lstm-autoencoder' as const,
    formatVersion: 1,
    json: { epoch: 3 },
    arrays: { kernel: Float32Array.of(1, 2, 3) },
  };
  const versions = new Map([['20261001T020000Z-0123456789ab', now]]);
  await writeRetired(store, DETECTOR, { versions, etag: undefined });
  const checkpoint = await writeCheckpoint(store, { detector: DETECTOR, version }, state);
  await writeProgress(
    store,
    {
      formatVersion: 1,
      detector: DETECTOR,
      version,
      phase: 'open',
      inputs,
      lineage,
      claimedUntil: now,
      pauses: 2,
      checkpoint,
    },
    undefined,
  );
}

/** As after one job that failed, with another one under way. */
async function leaveJob(): Promise<void> {
  const place = {
    formatVersion: 1,
    detector: DETECTOR,
    identity: identifyTraining(await loadDetector(context, DETECTOR)),
    at: now,
    values: 51_609_600,
    memoryMb: 3156,
    seconds: 230,
    isKiller: true,
    asked: 2,
    job: {
      name: `train-${DETECTOR}-20261102T031500Z-1f2e3d4c-2`,
      id: '2c6f1b8e-0000-4000-8000-000000000002',
      askedAt: now,
      until: now + 216_000_000,
      startedBy: '2c6f1b8e-0000-4000-8000-000000000002',
    },
    failures: 1,
    failure: { at: now - 3_600_000, reason: 'Essential container in task exited, exit code 137' },
  } as const;
  await writePlace(store, place, undefined);
}

async function leaveFaults(): Promise<void> {
  const key = `${windowsPrefix(DETECTOR)}dropped.parquet`;
  const newest = (await readRecentWindows(store, DETECTOR)).at(-1)!;
  const late = [{ key, rows: 2, at: new Date(now).toISOString() }];
  await recordScored(store, DETECTOR, new Map([[newest.key, newest.etag]]), late);
  const { etag } = await store.put(key, new TextEncoder().encode('PAR1 and no more'));
  const leftOut = [
    { code: 'time-out-of-bounds', count: 2, message: '2 rows lie in 2099' },
    { code: 'unused-column', count: 1, column: 'host', message: 'column host holds text' },
  ];
  await recordLeftOut(context, { detector: DETECTOR, key, etag, leftOut });
  await quarantine(context, {
    detector: DETECTOR,
    key,
    error: new WindowError('no-parquet', `${key} is none`),
  });
  // All of them have one form, and would be most of the fixture's bytes.
  await writeRecentWindows(store, DETECTOR, [newest]);
  const learned = [{ key, etag, lastModified: now, step: 60_000, range: { start: now - 900_000, end: now } }];
  const known = await readFileRanges(store, DETECTOR);
  await recordFileRanges(store, DETECTOR, { learned, isGone: () => false, known });
  await openAttempts(DETECTOR, context).begin(await store.head(key));
  const manifest = await store.head(manifestKey(DETECTOR));
  const due = new Map([[DETECTOR, { etag: manifest.etag, due: now, turn: now - 60_000 }]]);
  const [before, names] = [await readSweeps(store), new Set([DETECTOR])];
  await writeSweeps(store, { before, swept: new Map([[DETECTOR, now]]), names });
  await moveDueIndex(store, { found: due, software: SOFTWARE_VERSION, known: await readDueIndex(store) });
}

/** Of windows and versions the newest: the others are like it. */
async function chooseKeys(bucket: ObjectStore): Promise<readonly string[]> {
  const keys = (await collect(bucket.list(''))).map(({ key }) => key);
  const { version } = (await readCurrent(bucket, DETECTOR))!;
  const newest = keys.filter((key) => key.startsWith('windows/') && key.endsWith('Z.parquet')).at(-1)!;
  const path = newest.slice('windows/'.length);
  return keys.filter((key) => {
    if (key.startsWith('windows/') || key.startsWith('scores/'))
      return key.endsWith(path) || key.endsWith('/dropped.parquet');
    if (/^models\/.*version=/.test(key)) return key.includes(`version=${version}/`);
    return true;
  });
}
