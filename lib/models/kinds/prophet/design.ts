/**
 * What Prophet adds up beside the trend: sine and cosine waves of each season by local time, and an indicator for each
 * event. Taylor and Letham, "Forecasting at scale", The American Statistician 72(1), 2018, sections 3.2 and 3.3.
 */
import { getZoneClock } from '../../../features/zone-clock.ts';
import { cacheLast } from '../../framework/univariate/cache-last.ts';
import { type ProphetEvent, type ProphetParams, readTime, type Waves } from './params.ts';

const DAY = 86_400_000;

/** Days, and waves where nobody says how many: Prophet's. */
const SEASONS = {
  yearly: { days: 365.25, waves: 10 },
  weekly: { days: 7, waves: 3 },
  daily: { days: 1, waves: 4 },
} as const;
export type SeasonName = keyof typeof SEASONS;
export const SEASON_NAMES = Object.keys(SEASONS) as readonly SeasonName[];

/** Number of waves of each season; 0 for one that is left out. */
export type WaveCounts = Readonly<Record<SeasonName, number>>;

/**
 * As Prophet decides it: a season that has been gone through twice and whose turn is longer than a step. The last step
 * counts, so that two weeks of rows hold two weeks.
 */
export function countWaves(
  params: ProphetParams,
  { span, step }: { readonly span: number; readonly step: number },
): WaveCounts {
  const count = (name: SeasonName): number => {
    const asked: Waves = params[name];
    if (asked !== 'auto') return asked;
    const { days, waves } = SEASONS[name];
    return span + step >= 2 * days * DAY && step < days * DAY ? waves : 0;
  };
  return { yearly: count('yearly'), weekly: count('weekly'), daily: count('daily') };
}

/** In order: yearly, weekly, daily waves, each sine before cosine, then events by first mention. At least 1. */
export function countFeatures(waves: WaveCounts, events: readonly ProphetEvent[]): number {
  const all = 2 * (waves.yearly + waves.weekly + waves.daily) + eventNames(events).length;
  return Math.max(1, all);
}

export function eventNames(events: readonly ProphetEvent[]): readonly string[] {
  return [...new Set(events.map(({ name }) => name))];
}

export interface DesignOptions {
  readonly waves: WaveCounts;
  readonly events: readonly ProphetEvent[];
  readonly timeZone: string;
}

const remember = cacheLast<Float64Array>();

/** Row-major, times.length × countFeatures; Stan wants one feature at least: without any, one of zeros. */
export function buildDesign(times: Float64Array, options: DesignOptions): Float64Array {
  return remember(times, JSON.stringify(options), () => fillDesign(times, options));
}

function fillDesign(times: Float64Array, { waves, events, timeZone }: DesignOptions): Float64Array {
  const width = countFeatures(waves, events);
  const clock = getZoneClock(timeZone);
  const names = eventNames(events);
  const spans = events.map(({ name, start, end }) => ({
    place: names.indexOf(name),
    start: readTime(start),
    end: readTime(end),
  }));
  const features = new Float64Array(times.length * width);
  for (let row = 0; row < times.length; row++) {
    const time = times[row]!;
    const days = (time + clock.offsetAt(time)) / DAY;
    let at = row * width;
    for (const name of SEASON_NAMES) {
      const angle = (2 * Math.PI * days) / SEASONS[name].days;
      for (let wave = 1; wave <= waves[name]; wave++) {
        features[at++] = Math.sin(wave * angle);
        features[at++] = Math.cos(wave * angle);
      }
    }
    for (const { place, start, end } of spans) if (time >= start && time < end) features[at + place] = 1;
  }
  return features;
}
