/**
 * Where a training runs: here, where it fits; as a job, which is asked for once, where it does not and there are jobs; otherwise
 * nowhere, which is told with what it takes. A function that ends in the middle of a training has nothing to show for it.
 */
import { createHash } from 'node:crypto';
import { formatCompactTime } from '../../base/compact-time.ts';
import { currentCorrelation } from '../../base/correlation.ts';
import { PreconditionFailedError } from '../../base/errors.ts';
import { unitOf } from '../../config/work-unit.ts';
import type { DetectorState } from '../../store/detector-state.ts';
import { readState } from '../../store/detector-states.ts';
import {
  movePlace,
  readPlace,
  type StoredPlace,
  type TrainingJob,
  type TrainingPlace,
  writePlace,
} from '../../store/training-place.ts';
import type { TrainContext, TrainingJobs } from '../shared/context.ts';
import type { LoadedDetector } from '../shared/load-detectors.ts';
import { newestData } from '../shared/newest-data.ts';
import type { TrainingNeeds } from '../shared/training-needs.ts';
import {
  findFailures,
  identifyTraining,
  isJobUnderWay,
  MOST_FAILURES,
  sayProblem,
  setAsideUntil,
} from '../shared/training-place.ts';
import { type Judgement, judgeTraining } from './judge-training.ts';
import { measureTraining } from './measure-training.ts';

/** `submitted`: a job was asked for. `beyond`: it fits nowhere. The others as `TrainResult` has them. */
export type Elsewhere = 'submitted' | 'under-way' | 'set-aside' | 'beyond';

/** Ms that a job may wait for its turn besides the time that it has. */
const LONGEST_QUEUE = 24 * 3_600_000;
/** Attempts of AWS Batch, as the job definition has them. */
const ATTEMPTS = 3;

/** @returns undefined where it is to be trained here */
export async function placeTraining(
  loaded: LoadedDetector,
  context: TrainContext,
): Promise<Elsewhere | undefined> {
  const { room, jobs, store, now, telemetry } = context;
  if (room === undefined) return undefined;
  const { detector } = loaded;
  const stored = await readPlace(store, unitOf(detector));
  if (isJobUnderWay(stored.place, now())) {
    telemetry.info('training is under way as a job', {
      detector: unitOf(detector),
      job: stored.place?.job?.name,
    });
    return 'under-way';
  }
  const known = stored.place?.identity === identifyTraining(loaded) ? stored.place : undefined;
  const judge = (values: number, jobRoom = jobs?.room): Judgement =>
    judgeTraining({
      detector: unitOf(detector),
      kind: detector.model.kind,
      values,
      room,
      jobRoom,
      isKiller: known?.isKiller === true,
    });
  const { state } = loaded.storedState ?? (await readState(store, unitOf(detector)));
  const measured = await measureTraining(
    detector,
    state,
    context,
    // As strictly as where there are jobs.
    (values) => judge(values, room).place === 'function',
  );
  if (measured === undefined) {
    telemetry.info('nothing tells how large the training is; it is tried', { detector: unitOf(detector) });
    return undefined;
  }
  const judgement = judge(measured.values);
  telemetry.info('training placed', {
    detector: unitOf(detector),
    place: judgement.place,
    ...roundNeeds(judgement.needs),
    by: measured.by,
    roomMb: room.memoryMb,
    roomSeconds: Math.round(room.seconds),
  });
  const to = { loaded, stored, state, needs: roundNeeds(judgement.needs), isKiller: known?.isKiller };
  if (judgement.place === 'function') {
    // What was told of it holds no more.
    if (known?.refused !== undefined || known?.job !== undefined) await writeOver(context, to, {});
    return undefined;
  }
  if (judgement.place === 'job' && jobs !== undefined) return submit(jobs, to, context);
  const refused = judgement.place === 'nowhere' ? judgement.reason : undefined;
  await writeOver(context, to, { refused });
  telemetry.error('training is beyond the function', { detector: unitOf(detector), reason: refused });
  telemetry.count('DetectorsFailed', 1, { detector: unitOf(detector) });
  return 'beyond';
}

/** It ended the function twice, whatever it was thought to take. @returns undefined where there are no jobs */
export async function placeKiller(
  loaded: LoadedDetector,
  context: TrainContext,
): Promise<Elsewhere | undefined> {
  const { room, jobs, store } = context;
  if (room === undefined || jobs === undefined) return undefined;
  const stored = await readPlace(store, unitOf(loaded.detector));
  const { state } = await readState(store, unitOf(loaded.detector));
  const measured = await measureTraining(loaded.detector, state, context, () => false);
  const { needs } = judgeTraining({
    detector: unitOf(loaded.detector),
    kind: loaded.detector.model.kind,
    values: measured?.values ?? 0,
    room,
    jobRoom: jobs.room,
    isKiller: true,
  });
  return submit(jobs, { loaded, stored, state, needs: roundNeeds(needs), isKiller: true }, context);
}

interface Placing {
  readonly loaded: LoadedDetector;
  readonly stored: StoredPlace;
  readonly state: DetectorState;
  readonly needs: TrainingNeeds;
  readonly isKiller: boolean | undefined;
}

async function submit(jobs: TrainingJobs, to: Placing, context: TrainContext): Promise<Elsewhere> {
  const { store, now, telemetry } = context;
  const { loaded, stored } = to;
  const detector = unitOf(loaded.detector);
  const known = stored.place?.identity === identifyTraining(loaded) ? stored.place : undefined;
  if (known !== undefined && setAsideUntil(known, now()) !== undefined) {
    telemetry.error('training set aside', {
      detector,
      code: 'failed-jobs',
      reason: sayProblem(known, now())?.message,
    });
    return 'set-aside';
  }
  const asked = (stored.place?.asked ?? 0) + 1;
  const name = nameJob(to, asked, now());
  const longest = ATTEMPTS * jobs.room.seconds * 1000 + LONGEST_QUEUE;
  const correlationId = currentCorrelation();
  const job: TrainingJob = { name, askedAt: now(), until: now() + longest, correlationId };
  const failed = known && findFailures(known, now());
  // After a day it is tried as if for the first time.
  const before = failed === undefined || failed.count >= MOST_FAILURES ? undefined : failed;
  if (failed !== undefined)
    telemetry.warn('the job before failed; another one is asked for', { detector, reason: failed.reason });
  const isOurs = await writeOver(context, to, {
    asked,
    job,
    failures: before?.count ?? 0,
    failure: before && { at: before.at, reason: before.reason },
  });
  if (!isOurs) {
    telemetry.info('training is asked for as a job by another run', { detector });
    return 'under-way';
  }
  try {
    const { id } = await jobs.submit({ name, detector });
    await movePlace(store, detector, (place) =>
      place.job?.name === name ? { ...place, job: { ...place.job, id } } : undefined,
    );
    telemetry.info('training goes on as a job', { detector, job: name, id, ...to.needs });
    return 'submitted';
  } catch (error) {
    // Where there is one all the same, it finds that nobody waits for it.
    await movePlace(store, detector, (place) => {
      if (place.job?.name !== name || place.job.startedBy !== undefined) return undefined;
      const { job: _, ...rest } = place;
      return rest;
    });
    throw error;
  }
}

/** @returns false where another run wrote since */
async function writeOver(
  { store, now }: TrainContext,
  { loaded, stored, needs, isKiller }: Placing,
  what: Partial<Pick<TrainingPlace, 'refused' | 'asked' | 'job' | 'failures' | 'failure'>>,
): Promise<boolean> {
  const { refused: _, job: _job, failure: _failure, isKiller: _killer, ...before } = stored.place ?? {};
  const place: TrainingPlace = {
    asked: 0,
    failures: 0,
    ...before,
    formatVersion: 1,
    detector: unitOf(loaded.detector),
    identity: identifyTraining(loaded),
    at: now(),
    ...needs,
    ...(isKiller === true && { isKiller }),
    ...what,
  };
  try {
    await writePlace(store, place, stored.etag);
    return true;
  } catch (error) {
    if (error instanceof PreconditionFailedError) return false;
    throw error;
  }
}

/** By detector, the data that it is of, the settings, and how many were asked for. */
function nameJob({ loaded, state }: Placing, asked: number, now: number): string {
  const newest = newestData(state, now);
  const data = formatCompactTime(Number.isFinite(newest) ? newest : 0);
  const settings = createHash('sha256').update(identifyTraining(loaded)).digest('hex').slice(0, 8);
  // Names of jobs have letters, digits, dashes and underscores, 128 at most.
  return `train-${unitOf(loaded.detector).replaceAll(/[^A-Za-z0-9_-]/g, '_')}-${data}-${settings}-${asked}`;
}

function roundNeeds({ values, memoryMb, seconds }: TrainingNeeds): TrainingNeeds {
  return { values: Math.round(values), memoryMb: Math.round(memoryMb), seconds: Math.round(seconds) };
}
