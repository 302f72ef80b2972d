/** A bucket with one detector, whose anomalies are taken as scoring leaves them: no incidents, no topic. */
import type { DescribedAnomaly } from '../../lib/alert/alert.ts';
import type { JobContext } from '../../lib/jobs/shared/context.ts';
import { updateState } from '../../lib/store/detector-states.ts';
import { manifestKey, windowKey } from '../../lib/store/keys.ts';
import type { MetricWindow } from '../../lib/window/window.ts';
import { writeWindow } from '../../lib/window/write-window.ts';
import { createMemoryObjectStore, type MemoryObjectStore } from './memory-object-store.ts';
import { createMemoryTelemetry } from './memory-telemetry.ts';

export interface ShopWorld {
  readonly store: MemoryObjectStore;
  readonly context: JobContext;
  readonly found: DescribedAnomaly[];
  drop(window: MetricWindow): Promise<void>;
}

/** @param given.spec in YAML's flow style @param given.clock epoch ms, at which it stands */
export async function createShopWorld(given: {
  readonly detector: string;
  readonly spec: string;
  readonly clock: number;
}): Promise<ShopWorld> {
  const { detector, spec, clock } = given;
  const store = createMemoryObjectStore({ now: () => clock });
  const found: DescribedAnomaly[] = [];
  const manifest = `kind: AnomalyDetector\nmetadata: { name: ${detector} }\nspec: ${spec}\n`;
  await store.put(manifestKey(detector), new TextEncoder().encode(manifest));
  return {
    store,
    found,
    context: {
      store,
      queue: {
        async requestTraining() {},
        async requestScoring() {},
        async requestNotifying(name) {
          await updateState(store, name, (state) => {
            found.push(...state.outbox.map(({ anomaly }) => anomaly));
            return { ...state, outbox: [] };
          });
        },
      },
      telemetry: createMemoryTelemetry(),
      now: () => clock,
      deadline: { remaining: () => Number.POSITIVE_INFINITY },
      withoutReports: true,
    },
    async drop(window) {
      await store.put(windowKey(detector, window.range), writeWindow(window, { manifestHash: 'test' }));
    },
  };
}
