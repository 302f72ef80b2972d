import type { AlertLinks } from '../../alert/alert.ts';
import type { AlertPlace } from '../../alert/build-incident-alert.ts';
import type { AlertPublisher } from '../../alert/publisher.ts';
import type { Telemetry } from '../../base/telemetry.ts';
import type { GroupingPolicy } from '../../config/grouping.ts';
import type { Deadline } from '../../models/framework/contract.ts';
import type { IncidentInput } from '../../report/incident/incident-input.ts';
import type { NewVersion } from '../../store/model-repository.ts';
import type { ObjectStore } from '../../store/object-store.ts';
import type { MetricWindow } from '../../window/window.ts';
import type { Room } from './training-needs.ts';

/** Asks for work in another invocation. Asking twice is harmless: jobs are idempotent. */
export interface WorkQueue {
  requestTraining(detector: string): Promise<void>;
  requestScoring(detector: string): Promise<void>;
}

export interface ScoreQueue extends WorkQueue {
  /** Asks to take over what the detector's state holds for people to hear of. */
  requestNotifying(detector: string): Promise<void>;
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

/** Containers that train one detector each. */
export interface TrainingJobs {
  /** Of each. */
  readonly room: Room;
  /** Asks for one. Of two under the same name, one trains. @throws where it is refused, or nobody answers */
  submit(job: { readonly name: string; readonly detector: string }): Promise<{ readonly id: string }>;
}

/** A window that is not read from a bucket. */
export interface WindowAtHand {
  readonly window: MetricWindow;
  /** What a version calls it among its inputs. */
  readonly key: string;
  /** The same for the same content, another for any other, as an object's is: it is part of a version's name. */
  readonly etag: string;
}

export interface TrainContext extends StoreContext {
  readonly deadline: Deadline;
  readonly queue: WorkQueue;
  /** The whole history, of a file that somebody named; undefined: what the bucket has. */
  readonly windows?: readonly WindowAtHand[] | undefined;
  /** Of a whole run; undefined where nobody limits it, as on a terminal: whatever it takes is trained. */
  readonly room?: Room | undefined;
  /** Where trainings go that are beyond it; undefined: nowhere. */
  readonly jobs?: TrainingJobs | undefined;
  /** Versions are saved without their pages: a replay makes dozens that nobody will look at. */
  readonly withoutReports?: true;
  /** Versions out of use stay, for who asks of them later. */
  readonly keepsVersions?: true;
  /** Files that a new version gets besides its own, such as pages on what was held out of it; by name. */
  readonly addFiles?: (version: NewVersion) => Promise<NewVersion['files']>;
}

export interface ScoreContext extends StoreContext {
  readonly deadline: Deadline;
  readonly queue: ScoreQueue;
}

export interface NotifyContext extends StoreContext {
  readonly publisher: AlertPublisher;
  readonly deadline: Deadline;
  readonly grouping: GroupingPolicy;
  /**
   * Detectors for which somebody waits: what is of these alone is told at once, and nothing else is; it goes on as `grouping`
   * has it, and is left to whoever runs for all. Undefined: everything, each at its time.
   */
  readonly only?: ReadonlySet<string> | undefined;
  /** Of the bucket, for whoever reads a key in an alert; undefined where there is none. */
  readonly place?: AlertPlace | undefined;
  /** Links an incident's page, where pages are served. @throws where the key cannot be had: the message goes out without */
  readonly linkPage?: ((incidentId: string) => Promise<AlertLinks>) | undefined;
  /** Nobody looks at the pages of a replay's incidents. */
  readonly withoutPages?: true;
  /** Asks to be run again after so many ms, for what is then due. A tick every minute finds it in any case. */
  readonly wakeIn: (ms: number) => Promise<void>;
  /** Of an incident's page, in place of the usual drawing of plots, which takes as long as everything else of a short run. */
  readonly renderPage?: ((input: IncidentInput) => string) | undefined;
}

/** All of it but the telling: what one process that runs every job needs. */
export interface JobContext extends ExportContext, TrainContext, ScoreContext {
  readonly queue: ScoreQueue;
}
