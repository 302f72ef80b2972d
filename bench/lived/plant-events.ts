/**
 * Faults of known place in rows that nobody has labelled, so that settings can be chosen without a label of a test.
 * Their sizes go by how much a metric changes within ten rows. Not the faults that `auto` plants for its own choice of
 * members: what it has chosen by shall not judge it.
 */
import { quantile } from '../../lib/maths/quantile.ts';
import { type Random, seedRandom } from '../../lib/maths/random.ts';
import type { Series } from '../quality/read-series.ts';

export const PLANTED_KINDS = ['spike', 'shift', 'ramp', 'stuck', 'elsewhere'] as const;
export type PlantedKind = (typeof PLANTED_KINDS)[number];

export interface PlantedEvent {
  readonly kind: PlantedKind;
  /** Rows, `[from, to)`. */
  readonly from: number;
  readonly to: number;
  readonly metrics: readonly string[];
}

export interface PlantedSeries {
  /** Labels are 1 in the planted events alone. */
  readonly series: Series;
  readonly events: readonly PlantedEvent[];
}

/** Rows, both included. */
const LENGTHS: Readonly<Record<PlantedKind, readonly [least: number, most: number]>> = {
  spike: [3, 10],
  shift: [20, 60],
  ramp: [60, 180],
  stuck: [20, 60],
  elsewhere: [20, 60],
};
const EVENTS = { least: 6, most: 10 } as const;
/** Of a metric's usual change, each order of size as often. */
const SIZE = { least: 1.5, most: 10 } as const;
const CHANGE_ROWS = 10;
const NORMAL_IQR = 1.3489795003921634;
const MOST_FEW = 5;
/** Shares of all metrics that move. */
const MANY = { least: 0.2, most: 0.6 } as const;
/** Rows below which an event has no room beside its neighbours. */
const LEAST_ROOM = 30;
const HALF_A_DAY = 12 * 3_600_000;
const TRIES = 20;

/**
 * Six to ten events, one in each part of the series, fewer where it is short; none in a row that is labelled, nor in
 * one without a value.
 * @param history rows before, of the same columns: what a usual change is, and what another time of day looks like
 */
export function plantEvents(series: Series, history: Series, seed: number): PlantedSeries {
  const random = seedRandom(seed);
  const columns = series.columns.map((column) => column.slice());
  const labels = new Uint8Array(series.times.length);
  const events: PlantedEvent[] = [];
  const changes = history.columns.map(measureChange);
  const moving = [...changes.keys()].filter((c) => changes[c]! > 0);
  const rows = series.times.length;
  const wanted = EVENTS.least + random.nextBelow(EVENTS.most - EVENTS.least + 1);
  const count = moving.length === 0 ? 0 : Math.min(wanted, Math.floor(rows / LEAST_ROOM));
  const kinds = shuffle(PLANTED_KINDS, random);
  const room = Math.floor(rows / Math.max(1, count));
  for (let i = 0; i < count; i++) {
    const kind = kinds[i % kinds.length]!;
    const [least, most] = LENGTHS[kind];
    const length = Math.min(least + random.nextBelow(most - least + 1), room >> 1);
    const from = findPlace(series, { from: i * room, room, length, random });
    const metrics = drawMetrics(moving, random);
    if (from === undefined) continue;
    for (const metric of metrics)
      plant(
        { series, history, column: columns[metric]!, metric, kind, from, length },
        changes[metric]!,
        random,
      );
    labels.fill(1, from, from + length);
    events.push({ kind, from, to: from + length, metrics: metrics.map((metric) => series.metrics[metric]!) });
  }
  return { series: { ...series, columns, labels }, events };
}

/** A stretch within the part that leaves a quarter of it free on either side. */
function findPlace(
  { times, labels, step }: Series,
  part: { readonly from: number; readonly room: number; readonly length: number; readonly random: Random },
): number | undefined {
  const { from, room, length, random } = part;
  const margin = room >> 2;
  for (let i = 0; i < TRIES; i++) {
    const at = from + margin + random.nextBelow(Math.max(1, room - 2 * margin - length));
    const isWhole = times[at + length - 1]! - times[at]! <= (length - 1) * step;
    if (isWhole && !labels.subarray(at, at + length).includes(1)) return at;
  }
  return undefined;
}

function plant(
  given: {
    readonly series: Series;
    readonly history: Series;
    readonly column: Float64Array;
    readonly metric: number;
    readonly kind: PlantedKind;
    readonly from: number;
    readonly length: number;
  },
  change: number,
  random: Random,
): void {
  const { series, history, column, metric, kind, from, length } = given;
  const sign = random.nextFloat() < 0.5 ? -1 : 1;
  const size = sign * change * SIZE.least * (SIZE.most / SIZE.least) ** random.nextFloat();
  const original = series.columns[metric]!;
  // Another time of day: half a day before, out of the history where the series itself has only just begun.
  const back = Math.round(HALF_A_DAY / series.step);
  const past = history.columns[metric]!;
  const elsewhere = (row: number): number =>
    row >= back ? original[row - back]! : (past[past.length + row - back] ?? past[row % past.length]!);
  for (let i = 0; i < length; i++) {
    const row = from + i;
    const value = original[row]!;
    if (Number.isNaN(value)) continue;
    const planted = {
      spike: () => value + size,
      shift: () => value + size,
      ramp: () => value + (size * (i + 1)) / length,
      stuck: () => original[from]!,
      elsewhere: () => elsewhere(row),
    }[kind]();
    if (!Number.isNaN(planted)) column[row] = planted;
  }
}

/** Robust standard deviation of a change over CHANGE_ROWS rows; of a metric that mostly rests, by how it moves. */
function measureChange(column: Float64Array): number {
  const changes = column
    .subarray(CHANGE_ROWS)
    .map((value, row) => value - column[row]!)
    .filter((change) => !Number.isNaN(change))
    .sort();
  if (changes.length === 0) return 0;
  const spread = (quantile(changes, 0.75) - quantile(changes, 0.25)) / NORMAL_IQR;
  return Math.max(spread, Math.max(-quantile(changes, 0.005), quantile(changes, 0.995)) / 6);
}

/** One, or as often a few, or as often many: a fault of a host moves what hangs on it. */
function drawMetrics(moving: readonly number[], random: Random): readonly number[] {
  const reach = random.nextBelow(3);
  const [least, most] = [
    [1, 1],
    [1, Math.min(MOST_FEW, moving.length)],
    [Math.ceil(MANY.least * moving.length), Math.ceil(MANY.most * moving.length)],
  ][reach] as [number, number];
  return shuffle(moving, random).slice(0, least + random.nextBelow(most - least + 1));
}

function shuffle<T>(values: readonly T[], random: Random): readonly T[] {
  const left = [...values];
  return values.map(() => left.splice(random.nextBelow(left.length), 1)[0]!);
}
