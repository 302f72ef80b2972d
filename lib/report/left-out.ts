/** What a version was not fitted on though it was there, for people. */
import type { LeftOutOfTraining } from '../store/model-manifest.ts';
import { countOf, formatCount } from './format.ts';

const NAMES: Readonly<Record<string, string>> = {
  excluded: 'exclusions',
  confirmed: 'confirmed incidents',
  unanswered: 'unanswered incidents',
  settled: 'settled incidents',
};

/** Rows. */
export function countLeftOut(leftOut: LeftOutOfTraining | undefined): number {
  return Object.values(leftOut?.rows ?? {}).reduce((sum, rows) => sum + rows, 0);
}

/** "82 rows: 70 of confirmed incidents, 12 of exclusions"; more clauses where not all went as it was meant to. */
export function sayLeftOut(leftOut: LeftOutOfTraining): string {
  const { rows, takenIn, unread } = leftOut;
  const parts = Object.entries(rows).map(
    ([reason, count]) => `${formatCount(count)} of ${NAMES[reason] ?? reason}`,
  );
  return [
    `${countOf(countLeftOut(leftOut), 'row')}${parts.length === 0 ? '' : `: ${parts.join(', ')}`}`,
    ...(takenIn === undefined
      ? []
      : [
          `${countOf(takenIn.rows, 'row')} of unanswered incidents are learned from, as they are more than half of ${countOf(takenIn.workloads, 'workload')}`,
        ]),
    ...(unread === undefined ? [] : [`${unread} older anomalies and verdicts were not looked at`]),
  ].join('; ');
}
