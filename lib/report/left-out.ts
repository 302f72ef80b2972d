/** What a version was not fitted on though it was there, for people. */
import { formatLength, formatValue } from '../alert/format-value.ts';
import { unitOfMetric } from '../alert/metric-unit.ts';
import type { LeftOutOfTraining } from '../store/model-manifest.ts';
import { countOf, formatCount, formatTime } from './format.ts';

const NAMES: Readonly<Record<string, string>> = {
  excluded: 'exclusions',
  confirmed: 'confirmed anomalies',
  unanswered: 'unanswered anomalies',
  settled: 'settled anomalies',
  unwatched: 'a history that nobody watched',
};
/** Ranges of an unwatched history that are told one by one: the longest. */
const MOST_TOLD = 3;

/** Rows. */
export function countLeftOut(leftOut: LeftOutOfTraining | undefined): number {
  return Object.values(leftOut?.rows ?? {}).reduce((sum, rows) => sum + rows, 0);
}

/** "82 rows: 70 of confirmed anomalies, 12 of exclusions"; more clauses where not all went as it was meant to. */
export function sayLeftOut(leftOut: LeftOutOfTraining): string {
  const { rows, takenIn, unread, tooUnlike } = leftOut;
  const parts = Object.entries(rows).map(
    ([reason, count]) => `${formatCount(count)} of ${NAMES[reason] ?? reason}`,
  );
  return [
    `${countOf(countLeftOut(leftOut), 'row')}${parts.length === 0 ? '' : `: ${parts.join(', ')}`}`,
    ...sayUnwatched(leftOut),
    ...(tooUnlike === undefined
      ? []
      : [
          `${countOf(tooUnlike, 'row')} of a history that nobody watched are like nothing else in it and are learned from, as they are too many to be an exception`,
        ]),
    ...(takenIn === undefined
      ? []
      : [
          `${countOf(takenIn.rows, 'row')} of unanswered anomalies are learned from, as they are more than half of ${countOf(takenIn.workloads, 'workload')}`,
        ]),
    ...(unread === undefined ? [] : [`${unread} older anomalies and verdicts were not looked at`]),
  ].join('; ');
}

/** "no verdict: payment: cpu 0.58 (usual 0.12) for 81 min from 4 Jan 2026, 12:55"; the longest ones. */
function sayUnwatched({ ranges }: LeftOutOfTraining): readonly string[] {
  const unwatched = ranges.filter(({ reason }) => reason === 'unwatched');
  const told = unwatched.toSorted((a, b) => b.rows - a.rows).slice(0, MOST_TOLD);
  const more = unwatched.length - told.length;
  return [
    ...told.map(({ of, entity, value, usual, start, end }) => {
      const unit = unitOfMetric(of, undefined);
      const reading =
        value === undefined || usual === undefined
          ? ''
          : ` ${formatValue(value, unit)} (usual ${formatValue(usual, unit)})`;
      const length = formatLength(Date.parse(end) - Date.parse(start));
      const whose = entity === undefined || entity === '' ? '' : `${entity}: `;
      return `no verdict: ${whose}${of}${reading} for ${length} from ${formatTime(Date.parse(start))}`;
    }),
    ...(more > 0 ? [`${formatCount(more)} more such stretches`] : []),
  ];
}
