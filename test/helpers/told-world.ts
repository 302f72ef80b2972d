import type { Alert } from '../../lib/alert/alert.ts';
import { notify } from '../../lib/jobs/notify/notify.ts';
import type { JobContext } from '../../lib/jobs/shared/context.ts';
import { createMemoryObjectStore, type MemoryObjectStore } from './memory-object-store.ts';
import { createMemoryTelemetry } from './memory-telemetry.ts';
import { createNotifyContext } from './notify-context.ts';

/** A bucket and a clock for jobs that draw no reports: what scoring wants told is told at once, and kept. */
export interface ToldWorld {
  readonly store: MemoryObjectStore;
  readonly published: Alert[];
  readonly context: JobContext;
  /** Epoch ms. */
  clock: number;
}

export function createToldWorld(clock: number): ToldWorld {
  const published: Alert[] = [];
  const telemetry = createMemoryTelemetry();
  const now = (): number => world.clock;
  const store = createMemoryObjectStore({ now });
  const publish = async (alert: Alert): Promise<{ messageId: string }> => {
    published.push(alert);
    return { messageId: `message-${published.length}` };
  };
  const notifying = createNotifyContext(store, { publisher: { publish }, telemetry, now });
  const context: JobContext = {
    store,
    telemetry,
    now,
    deadline: { remaining: () => Infinity },
    withoutReports: true,
    queue: {
      requestTraining: async () => {},
      requestScoring: async () => {},
      requestNotifying: async (name) => void (await notify(notifying, [name])),
    },
  };
  const world: ToldWorld = { store, published, context, clock };
  return world;
}
