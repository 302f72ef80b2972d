/** The jobs over a bucket in memory: the same code for a file as for a deployment. */
import type { DescribedAnomaly } from '../../alert/alert.ts';
import { WindowError } from '../../base/errors.ts';
import type { Fields, Telemetry } from '../../base/telemetry.ts';
import { updateState } from '../../store/detector-states.ts';
import { windowsPrefix } from '../../store/keys.ts';
import { createMemoryObjectStore } from '../../store/memory-object-store.ts';
import type { ObjectStore } from '../../store/object-store.ts';
import type { JobContext } from '../shared/context.ts';
import { listQuarantine } from '../shared/quarantine.ts';

/** A change of an anomaly. */
export interface FoundChange {
  /** Epoch ms at which it was found. */
  readonly at: number;
  readonly anomaly: DescribedAnomaly;
}

export interface LocalBucket {
  readonly store: ObjectStore;
  readonly context: JobContext;
  /** In the order in which scoring told of them. */
  readonly found: readonly FoundChange[];
  /** Whether scoring asked for training since the last call. */
  takeTrainingRequest(): boolean;
}

/**
 * @param given.now epoch ms
 * @param given.source what the rows came from, for log lines in place of the key that they have in here
 */
export function openLocalBucket(given: {
  readonly telemetry: Telemetry;
  readonly now: () => number;
  readonly source?: string | undefined;
}): LocalBucket {
  const { now } = given;
  const telemetry = given.source === undefined ? given.telemetry : nameSource(given.telemetry, given.source);
  const store = createMemoryObjectStore({ now });
  const found: FoundChange[] = [];
  let isTrainingRequested = false;
  const context: JobContext = {
    store,
    // Whoever asked hears of it as the error of the whole: `throwIfQuarantined`.
    telemetry: {
      ...telemetry,
      error: (message, fields) => {
        if (message !== 'object quarantined') telemetry.error(message, fields);
      },
      count: (name, value, fields) => {
        if (name !== 'ObjectsQuarantined') telemetry.count(name, value, fields);
      },
    },
    now,
    deadline: { remaining: () => Infinity },
    queue: {
      async requestTraining() {
        isTrainingRequested = true;
      },
      async requestScoring() {},
      // Of each anomaly: how people hear of them is another question than what is found.
      async requestNotifying(detector) {
        await updateState(store, detector, (state) => {
          found.push(...state.outbox.map(({ anomaly }) => ({ at: now(), anomaly })));
          return { ...state, outbox: [] };
        });
      },
    },
  };
  return {
    store,
    context,
    found,
    takeTrainingRequest() {
      const was = isTrainingRequested;
      isTrainingRequested = false;
      return was;
    },
  };
}

/**
 * A deployment quarantines what it cannot use and goes on; with one file there is nothing to go on with.
 * @param source what the rows came from: nobody has seen the key that they have in here
 */
export async function throwIfQuarantined(
  store: ObjectStore,
  detector: string,
  source?: string,
): Promise<void> {
  const [first] = await listQuarantine(store, windowsPrefix(detector));
  if (first !== undefined)
    throw new WindowError(first.code, first.message.replaceAll(first.key, source ?? first.key));
}

function nameSource(telemetry: Telemetry, source: string): Telemetry {
  const named = ({ key, ...fields }: Fields = {}): Fields =>
    key === undefined ? fields : { ...fields, file: source };
  return {
    info: (message, fields) => telemetry.info(message, named(fields)),
    warn: (message, fields) => telemetry.warn(message, named(fields)),
    error: (message, fields) => telemetry.error(message, named(fields)),
    count: (name, value, fields) => telemetry.count(name, value, fields),
  };
}
