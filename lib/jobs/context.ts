import type { AlertPublisher } from '../alert/publisher.ts';
import type { Deadline } from '../models/contract.ts';
import type { ObjectStore } from '../store/object-store.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';

/** Asks for work in another invocation. Asking twice is harmless: jobs are idempotent. */
export interface WorkQueue {
  requestTraining(detector: string): Promise<void>;
  requestScoring(detector: string): Promise<void>;
}

/** Everything a job touches that is not a value. */
export interface JobContext {
  readonly store: ObjectStore;
  readonly publisher: AlertPublisher;
  readonly queue: WorkQueue;
  readonly telemetry: Telemetry;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly deadline: Deadline;
}
