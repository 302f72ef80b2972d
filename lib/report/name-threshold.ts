/** Where a version's threshold comes from, in words. */
import { formatFalseAlarms } from '../config/false-alarm-budget.ts';
import type { VersionFacts } from './report-input.ts';

/** "percentile 99.9 of the training scores", "for at most 1 per week (percentile 99.972 of the training scores)". */
export function nameThreshold({ percentile, calibration, policy }: VersionFacts): string {
  if (policy.by === 'evidence')
    return `evidence; ${formatPercentile(percentile)} % of the training rows lie below`;
  const rank = `percentile ${formatPercentile(percentile)} of the training scores`;
  const budget = calibration?.budget;
  return budget === undefined ? rank : `for at most ${formatFalseAlarms(budget)} (${rank})`;
}

/** Up to three decimals: of a budget it is measured, not chosen. */
export function formatPercentile(percentile: number): string {
  return String(Number(percentile.toFixed(3)));
}
