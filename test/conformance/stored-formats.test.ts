/**
 * Every format that is stored has an example in test/fixtures/buckets/, for each release that wrote another one. This
 * release reads them all; and what a later one adds to them, as optional members, it reads past and keeps.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseManifest } from '../../lib/config/manifest.ts';
import { decideWindow } from '../../lib/decision/decide.ts';
import { walkSilence } from '../../lib/decision/silence/walk-silence.ts';
import { loadSilencings } from '../../lib/jobs/notify/load-silencings.ts';
import { type AnomalyObject, anomalySchema, recordAnomaly } from '../../lib/jobs/notify/record-anomaly.ts';
import { type IncidentObject, recordIncident } from '../../lib/jobs/notify/record-incident.ts';
import { takeChanges } from '../../lib/jobs/notify/take-changes.ts';
import { openAttempts } from '../../lib/jobs/score/score-attempts.ts';
import type { ScoreContext } from '../../lib/jobs/shared/context.ts';
import { loadFittedDetector } from '../../lib/jobs/shared/fitted-detector.ts';
import { listLeftOut, readLeftOutColumns, recordLeftOut } from '../../lib/jobs/shared/left-out-notes.ts';
import { loadDetector } from '../../lib/jobs/shared/load-detectors.ts';
import { loadExclusions } from '../../lib/jobs/shared/load-exclusions.ts';
import { isQuarantined, listQuarantine } from '../../lib/jobs/shared/quarantine.ts';
import { attemptTraining, findSetAside } from '../../lib/jobs/shared/training-attempts.ts';
import { findTrainingPlace } from '../../lib/jobs/shared/training-place.ts';
import { endJob } from '../../lib/jobs/train/training-job.ts';
import type { JsonValue } from '../../lib/models/framework/contract.ts';
import { readState, updateState } from '../../lib/store/detector-states.ts';
import { moveDueIndex, readDueIndex } from '../../lib/store/export-due-index.ts';
import { readFileRanges, recordFileRanges } from '../../lib/store/file-ranges.ts';
import { decodeJson } from '../../lib/store/json.ts';
import * as keys from '../../lib/store/keys.ts';
import { moveCurrent, readCurrent } from '../../lib/store/model-repository.ts';
import { claimNotification, markPublished } from '../../lib/store/notifications.ts';
import { readNotifyState } from '../../lib/store/notify-state.ts';
import { readRecentWindows } from '../../lib/store/recent-windows.ts';
import { readRetired, writeRetired } from '../../lib/store/retired-versions.ts';
import { readLate, readScored, recordScored, scoredEtags } from '../../lib/store/scored-windows.ts';
import { readSweeps, writeSweeps } from '../../lib/store/sweeps.ts';
import { readPlace } from '../../lib/store/training-place.ts';
import { readCheckpoint, readProgress, writeProgress } from '../../lib/store/training-progress.ts';
import { readWindowFile } from '../../lib/window/read-file.ts';
import { ADDED, findLost } from '../helpers/later-release.ts';
import type { MemoryObjectStore } from '../helpers/memory-object-store.ts';
import { createMemoryTelemetry } from '../helpers/memory-telemetry.ts';
import { createNotifyContext } from '../helpers/notify-context.ts';
import {
  DETECTOR,
  encodeMembers,
  FOLDER,
  listObjects,
  NOW,
  openBucket,
  openLaterBucket,
  RELEASES,
  readMembers,
} from '../helpers/stored-buckets.ts';

/**
 * For each function of lib/store/keys.ts that makes a key: which objects of a fixture's bucket are of its format. A key that
 * is added there and not here, or has no fixture, fails.
 */
const FORMATS: Readonly<Record<string, RegExp>> = {
  manifestKey: /^detectors\/shop\.yml$/,
  silenceKey: /^silences\/night\.yml$/,
  exclusionKey: /^exclusions\/load-test\.yml$/,
  feedbackKey: /^feedback\/a1\.json$/,
  windowKey: /^windows\/.*Z\.parquet$/,
  scoresKey: /^scores\/.*\.parquet$/,
  modelPrefix: /^models\/.*version=.*\/(manifest|model|features|evidence|presence)\.json$/,
  currentModelKey: /^models\/detector=shop\/current\.json$/,
  retiredVersionsKey: /^models\/detector=shop\/retired\.json$/,
  trainingProgressKey: /^training\/detector=shop\/progress\.json$/,
  checkpointKey: /^training\/detector=shop\/version=.*-model\.json$/,
  anomalyKey: /^anomalies\/detector=shop\/[^/]+\.json$/,
  incidentKey: /^incidents\/[^/]+\.json$/,
  notificationKey: /^incidents\/[^/]+\/[^/]+\.json$/,
  NOTIFY_STATE_KEY: /^state\/notify\.json$/,
  SWEEPS_KEY: /^state\/sweeps\.json$/,
  EXPORT_DUE_KEY: /^state\/export-due\.json$/,
  stateKey: /^state\/detector=shop\.json$/,
  scoredKey: /^state\/detector=shop\/scored\.json$/,
  attemptKey: /^state\/detector=shop\/scoring\.json$/,
  recentWindowsKey: /^state\/detector=shop\/recent-windows\.json$/,
  fileRangesKey: /^state\/detector=shop\/file-ranges\.json$/,
  trainingPlaceKey: /^state\/detector=shop\/training-place\.json$/,
  trainingAttemptKey: /^state\/detector=shop\/training\.json$/,
  quarantineKey: /^quarantine\/.*\.parquet$/,
  reasonKey: /^quarantine\/.*\.reason\.json$/,
  leftOutKey: /^quarantine\/.*\.left-out\.json$/,
};

/** Pages for people: no program reads them back. */
const WRITTEN_ALONE: readonly string[] = ['incidentPageKey'];

test('every key of the bucket has its format here', () => {
  const makers = Object.keys(keys).filter(
    (name) => /Key$|^modelPrefix$|_KEY$/.test(name) && !/Of[A-Z]/.test(name) && !WRITTEN_ALONE.includes(name),
  );
  assert.deepEqual(makers.sort(), Object.keys(FORMATS).sort());
});

for (const release of RELEASES) {
  test(`${release}: every format has an object`, () => {
    const objects = listObjects(release);
    for (const [maker, pattern] of Object.entries(FORMATS))
      assert.ok(
        objects.some((key) => pattern.test(key)),
        `${maker}: nothing in test/fixtures/buckets/${release} is like ${pattern}; see scripts/reference/stored-formats.ts`,
      );
  });

  test(`${release}: everything is read`, async () => readAll(await openBucket(release)));

  test(`${release}: everything is read with members that this release does not know`, async () => {
    await readAll(await openLaterBucket(release));
  });
}

test('what this release moves keeps members that it does not know', async () => {
  for (const release of RELEASES)
    for (const [what, { key, move }] of Object.entries(MOVES)) {
      const bucket = await openLaterBucket(release);
      const moved = typeof key === 'string' ? key : bucket.keys().find((each) => key.test(each))!;
      const before = readMembers(bucket, moved);
      await move(bucket, moved);
      const after = readMembers(bucket, moved);
      assert.notDeepEqual(after, before, `${release}: ${what} is moved`);
      assert.deepEqual(findLost(before, after), [], `${release}: ${what}`);
    }
});

test('entities and open incidents keep members that this release does not know while rows are decided on', async () => {
  const bucket = await openLaterBucket(RELEASES.at(-1)!);
  const { state } = await readState(bucket, DETECTOR);
  const { tracks } = decideWindow({
    rows: {
      entities: ['payment'],
      entityOf: Uint32Array.of(0),
      times: Float64Array.of(state.entities['payment']!.decidedUntil + 60_000),
      scores: Float64Array.of(0),
      deviations: Float64Array.of(0),
      evidence: {
        names: ['cpu'],
        metrics: Float64Array.of(0),
        joint: Float64Array.of(0.1),
        anchored: Float64Array.of(0),
        off: new Int8Array(1),
        agree: new Uint8Array(1),
        telling: Int32Array.of(0),
        series: Int32Array.of(0),
        stretch: Uint16Array.of(0),
        sinceOnset: new Uint8Array(1),
        jointSinceOnset: new Uint8Array(1),
      },
    },
    policy: {
      by: 'evidence',
      threshold: 1,
      holdAbove: 0.6,
      settleRows: 180,
      minDeviation: 0,
      k: 1,
      n: 1,
      resolveAfter: 5,
    },
    tracks: state.entities,
    watchFrom: 0,
    step: 60_000,
    detector: DETECTOR,
    modelVersion: state.entities['payment']!.open!.modelVersion,
  });
  assert.notEqual(tracks['payment']!.decidedUntil, state.entities['payment']!.decidedUntil);
  const [before, after] = [state.entities['payment'], tracks['payment']] as unknown as readonly JsonValue[];
  assert.deepEqual(findLost(before!, after), []);
});

test('silences keep members that this release does not know while rows are walked through', async () => {
  const bucket = await openLaterBucket(RELEASES.at(-1)!);
  const { state } = await readState(bucket, DETECTOR);
  const { version } = (await readCurrent(bucket, DETECTOR))!;
  const { usual } = await loadFittedDetector(bucket, DETECTOR, version);
  const { heardUntil } = state.silence!;
  const walked = walkSilence(
    {
      detector: DETECTOR,
      range: { start: heardUntil + 60_000, end: heardUntil + 120_000 },
      step: 60_000,
      metrics: ['cpu', 'disk'],
      entities: ['cart', 'payment'],
      entityOf: Uint32Array.of(0, 1),
      times: new Float64Array(2).fill(heardUntil + 60_000),
      columns: [Float64Array.of(1, Number.NaN), Float64Array.of(1, 1)],
      labels: undefined,
    },
    {
      before: state.silence,
      rules: {
        detector: DETECTOR,
        settings: { entity: 300_000, metric: 300_000, source: 300_000, late: undefined },
        usual: {
          ...usual!,
          metrics: ['cpu', 'disk', 'memory'],
          everyone: [0, 0, 0],
          units: new Map(Array.from(usual!.units, ([unit]) => [unit, { gap: 0, metrics: [0, 0, 0] }])),
        },
        workloadOf: (entity) => entity,
        step: 60_000,
        watchFrom: 0,
        isWhole: true,
      },
      arrival: heardUntil + 120_000,
      now: heardUntil + 120_000,
    },
  );
  assert.equal(walked.state?.entities['payment']?.missing['cpu']?.rows, 10);
  assert.equal(walked.state?.everyone['memory']?.rows, 10);
  const [before, after] = [state.silence, walked.state] as unknown as readonly JsonValue[];
  assert.notDeepEqual(after, before);
  assert.deepEqual(findLost(before!, after), []);
});

test('what was stored of an anomaly as an alert is read by its own names, with all that it has', async () => {
  const bucket = await openLaterBucket('2026-11-27');
  const called = ({ incidentId, notificationId, ...rest }: Members): Members => ({
    ...rest,
    anomalyId: incidentId!,
    changeId: notificationId!,
  });
  const changeOf = ({ alert, ...rest }: Members): Members => ({ ...rest, anomaly: called(alert as Members) });
  const listOf = (stored: Members, name: string): readonly Members[] => stored[name] as readonly Members[];

  const stored = readMembers(bucket, keys.stateKey(DETECTOR));
  assert.deepEqual((await readState(bucket, DETECTOR)).state.outbox, listOf(stored, 'outbox').map(changeOf));
  const { alerts } = readMembers(bucket, keys.NOTIFY_STATE_KEY);
  assert.deepEqual(
    Object.entries((await readNotifyState(bucket)).state.anomalies),
    Object.entries(alerts as Readonly<Record<string, Members>>).map(([id, alert]) => [id, called(alert)]),
  );
  const key = bucket.keys().find((each) => FORMATS['anomalyKey']!.test(each))!;
  const before = readMembers(bucket, key);
  const { changes } = await readAnomaly(bucket, key);
  assert.deepEqual(changes, listOf(before, 'changes').map(changeOf));
  // With the next change of it they are stored so, too.
  await recordAnomaly(bucket, { ...changes[0]!, sequence: 9 });
  assert.deepEqual(listOf(readMembers(bucket, key), 'changes').slice(0, -1), changes);
});

test('what people write is read strictly', () => {
  const text = readFileSync(new URL(`${RELEASES.at(-1)}/detectors/shop.yml`, FOLDER), 'utf8');
  assert.equal(parseManifest(text, { source: 'shop.yml' }).name, DETECTOR);
  assert.throws(
    () => parseManifest(text.replace('spec:', `spec:\n  ${ADDED}: 1`), { source: 'shop.yml' }),
    (error: Error) => error.message.includes(ADDED),
  );
});

type Members = Readonly<Record<string, JsonValue>>;

/** As it is stored. */
type Incident = Pick<IncidentObject, 'incidentId' | 'changes'>;

async function readAnomaly(bucket: MemoryObjectStore, key: string): Promise<AnomalyObject> {
  return decodeJson(key, (await bucket.get(key)).body, anomalySchema);
}

/** What moves an object that stands, as the jobs do. */
const MOVES: Readonly<
  Record<
    string,
    {
      readonly key: string | RegExp;
      readonly move: (bucket: MemoryObjectStore, key: string) => Promise<unknown>;
    }
  >
> = {
  state: {
    key: keys.stateKey(DETECTOR),
    move: (bucket) =>
      updateState(bucket, DETECTOR, (state) => ({ ...state, decided: [...state.decided, 'another@"etag"'] })),
  },
  'versions out of use': {
    key: keys.retiredVersionsKey(DETECTOR),
    async move(bucket) {
      const stored = await readRetired(bucket, DETECTOR);
      await writeRetired(bucket, DETECTOR, { ...stored, versions: new Map([['a', NOW]]) });
    },
  },
  'scored windows': {
    key: keys.scoredKey(DETECTOR),
    move: (bucket) =>
      recordScored(bucket, DETECTOR, new Map([['windows/detector=shop/b.parquet', '"b"']]), [
        { key: 'windows/detector=shop/b.parquet', rows: 1, at: '2026-11-03T00:00:00.000Z' },
      ]),
  },
  'ranges of files': {
    key: keys.fileRangesKey(DETECTOR),
    async move(bucket) {
      const known = await readFileRanges(bucket, DETECTOR);
      const range = { start: NOW - 60_000, end: NOW };
      const learned = [{ key: 'windows/b.csv', etag: '"b"', lastModified: NOW, step: 60_000, range }];
      await recordFileRanges(bucket, DETECTOR, { learned, isGone: () => false, known });
    },
  },
  'when exports are due': {
    key: keys.EXPORT_DUE_KEY,
    async move(bucket) {
      const known = await readDueIndex(bucket);
      const found = new Map([['cart', { etag: '"b"', due: NOW, turn: NOW }]]);
      await moveDueIndex(bucket, { found, software: known.software, known });
    },
  },
  'looks at the whole': {
    key: keys.SWEEPS_KEY,
    async move(bucket) {
      const [before, names] = [await readSweeps(bucket), new Set([DETECTOR, 'cart'])];
      await writeSweeps(bucket, { before, swept: new Map([['cart', NOW]]), names });
    },
  },
  attempt: {
    key: keys.attemptKey(DETECTOR),
    async move(bucket) {
      const attempts = openAttempts(DETECTOR, contextOf(bucket));
      await attempts.begin(await bucket.head(`windows/detector=${DETECTOR}/dropped.parquet`));
      await attempts.end();
    },
  },
  incident: {
    key: FORMATS['incidentKey']!,
    async move(bucket, key) {
      const { changes, incidentId } = readMembers(bucket, key) as unknown as Incident;
      const { state } = await readNotifyState(bucket);
      await recordIncident(bucket, state, { incidentId, message: { ...changes[0]!, sequence: 9 } });
    },
  },
  anomaly: {
    key: FORMATS['anomalyKey']!,
    async move(bucket, key) {
      const { changes } = await readAnomaly(bucket, key);
      await recordAnomaly(bucket, { ...changes[0]!, sequence: 9 });
    },
  },
  'state of notifications': {
    key: keys.NOTIFY_STATE_KEY,
    async move(bucket) {
      const { state } = await readState(bucket, DETECTOR);
      const { anomaly } = state.outbox[0]!;
      await updateState(bucket, DETECTOR, (before) => ({
        ...before,
        outbox: [{ anomaly: { ...anomaly, changeId: 'newer', state: 'updated' }, sequence: 9 }],
      }));
      const context = createNotifyContext(bucket, {
        publisher: { publish: async () => ({ messageId: 'm' }) },
        // Later, what is closed there is forgotten.
        now: () => Date.parse(anomaly.end ?? anomaly.lastAnomalous),
      });
      await takeChanges(context, [DETECTOR], { loadSilencings: async () => [], sweptAt: NOW });
    },
  },
  'published notification': {
    key: /^incidents\/.*claimed\.json$/,
    move: (bucket, key) => markPublished(bucket, idOf(key), { messageId: 'm', at: NOW }),
  },
  claim: {
    key: /^incidents\/.*claimed\.json$/,
    move: (bucket, key) => claimNotification(bucket, idOf(key), { now: NOW, leaseMs: 1_000 }),
  },
  'place of a training': {
    key: keys.trainingPlaceKey(DETECTOR),
    async move(bucket) {
      const { place } = await readPlace(bucket, DETECTOR);
      assert.ok(place?.job !== undefined);
      assert.ok(await endJob(bucket, { detector: DETECTOR, name: place.job.name }, { at: NOW, reason: 'x' }));
    },
  },
  'attempt at training': {
    key: keys.trainingAttemptKey(DETECTOR),
    async move(bucket) {
      const mark = readMembers(bucket, keys.trainingAttemptKey(DETECTOR));
      const manifestHash = String(mark['etag']);
      const { detector } = await loadDetector(contextOf(bucket), DETECTOR);
      await attemptTraining({ detector, manifestHash }, contextOf(bucket), async () => {});
    },
  },
  'current version': {
    key: keys.currentModelKey(DETECTOR),
    async move(bucket) {
      await bucket.put(`${keys.modelPrefix(DETECTOR, 'next')}manifest.json`, encodeMembers({}));
      await moveCurrent(bucket, DETECTOR, { from: (await readCurrent(bucket, DETECTOR))!.etag, to: 'next' });
    },
  },
  'training progress': {
    key: keys.trainingProgressKey(DETECTOR),
    async move(bucket) {
      const stored = await readProgress(bucket, DETECTOR);
      assert.ok(stored?.progress !== undefined);
      await writeProgress(bucket, { ...stored.progress, pauses: 3 }, stored.etag);
    },
  },
  'note of columns': {
    key: keys.leftOutKey(keys.windowsPrefix(DETECTOR)),
    move: (bucket) =>
      recordLeftOut(contextOf(bucket), {
        detector: DETECTOR,
        key: 'windows/detector=shop/b.parquet',
        etag: '"b"',
        leftOut: [{ code: 'unused-column', count: 1, column: 'zone', message: 'column zone holds text' }],
      }),
  },
};

async function readAll(bucket: MemoryObjectStore): Promise<void> {
  const { state } = await readState(bucket, DETECTOR);
  assert.equal(state.entities['payment']!.open?.joint?.rows, 4);
  assert.equal(state.outbox[0]!.anomaly.entity, 'payment');
  assert.deepEqual(state.outbox[1]!.anomaly.silence?.metrics, ['cpu']);
  assert.equal(state.silence?.open[0]?.entity, 'payment');
  const told = await readNotifyState(bucket);
  assert.equal(told.state.outbox[0]?.alert.entity, 'payment');
  assert.deepEqual([told.state.incidents.incidents.length, Object.keys(told.state.anomalies).length], [2, 2]);
  const described = [...state.outbox.map(({ anomaly }) => anomaly), ...Object.values(told.state.anomalies)];
  for (const { anomalyId, changeId, ...rest } of described) {
    assert.ok(changeId.startsWith(`${anomalyId}-0`), changeId);
    assert.deepEqual(
      Object.keys(rest).filter((name) => /^(incident|notification)Id$/.test(name)),
      [],
    );
  }
  assert.deepEqual(
    Object.entries(told.state.anomalies).filter(([id, { anomalyId }]) => id !== anomalyId),
    [],
  );
  assert.ok(scoredEtags(await readScored(bucket, DETECTOR)).size > 0);
  assert.equal((await readLate(bucket, DETECTOR))[0]?.rows, 2);
  assert.deepEqual(
    [...(await readFileRanges(bucket, DETECTOR)).files.keys()],
    [`windows/detector=${DETECTOR}/dropped.parquet`],
  );
  assert.deepEqual(
    [...(await readDueIndex(bucket)).entries].map(([name, { due, turn }]) => [name, due - turn]),
    [[DETECTOR, 60_000]],
  );
  assert.deepEqual(
    [...(await readRetired(bucket, DETECTOR)).versions.keys()],
    ['20261001T020000Z-0123456789ab'],
  );
  const [[swept, sweptAt]] = (await readSweeps(bucket)).detectors as [readonly [string, number]];
  assert.deepEqual([swept, Math.abs(NOW - sweptAt) < 86_400_000], [DETECTOR, true]);
  assert.deepEqual(
    (await readRecentWindows(bucket, DETECTOR)).map(({ key, body }) => [
      key,
      new TextDecoder().decode(body.subarray(0, 4)),
    ]),
    [['windows/detector=shop/date=2026-11-02/20261102T031500Z_20261102T033000Z.parquet', 'PAR1']],
  );
  const loaded = await loadDetector(contextOf(bucket), DETECTOR);
  assert.equal(await findSetAside(bucket, loaded, NOW), undefined);
  assert.equal((await findTrainingPlace(bucket, loaded))?.job?.startedBy?.length, 36);
  const current = await readCurrent(bucket, DETECTOR);
  const { manifest, model, evidence, usual } = await loadFittedDetector(bucket, DETECTOR, current!.version);
  assert.equal(manifest.policy.by, 'evidence');
  assert.equal(model.kind, 'robust-z');
  assert.deepEqual(evidence?.expectation.columns, ['cpu', 'memory', 'data_availability']);
  assert.deepEqual([usual?.metrics, usual?.units.size], [['cpu', 'memory'], 2]);
  const progress = await readProgress(bucket, DETECTOR);
  assert.equal(progress?.progress?.pauses, 2);
  assert.deepEqual(
    (await readCheckpoint(bucket, progress.progress))?.arrays['kernel'],
    Float32Array.of(1, 2, 3),
  );
  const notes = await listLeftOut(bucket, 'windows/');
  assert.deepEqual(
    notes.map(({ leftOut }) => leftOut[0]?.code),
    ['unused-column', 'time-out-of-bounds'],
  );
  assert.equal((await readLeftOutColumns(bucket, DETECTOR))?.leftOut[0]?.column, 'host');
  const [reason] = await listQuarantine(bucket);
  assert.equal(reason?.code, 'no-parquet');
  assert.ok(await isQuarantined(bucket, reason.key, reason.etag));
  for (const key of bucket.keys()) await readKeyed(bucket, key);
}

/** What is read by its own key, whatever that is. */
async function readKeyed(bucket: MemoryObjectStore, key: string): Promise<void> {
  if (FORMATS['windowKey']!.test(key)) {
    const range = keys.rangeOfWindowKey(key)!;
    const { body } = await bucket.get(key);
    const window = await readWindowFile(body, { detector: DETECTOR, source: key, range });
    assert.deepEqual([window.metrics, window.step, window.times.length], [['cpu', 'memory'], 60_000, 30]);
  }
  if (FORMATS['silenceKey']!.test(key)) {
    const [silencing] = await loadSilencings(contextOf(bucket));
    assert.deepEqual([silencing?.name, silencing?.every?.days], ['night', [5]]);
  }
  if (FORMATS['exclusionKey']!.test(key)) {
    const [exclusion] = await loadExclusions(contextOf(bucket));
    assert.deepEqual([exclusion?.name, exclusion?.matchers.length], ['load-test', 2]);
  }
  if (FORMATS['notificationKey']!.test(key)) {
    const { outcome } = await claimNotification(bucket, idOf(key), { now: 0, leaseMs: 1 });
    assert.equal(outcome, key.endsWith('/claimed.json') ? 'held' : 'published');
  }
  if (FORMATS['incidentKey']!.test(key)) {
    const { changes, incidentId } = readMembers(bucket, key) as unknown as Incident;
    const before = readMembers(bucket, key);
    // It is in there already. Objects from before the status was kept get it.
    const { state } = await readNotifyState(bucket);
    await recordIncident(bucket, state, { incidentId, message: changes[0]! });
    const status = state.incidents.incidents.find(({ id }) => id === incidentId)?.status;
    assert.deepEqual(readMembers(bucket, key), { ...before, ...(status !== undefined && { status }) });
  }
  if (FORMATS['anomalyKey']!.test(key)) {
    const { anomalyId, changes } = await readAnomaly(bucket, key);
    assert.deepEqual(
      changes.map(({ anomaly }) => [anomaly.anomalyId, 'incidentId' in anomaly]),
      changes.map(() => [anomalyId, false]),
    );
    const before = bucket.text(key);
    await recordAnomaly(bucket, changes[0]!);
    assert.equal(bucket.text(key), before);
  }
}

function contextOf(bucket: MemoryObjectStore): ScoreContext {
  return {
    store: bucket,
    telemetry: createMemoryTelemetry(),
    now: () => NOW,
    deadline: { remaining: () => 60_000 },
    queue: {
      requestTraining: async () => {},
      requestScoring: async () => {},
      requestNotifying: async () => {},
    },
  };
}

function idOf(key: string): Parameters<typeof claimNotification>[1] {
  const [, incidentId, file] = /^incidents\/([^/]+)\/([^/]+)\.json$/.exec(key)!;
  return { incidentId: incidentId!, notificationId: file! };
}
