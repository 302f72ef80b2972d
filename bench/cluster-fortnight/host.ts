/** Tidewatch as the fortnight drives it: its jobs in memory, or the packaged functions on the emulator. */
import type { Alert } from '../../lib/alert/alert.ts';
import type { ObjectStore } from '../../lib/store/object-store.ts';

/** Of those that people get. */
export interface Message {
  /** Epoch ms at which it went out. */
  readonly at: number;
  readonly alert: Alert;
}

/** Its clock stands still while it works. Whatever fails for another reason than the simulated outage is thrown. */
export interface Host extends AsyncDisposable {
  readonly store: ObjectStore;
  /** Of trainings, by now. */
  readonly trainings: number;
  /** @param time epoch ms, not before the one that it shows */
  setClock(time: number): void;
  /** A run of the export's schedule. */
  runExport(): Promise<{ readonly windows: number; readonly isFailed: boolean }>;
  /** A run of the training's schedule. */
  runTraining(): Promise<void>;
  /** A run of the telling's schedule. */
  runNotify(): Promise<void>;
  /** Lets what events and queues ask for be done: scoring, telling, training. What they hold back until later stays. */
  settle(): Promise<void>;
  /** Those that people got since this was last asked. */
  takeMessages(): Promise<readonly Message[]>;
}
