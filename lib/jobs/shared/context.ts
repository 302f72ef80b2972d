import type { AlertPublisher } from '../../alert/publisher.ts';
import type { Telemetry } from '../../base/telemetry.ts';
import type { Deadline } from '../../models/framework/contract.ts';
import type { ObjectStore } from '../../store/object-store.ts';

/** Asks for work in another invocation. Asking twice is harmless: jobs are idempotent. */
export interface WorkQueue {
  requestTraining(detector: string): Promise<void>;
  requestScoring(detector: string): Promise<void>;
}

/** What every job touches that is not a value. */
export interface StoreContext {
  readonly store: ObjectStore;
  readonly telemetry: Telemetry;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

export interface ExportContext extends StoreContext {
  readonly deadline: Deadline;
}

/** Of every detector, with what tells of a source that gives nothing. */
export interface ExportDueContext extends ExportContext {
  readonly queue: Pick<WorkQueue, 'requestScoring'>;
}

export interface TrainContext extends StoreContext {
  readonly deadline: Deadline;
  readonly queue: WorkQueue;
  /** Versions are saved without their pages: a replay makes dozens that nobody will look at. */
  readonly withoutReports?: true;
}

export interface PublishContext extends StoreContext {
  readonly publisher: AlertPublisher;
}

export interface ScoreContext extends PublishContext {
  readonly deadline: Deadline;
  readonly queue: WorkQueue;
}

/** All of it: what one process that runs every job needs. */
export interface JobContext extends ExportContext, TrainContext, ScoreContext {
  readonly queue: WorkQueue;
}
