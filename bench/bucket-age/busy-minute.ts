/**
 * Detectors that are all due at once, and how many minutes pass until each of them is exported. On a clock of its own: a
 * request takes what it takes between a function and S3 or Prometheus in one region, and computing takes nothing.
 */
import { exportDue } from '../../lib/jobs/export/export-due.ts';
import { onlySource } from '../../lib/source/open-sources.ts';
import { createQuerySource } from '../../lib/source/query-source.ts';
import { manifestKey } from '../../lib/store/keys.ts';
import { createMemoryObjectStore } from '../../lib/store/memory-object-store.ts';
import type { ObjectStore } from '../../lib/store/object-store.ts';
import { createMemoryTelemetry } from '../../test/helpers/memory-telemetry.ts';
import { VirtualClock } from '../../test/helpers/virtual-clock.ts';

export interface BusyMinute {
  readonly detectors: number;
  /** Runs of the schedule that had ended by then; undefined: within a quarter of an hour not all of them. */
  readonly minutes: number | undefined;
  /** By the end of the first minute, and of all of them. */
  readonly first: number;
  readonly exported: number;
}

/** Ms. */
const REQUEST = 20;
const QUERY = 50;
const MINUTE = 60_000;
/** As functions/export.ts has it. */
const RUN_LENGTH = 50_000;
const START = Date.UTC(2026, 10, 22, 12, 2);
const MOST_MINUTES = 15;

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

export async function countBusyMinutes(detectors: number): Promise<BusyMinute> {
  const clock = new VirtualClock(START);
  const memory = createMemoryObjectStore({ now: () => clock.now });
  for (let i = 0; i < detectors; i++) {
    const yaml = `kind: AnomalyDetector\nmetadata: {name: d${i}}\nspec: {prometheus_query: up, backfill: 15m}\n`;
    await memory.put(manifestKey(`d${i}`), encode(yaml));
  }
  const source = createQuerySource('a server', async ({ start, end, step }) => {
    await clock.sleep(QUERY);
    const times = Float64Array.from({ length: (end - start) / step }, (_, i) => start + i * step);
    return [{ labels: {}, times, values: times.map((_, i) => i % 7) }];
  });
  const store = slowStore(memory, clock);
  const done = new Set<string>();
  let first = 0;
  for (let minute = 1; minute <= MOST_MINUTES; minute++) {
    const began = clock.now;
    const context = {
      store,
      telemetry: createMemoryTelemetry(),
      queue: { requestScoring: async () => {} },
      now: () => clock.now,
      deadline: { remaining: () => began + RUN_LENGTH - clock.now },
    };
    const { exported } = await clock.run(() => exportDue(onlySource(source), context));
    for (const name of exported.keys()) done.add(name);
    if (minute === 1) first = done.size;
    if (done.size === detectors) return { detectors, minutes: minute, first, exported: done.size };
    clock.now = Math.max(clock.now, began + MINUTE);
  }
  return { detectors, minutes: undefined, first, exported: done.size };
}

function slowStore(store: ObjectStore, clock: VirtualClock): ObjectStore {
  const slow = <Args extends unknown[], Answer>(
    call: (...args: Args) => Promise<Answer>,
  ): ((...args: Args) => Promise<Answer>) => {
    return async (...args) => {
      await clock.sleep(REQUEST);
      return call(...args);
    };
  };
  return {
    ...store,
    get: slow(store.get),
    head: slow(store.head),
    put: slow(store.put),
    copy: slow(store.copy),
    async *list(...args) {
      await clock.sleep(REQUEST);
      yield* store.list(...args);
    },
  };
}
