/** Metrics of an incident's members from the windows around it, and no more of those than a short run can read. */
import { NotFoundError, ObjectTooLargeError, WindowError } from '../../../base/errors.ts';
import { forEachConcurrently } from '../../../base/limit-concurrency.ts';
import { detectorOfUnit } from '../../../config/work-unit.ts';
import { rangeOfWindowKey, windowsOfDayPrefix } from '../../../store/keys.ts';
import type { ObjectStore } from '../../../store/object-store.ts';
import { readWindowFile } from '../../../window/read-file.ts';
import type { TimeRange } from '../../../window/time-range.ts';
import type { MetricWindow } from '../../../window/window.ts';
import type { RowGatherer } from '../../shared/gather-rows.ts';

/** Windows that are read for one detector, those nearest to the onset first; their bytes together, and each one's. */
const MOST_WINDOWS = 300;
const MOST_BYTES = 32 * 2 ** 20;
const LARGEST_WINDOW = 4 * 2 ** 20;
const READS_AT_ONCE = 4;
const DAY = 86_400_000;

export interface WantedSeries {
  readonly entity: string;
  /** Empty: the first ones that the windows have. */
  readonly metrics: readonly string[];
  readonly most: number;
  /** Keys of windows in which it was found anomalous: files with names of their own tell no range. */
  readonly windows: readonly string[];
}

export interface ReadSeries {
  readonly entity: string;
  readonly metric: string;
  readonly step: number;
  /** Epoch ms, ascending. */
  readonly times: Float64Array;
  /** NaN where nothing was measured. */
  readonly values: Float64Array;
}

export interface SeriesAround {
  readonly series: readonly ReadSeries[];
  /** Windows in range that were not read: too many, too large, or unreadable. */
  readonly leftOut: number;
}

type Samples = Map<number, number>;

/**
 * @param given.unit of work, whose windows they are
 * @param given.onset epoch ms
 * @param given.rows is shown each window that is read
 */
export async function readSeriesAround(
  store: ObjectStore,
  given: {
    readonly unit: string;
    readonly wanted: readonly WantedSeries[];
    readonly range: TimeRange;
    readonly onset: number;
    readonly rows?: RowGatherer | undefined;
  },
): Promise<SeriesAround> {
  const { unit, wanted, range, rows } = given;
  const { keys, leftOut: over } = await chooseWindows(store, given);
  /** By entity, then metric. */
  const samples = new Map<string, Map<string, Samples>>();
  let leftOut = over;
  let step = Infinity;
  await forEachConcurrently(keys, READS_AT_ONCE, async (key) => {
    const window = await readOne(store, unit, key);
    if (window === undefined) {
      leftOut++;
      return;
    }
    step = Math.min(step, window.step);
    rows?.add(window);
    for (const each of wanted) take(window, each, range, samples);
  });
  return {
    series: [...samples].flatMap(([entity, metrics]) =>
      [...metrics].map(([metric, values]) => ({ entity, metric, step, ...inOrder(values) })),
    ),
    leftOut,
  };
}

/** Epoch ms at which the newest window of today or yesterday ends; undefined where no name tells of one. */
export async function findNewestEnd(
  store: ObjectStore,
  unit: string,
  now: number,
): Promise<number | undefined> {
  for (const day of [now, now - DAY]) {
    const ends: number[] = [];
    for await (const { key } of store.list(windowsOfDayPrefix(unit, day)))
      ends.push(rangeOfWindowKey(key)?.end ?? -Infinity);
    const newest = ends.reduce((a, b) => Math.max(a, b), -Infinity);
    if (newest > -Infinity) return newest;
  }
  return undefined;
}

async function chooseWindows(
  store: ObjectStore,
  given: {
    readonly unit: string;
    readonly wanted: readonly WantedSeries[];
    readonly range: TimeRange;
    readonly onset: number;
  },
): Promise<{ readonly keys: readonly string[]; readonly leftOut: number }> {
  const { unit, range, onset } = given;
  const found: { readonly key: string; readonly size: number; readonly distance: number }[] = [];
  // A window may have begun the day before.
  for (let time = range.start - DAY; time < range.end + DAY; time += DAY)
    for await (const { key, size } of store.list(windowsOfDayPrefix(unit, Math.min(time, range.end)))) {
      const own = rangeOfWindowKey(key);
      if (own === undefined || own.start >= range.end || own.end <= range.start) continue;
      if (!found.some((other) => other.key === key))
        found.push({ key, size, distance: Math.max(own.start - onset, onset - own.end) });
    }
  const named = new Set(given.wanted.flatMap(({ windows }) => windows));
  for (const { key } of found) named.delete(key);
  const keys = [...named].filter((key) => rangeOfWindowKey(key) === undefined).slice(0, MOST_WINDOWS);
  let [bytes, leftOut] = [0, 0];
  for (const { key, size } of found.toSorted((a, b) => a.distance - b.distance)) {
    if (size > LARGEST_WINDOW || bytes + size > MOST_BYTES || keys.length >= MOST_WINDOWS) leftOut++;
    else {
      bytes += size;
      keys.push(key);
    }
  }
  return { keys, leftOut };
}

/** Undefined where it cannot be read: whoever scores it says why. */
async function readOne(store: ObjectStore, unit: string, key: string): Promise<MetricWindow | undefined> {
  try {
    const { body } = await store.get(key, { maxBytes: LARGEST_WINDOW });
    const range = rangeOfWindowKey(key);
    return await readWindowFile(body, {
      detector: detectorOfUnit(unit),
      source: key,
      ...(range !== undefined && { range }),
    });
  } catch (error) {
    if (
      error instanceof NotFoundError ||
      error instanceof ObjectTooLargeError ||
      error instanceof WindowError
    )
      return undefined;
    throw error;
  }
}

function take(
  window: MetricWindow,
  { entity, metrics, most }: WantedSeries,
  range: TimeRange,
  samples: Map<string, Map<string, Samples>>,
): void {
  const place = window.entities.indexOf(entity);
  if (place < 0) return;
  const from = window.entityOf.indexOf(place);
  const to = window.entityOf.lastIndexOf(place) + 1;
  const own = samples.get(entity) ?? new Map<string, Samples>();
  samples.set(entity, own);
  // Of several windows the first one says which, so that they are the same in all.
  const names = metrics.length > 0 ? metrics : own.size > 0 ? [...own.keys()] : window.metrics;
  for (const metric of names.slice(0, most)) {
    const column = window.columns[window.metrics.indexOf(metric)];
    const values = own.get(metric) ?? new Map<number, number>();
    own.set(metric, values);
    if (column === undefined) continue;
    for (let row = from; row < to; row++) {
      const time = window.times[row]!;
      if (time >= range.start && time < range.end) values.set(time, column[row]!);
    }
  }
}

function inOrder(samples: Samples): { readonly times: Float64Array; readonly values: Float64Array } {
  const times = Float64Array.from(samples.keys()).sort();
  return { times, values: times.map((time) => samples.get(time)!) };
}
