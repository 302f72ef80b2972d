/** Thresholds that a peer's own training scores allow, and which of them to compare at: with hindsight, and without. */
import { quantile } from '../../lib/maths/quantile.ts';
import type { LivedFigures } from './judge-incidents.ts';

const PERCENTILES = [
  80, 85, 90, 92, 94, 95, 96, 97, 97.5, 98, 98.5, 98.8, 99, 99.2, 99.4, 99.5, 99.6, 99.7, 99.8, 99.85, 99.9,
  99.92, 99.95, 99.97, 99.98, 99.99,
];
const TIMES_LARGEST = [
  1, 1.02, 1.05, 1.1, 1.15, 1.2, 1.3, 1.4, 1.5, 1.75, 2, 2.5, 3, 4, 5, 7, 10, 15, 20, 50, 100, 1000,
];

/** From low to high, by what people would call them. */
export const LEVELS: readonly string[] = [
  ...PERCENTILES.map((percentile) => `${percentile} %`),
  ...TIMES_LARGEST.map((times) => `max × ${times}`),
];

/** One per level. @param training scores, NaN where there is none */
export function listThresholds(training: Float64Array): readonly number[] {
  const sorted = training.filter((score) => !Number.isNaN(score)).sort();
  if (sorted.length === 0) return LEVELS.map(() => Infinity);
  return [
    ...PERCENTILES.map((percentile) => quantile(sorted, percentile / 100)),
    ...TIMES_LARGEST.map((times) => times * sorted.at(-1)!),
  ];
}

const WEEK = 7 * 86_400_000;
/** What the product's default budget of false alarms is. */
const MOST_A_WEEK = 1;

/**
 * The level that whoever runs a peer can choose: the lowest from which on it tells of no more in its training than the product is
 * allowed to tell falsely.
 * @param incidents in the training, one a level
 * @param length of the training, ms
 * @returns undefined where each level tells more often
 */
export function pickOwnLevel(incidents: readonly number[], length: number): number | undefined {
  const tooMany = incidents.findLastIndex((count) => count > (MOST_A_WEEK * length) / WEEK);
  return tooMany + 1 < incidents.length ? tooMany + 1 : undefined;
}

/** Share of unlabelled time: one incident that lies open all the time is as good as no false one, and finds everything. */
const MOST_OUTSIDE = 0.05;

/**
 * The level with the most false incidents that are no more than ours, and of those the one that finds the most; among
 * levels whose incidents lie open over no more unlabelled time than MOST_OUTSIDE, or than ours do. It looks at what
 * happened on the test, which favours the peer: nobody who runs one has that choice.
 * @param figures one per level
 * @returns undefined where no level is as quiet
 */
export function pickLevel(figures: readonly LivedFigures[], ours: LivedFigures): number | undefined {
  const mostOutside = Math.max(MOST_OUTSIDE, ours.inAlertOutside / ours.outside || 0);
  let picked: number | undefined;
  for (const [level, { falseIncidents, found, inAlertOutside, outside }] of figures.entries()) {
    if (falseIncidents > ours.falseIncidents || inAlertOutside > mostOutside * outside) continue;
    const best = picked === undefined ? undefined : figures[picked]!;
    const isBetter =
      best === undefined ||
      falseIncidents > best.falseIncidents ||
      (falseIncidents === best.falseIncidents && found > best.found);
    if (isBetter) picked = level;
  }
  return picked;
}
