/**
 * Finds what else moved as the culprit did: metrics of other entities whose departures from the expectation correlate with
 * those of the culprit's leading metric, over the incident and as long before it. Ranks are compared, so that no outlier
 * decides. A fleet has thousands of metrics, so only correlations count that hardly any of them would reach by chance.
 */
import { correlateRanks } from '../../maths/rank-correlation.ts';
import type { RelatedInput } from '../../report/incident/incident-input.ts';
import type { TimeRange } from '../../window/time-range.ts';
import type { RowGatherer } from './gather-rows.ts';
import { type UsualValues, usualOfMetric } from './usual-values.ts';

/** Rows of the incident, and as many before it: enough to tell chance from more, and not so many that the day decides. */
const ROWS = { least: 30, most: 120 } as const;
/** Pairs of values. */
const LEAST_PAIRS = 20;
const LEAST_RHO = 0.6;
/** Times what chance makes of it: one in some millions. Rows that follow each other are alike, so it is none too much. */
const LEAST_SURE = 5;
/** That are told of. */
export const MOST_RELATED = 8;
/** Of one entity: its metrics often say the same. */
const MOST_OF_ENTITY = 2;

/** Decimals: more of them tell nothing. */
const ROUND = 1_000;

export interface RowsOfDetector {
  readonly detector: string;
  readonly rows: RowGatherer;
  readonly usual: UsualValues | undefined;
}

/** @param given.start, given.end epoch ms of the incident; @param given.step ms */
export function rangeOfRelated({ start, end, step }: TimeRange & { readonly step: number }): TimeRange {
  const length = Math.min(ROWS.most, Math.max(ROWS.least, Math.ceil((end - start) / step))) * step;
  return { start: start - length, end: start + length };
}

/** The most alike first; none where the culprit's metric is not to be had. */
export function findRelated(
  all: readonly RowsOfDetector[],
  given: {
    readonly culprit: { readonly detector: string; readonly entity: string; readonly metric: string };
    /** Whether that entity has an anomaly in the incident. */
    readonly isMember: (detector: string, entity: string) => boolean;
  },
): readonly RelatedInput[] {
  const { culprit } = given;
  const own = all.find(({ detector }) => detector === culprit.detector);
  const lead = own?.rows
    .list()
    .find(({ entity, metric }) => entity === culprit.entity && metric === culprit.metric);
  if (own === undefined || lead === undefined) return [];
  const leading = departuresOf(own, lead);
  const related = all.flatMap((each) =>
    each.rows.list().flatMap((series): readonly RelatedInput[] => {
      const { entity, metric } = series;
      if (entity === culprit.entity || each.rows.step !== own.rows.step) return [];
      const found = correlateRanks(leading, departuresOf(each, series));
      if (found === undefined || !isSure(found)) return [];
      const { detector } = each;
      return [
        { detector, entity, metric, correlation: found.rho, isMember: given.isMember(detector, entity) },
      ];
    }),
  );
  return keepFew(related);
}

/** As messages have it. */
export function roundCorrelation(correlation: number): number {
  return Math.round(correlation * ROUND) / ROUND;
}

function isSure({ rho, pairs }: { readonly rho: number; readonly pairs: number }): boolean {
  const size = Math.abs(rho);
  return pairs >= LEAST_PAIRS && size >= LEAST_RHO && size * Math.sqrt(pairs - 1) >= LEAST_SURE;
}

function keepFew(related: readonly RelatedInput[]): readonly RelatedInput[] {
  const kept: RelatedInput[] = [];
  const sorted = related.toSorted(
    (a, b) =>
      Math.abs(b.correlation) - Math.abs(a.correlation) ||
      (`${a.entity}/${a.metric}` < `${b.entity}/${b.metric}` ? -1 : 1),
  );
  for (const each of sorted) {
    const ofEntity = kept.filter(({ entity }) => entity === each.entity);
    // Detectors may watch the same.
    if (ofEntity.length >= MOST_OF_ENTITY || ofEntity.some(({ metric }) => metric === each.metric)) continue;
    kept.push(each);
    if (kept.length === MOST_RELATED) break;
  }
  return kept;
}

/** From what is expected at that time, where something is. */
function departuresOf(
  { rows, usual }: RowsOfDetector,
  {
    entity,
    metric,
    values,
  }: { readonly entity: string; readonly metric: string; readonly values: Float64Array },
): Float64Array {
  const { expected } = usual === undefined ? {} : usualOfMetric(usual, entity, metric);
  if (expected === undefined) return values;
  return values.map((value, at) => value - expected(rows.range.start + at * rows.step).center);
}
