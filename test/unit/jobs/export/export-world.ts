/** A detector, a bucket and a source whose every sample a test decides. */
import { defaultDetector } from '../../../../lib/config/defaults.ts';
import type { Detector } from '../../../../lib/config/detector.ts';
import { type DayResult, exportDay } from '../../../../lib/jobs/export/export-day.ts';
import { type ExportResult, exportWindows } from '../../../../lib/jobs/export/export-windows.ts';
import type { MatrixSeries, MetricSource } from '../../../../lib/source/metric-source.ts';
import { createQuerySource, type QueryRange, type RangeQuery } from '../../../../lib/source/query-source.ts';
import { rangeOfWindowKey } from '../../../../lib/store/keys.ts';
import type { ObjectStore } from '../../../../lib/store/object-store.ts';
import { readWindow } from '../../../../lib/window/read-window.ts';
import type { TimeRange } from '../../../../lib/window/time-range.ts';
import type { MetricWindow } from '../../../../lib/window/window.ts';
import { createMemoryObjectStore, type MemoryObjectStore } from '../../../helpers/memory-object-store.ts';
import { createMemoryTelemetry, type MemoryTelemetry } from '../../../helpers/memory-telemetry.ts';

export const MINUTE: number = 60_000;
export const HOUR: number = 60 * MINUTE;
export const DAY: number = 24 * HOUR;
const DETECTOR: Detector = {
  ...defaultDetector('shop'),
  declared: true,
  metrics: [
    { name: 'cpu', query: 'cpu_query' },
    { name: 'memory', query: 'memory_query' },
  ],
  entityLabels: ['pod'],
  step: MINUTE,
  detectionWindow: 15 * MINUTE,
  ingestDelay: MINUTE,
  backfill: HOUR,
};
export const NOW: number = at('10:20:30');

export interface World {
  readonly store: MemoryObjectStore;
  readonly telemetry: MemoryTelemetry;
  readonly queries: RangeQuery[];
  /** Value of a pod's metric; undefined where there is no sample. */
  valueAt: (time: number, query: string, pod: string) => number | undefined;
  now: number;
  remaining: () => number;
}

export interface RunOptions {
  readonly detector?: Partial<Detector>;
  readonly maxWindows?: number;
  readonly atOnce?: number;
  readonly store?: ObjectStore;
  readonly queryRange?: QueryRange;
  /** In place of one that is asked by `queryRange`. */
  readonly source?: MetricSource;
}

export function at(text: string): number {
  return Date.parse(`2026-11-22T${text}Z`);
}

export function createWorld(valueAt: World['valueAt'] = (time) => time / MINUTE): World {
  return {
    store: createMemoryObjectStore(),
    telemetry: createMemoryTelemetry(),
    queries: [],
    valueAt,
    now: NOW,
    remaining: () => Number.POSITIVE_INFINITY,
  };
}

export function queriesOf(world: World): QueryRange {
  return async (query) => {
    world.queries.push(query);
    const result: MatrixSeries[] = [];
    for (const pod of ['b', 'a']) {
      const times: number[] = [];
      const values: number[] = [];
      for (let time = query.start; time < query.end; time += query.step) {
        const value = world.valueAt(time, query.query, pod);
        if (value === undefined) continue;
        times.push(time);
        values.push(value);
      }
      if (times.length > 0)
        result.push({
          labels: { pod },
          times: Float64Array.from(times),
          values: Float64Array.from(values),
        });
    }
    return result;
  };
}

export function run(world: World, options: RunOptions = {}): Promise<ExportResult> {
  return exportWindows(
    {
      detector: { ...DETECTOR, ...options.detector },
      manifestHash: 'abc',
      source: options.source ?? createQuerySource('a world', options.queryRange ?? queriesOf(world)),
      ...(options.maxWindows !== undefined && { maxWindows: options.maxWindows }),
      ...(options.atOnce !== undefined && { atOnce: options.atOnce }),
    },
    {
      store: options.store ?? world.store,
      telemetry: world.telemetry,
      now: () => world.now,
      deadline: { remaining: () => world.remaining() },
    },
  );
}

/** One day of a backfill. @param day YYYY-MM-DD */
export function runDay(
  world: World,
  day: unknown,
  options: Omit<RunOptions, 'maxWindows' | 'atOnce'> = {},
): Promise<DayResult> {
  return exportDay(
    {
      detector: { ...DETECTOR, ...options.detector },
      manifestHash: 'abc',
      source: options.source ?? createQuerySource('a world', options.queryRange ?? queriesOf(world)),
      day,
    },
    {
      store: options.store ?? world.store,
      telemetry: world.telemetry,
      now: () => world.now,
      deadline: { remaining: () => world.remaining() },
    },
  );
}

export function rangesIn(store: MemoryObjectStore): TimeRange[] {
  return store
    .keys()
    .filter((key) => key.startsWith('windows/'))
    .map((key) => rangeOfWindowKey(key)!)
    .sort((a, b) => a.start - b.start);
}

export async function windowAt(store: ObjectStore, key: string): Promise<MetricWindow> {
  const { body } = await store.get(key);
  return readWindow(body, { detector: 'shop', source: key, step: MINUTE, range: rangeOfWindowKey(key) });
}
