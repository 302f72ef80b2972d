import type { JobContext } from '../../lib/jobs/shared/context.ts';
import type { ObjectStore } from '../../lib/store/object-store.ts';
import type { MemoryObjectStore } from './memory-object-store.ts';
import { createMemoryTelemetry } from './memory-telemetry.ts';

/** A bucket and a clock for jobs that draw no reports and ask nobody for more. */
export interface JobWorld {
  readonly store: MemoryObjectStore;
  readonly context: JobContext;
  /** Epoch ms. */
  clock: number;
}

/**
 * @param from what the bucket begins with: a copy of it
 * @param options.watch what the jobs see of the bucket
 */
export function createJobWorld(
  from: MemoryObjectStore,
  options: {
    readonly clock: number;
    readonly watch: (store: ObjectStore) => ObjectStore;
    readonly pause?: () => Promise<void>;
  },
): JobWorld {
  const { clock, watch, ...others } = options;
  const store = from.fork({ now: () => world.clock, ...others });
  const world: JobWorld = {
    store,
    clock,
    context: {
      store: watch(store),
      queue: {
        requestTraining: async () => {},
        requestScoring: async () => {},
        requestNotifying: async () => {},
      },
      telemetry: createMemoryTelemetry(),
      now: () => world.clock,
      deadline: { remaining: () => Number.POSITIVE_INFINITY },
      withoutReports: true,
    },
  };
  return world;
}
