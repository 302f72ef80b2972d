/**
 * One metric's life: three normal weeks, then a week for each kind of anomaly. Daily season, quieter weekends, noise
 * that lasts (AR(1)), and a slow growth of 1 % of the season a day.
 */
import { type Random, seedRandom } from '../../lib/maths/random.ts';
import { cutSeries, type Series } from '../quality/read-series.ts';

export const ANOMALIES = {
  points: 'single rows, 5 to 8 noise widths off',
  level: 'four hours, 3 noise widths higher',
  trend: 'a day of drift, up to 6 noise widths',
  season: 'the busiest six hours of a day stay as quiet as its night',
  noise: 'three hours, noise three times as wide',
  frozen: 'six hours without any change',
} as const;
export type Anomaly = keyof typeof ANOMALIES;

const STEP = 300_000;
const DAY_ROWS = 86_400_000 / STEP;
const WEEK_ROWS = 7 * DAY_ROWS;
const TRAINING_WEEKS = 3;
/** A Monday, 00:00 UTC. */
const START = Date.UTC(2026, 0, 5);
/** Share of the season's amplitude. */
const NOISE = 0.12;
const MEMORY = 0.7;
const GROWTH_A_DAY = 0.01;
const WEEKEND = 0.6;
const BUSY_HOUR = 14;

export interface Weeks {
  readonly train: Series;
  readonly test: Series;
  /** Rows of the test, `[from, to)`. */
  readonly weeks: readonly { readonly anomaly: Anomaly; readonly from: number; readonly to: number }[];
}

export function simulateWeeks(seed: number): Weeks {
  const random = seedRandom(seed);
  const anomalies = Object.keys(ANOMALIES) as Anomaly[];
  const rows = (TRAINING_WEEKS + anomalies.length) * WEEK_ROWS;
  const noise = drawNoise(rows, random);
  const values = Float64Array.from(noise, (each, row) => usualAt(row) + each);
  const labels = new Uint8Array(rows);
  const weeks = anomalies.map((anomaly, i) => {
    const week = (TRAINING_WEEKS + i) * WEEK_ROWS;
    spoilWeek({ anomaly, week, values, noise, labels, random });
    return { anomaly, from: i * WEEK_ROWS, to: (i + 1) * WEEK_ROWS };
  });
  const all: Series = {
    detector: 'quality',
    range: { start: START, end: START + rows * STEP },
    step: STEP,
    metrics: ['requests'],
    entities: [''],
    entityOf: new Uint32Array(rows),
    times: Float64Array.from(values, (_, row) => START + row * STEP),
    columns: [values],
    labels,
  };
  const cut = TRAINING_WEEKS * WEEK_ROWS;
  return { train: cutSeries(all, 0, cut), test: cutSeries(all, cut, rows), weeks };
}

function usualAt(row: number): number {
  const day = Math.floor(row / DAY_ROWS);
  const hour = ((row % DAY_ROWS) * 24) / DAY_ROWS;
  const busy = 0.5 + 0.5 * Math.cos((2 * Math.PI * (hour - BUSY_HOUR)) / 24);
  return 5 + (day % 7 >= 5 ? WEEKEND : 1) * busy + GROWTH_A_DAY * day;
}

/** Stationary, of standard deviation NOISE. */
function drawNoise(rows: number, random: Random): Float64Array {
  const noise = new Float64Array(rows);
  const fresh = NOISE * Math.sqrt(1 - MEMORY * MEMORY);
  for (let row = 0; row < rows; row++)
    noise[row] =
      row === 0 ? NOISE * drawNormal(random) : MEMORY * noise[row - 1]! + fresh * drawNormal(random);
  return noise;
}

/** Two events a week, on Tuesday and on Thursday; of points twenty over both days. */
function spoilWeek(given: {
  readonly anomaly: Anomaly;
  /** First row. */
  readonly week: number;
  readonly values: Float64Array;
  readonly noise: Float64Array;
  readonly labels: Uint8Array;
  readonly random: Random;
}): void {
  const { anomaly, week, values, noise, labels, random } = given;
  for (const day of [1, 3]) {
    const midnight = week + day * DAY_ROWS;
    if (anomaly === 'points') {
      for (let i = 0; i < 10; i++) {
        const row = midnight + random.nextBelow(DAY_ROWS);
        values[row]! += (random.nextFloat() < 0.5 ? -1 : 1) * (5 + 3 * random.nextFloat()) * NOISE;
        labels[row] = 1;
      }
      continue;
    }
    const { hour, hours } = PLACES[anomaly];
    const from = midnight + Math.round((hour(random) * DAY_ROWS) / 24);
    const to = from + Math.round((hours * DAY_ROWS) / 24);
    for (let row = from; row < to; row++) {
      labels[row] = 1;
      if (anomaly === 'level') values[row]! += 3 * NOISE;
      else if (anomaly === 'trend') values[row]! += (6 * NOISE * (row - from)) / (to - from);
      else if (anomaly === 'season') values[row] = usualAt(midnight + (2 * DAY_ROWS) / 24) + noise[row]!;
      else if (anomaly === 'noise') values[row]! += 2 * noise[row]!;
      else values[row] = values[from]!;
    }
  }
}

const PLACES: Readonly<
  Record<Exclude<Anomaly, 'points'>, { readonly hour: (random: Random) => number; readonly hours: number }>
> = {
  level: { hour: (random) => 20 * random.nextFloat(), hours: 4 },
  trend: { hour: () => 0, hours: 24 },
  season: { hour: () => BUSY_HOUR - 3, hours: 6 },
  noise: { hour: (random) => 21 * random.nextFloat(), hours: 3 },
  frozen: { hour: (random) => 4 + 14 * random.nextFloat(), hours: 6 },
};

/** Box-Muller. */
function drawNormal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.nextFloat())) * Math.cos(2 * Math.PI * random.nextFloat());
}
