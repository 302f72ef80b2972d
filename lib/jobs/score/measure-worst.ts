/** How far the metric that an anomaly is about went at most, over all of its windows: people are told of its first rows. */
import type { Reason } from '../../alert/alert.ts';
import { findLeadingReason } from '../../alert/summarize.ts';
import type { FarthestValue, WorstRow } from '../../store/detector-state.ts';
import type { MetricWindow } from '../../window/window.ts';
import type { UsualRange } from '../shared/describe-feature.ts';
import type { FittedDetector } from '../shared/fitted-detector.ts';

interface Anomaly {
  readonly entity: string;
  /** Epoch ms of its first row and the newest anomalous one. */
  readonly start: number;
  readonly lastAnomalous: number;
  /** As `OpenAnomaly` has it. */
  readonly driftOf?: string | undefined;
}

type Rows = Pick<MetricWindow, 'entities' | 'entityOf' | 'times' | 'metrics' | 'columns'>;
type Usual = Pick<FarthestValue, 'usualLow' | 'usualHigh' | 'usual' | 'byHour'>;

/**
 * @param given.window whose rows are sorted by entity, then time
 * @returns of an anomaly with these reasons the farther of what its rows of the window have and what was known before;
 * undefined where no metric tells of it, or none of its rows measures that
 */
export function openWorst(given: {
  readonly window: Rows;
  readonly plan: FittedDetector['plan'];
  /** @param row of the window */
  readonly usualAt: (row: number, column: number, driftOf: string | undefined) => UsualRange;
}): (
  anomaly: Anomaly,
  reasons: readonly Reason[],
  before: FarthestValue | undefined,
) => FarthestValue | undefined {
  const { window, plan } = given;
  const spans = findSpans(window);
  return ({ entity, start, lastAnomalous, driftOf }, reasons, before) => {
    const reason = findLeadingReason(reasons);
    const column = window.columns[window.metrics.indexOf(reason?.metric ?? '')];
    const span = spans.get(entity);
    // Another metric leads by now: how far that went before is not known.
    let farthest = before?.metric === reason?.metric ? before : undefined;
    if (reason === undefined || column === undefined || span === undefined) return farthest;
    const at = findColumn(plan, reason.metric);
    if (at === undefined) return undefined;
    for (let row = span[0]; row < span[1]; row++) {
      const time = window.times[row]!;
      const value = column[row]!;
      if (time < start || time > lastAnomalous || Number.isNaN(value)) continue;
      const found: FarthestValue = {
        metric: reason.metric,
        value,
        at: time,
        ...toUsual(given.usualAt(row, at, driftOf)),
      };
      // A version whose training never saw the metric knows of nothing usual, and the farthest numbers have no distance.
      if (![found.usual, found.usualLow, found.usualHigh].every(Number.isFinite)) continue;
      const isOfSide = Math.sign(value - found.usual) === sideOf(reason);
      if (sideOf(reason) !== 0 && !isOfSide) continue;
      if (farthest === undefined || departureOf(found) > departureOf(farthest)) farthest = found;
    }
    return farthest;
  };
}

/** Ms since it was told, and times as far: a disk that fills over hours gets no more unusual by the hour, and ever fuller. */
const GOES_ON_FOR = 3_600_000;
const FARTHER = 2;

/** Whether the metric goes on to where people have to hear of it again: from where it stood still it may go far and be as usual. */
export function goesOn({ farthest, told }: Pick<WorstRow, 'farthest' | 'told'>): boolean {
  if (farthest === undefined || told === undefined || told.metric !== farthest.metric) return false;
  if (farthest.value >= farthest.usualLow && farthest.value <= farthest.usualHigh) return false;
  return farthest.at - told.at >= GOES_ON_FOR && departureOf(farthest) >= FARTHER * told.departure;
}

/** As it is told with the anomaly's newest row. */
export function noteTold(worst: WorstRow, { lastAnomalous }: Pick<Anomaly, 'lastAnomalous'>): WorstRow {
  const { farthest } = worst;
  if (farthest === undefined) return worst;
  const told = { metric: farthest.metric, departure: departureOf(farthest), at: lastAnomalous };
  return { ...worst, told };
}

/** 1 above, -1 below; 0: either, where what is computed from it tells, or that it is missing. */
function sideOf({ value, usual, derived }: Reason): number {
  return value === null || derived !== undefined ? 0 : Math.sign(value - usual);
}

function departureOf({ value, usual }: FarthestValue): number {
  return Math.abs(value - usual);
}

/**
 * The column that holds the metric as it is. Undefined of what the model knows only by what it computes, such as a counter by its rate: the
 * values of the window are not those that it expects.
 */
function findColumn({ columns }: FittedDetector['plan'], metric: string): number | undefined {
  const at = columns.findIndex(
    ({ source, transforms }) =>
      source.kind === 'metric' && source.metric === metric && transforms.length === 0,
  );
  return at < 0 ? undefined : at;
}

function toUsual({ low, high, center, byHour }: UsualRange): Usual {
  return { usualLow: low, usualHigh: high, usual: center, ...(byHour === true && { byHour }) };
}

/** Rows of each entity, the end exclusive. */
function findSpans({ entities, entityOf }: Rows): ReadonlyMap<string, readonly [number, number]> {
  const spans = new Map<string, readonly [number, number]>();
  for (let from = 0; from < entityOf.length; ) {
    let to = from + 1;
    while (to < entityOf.length && entityOf[to] === entityOf[from]) to++;
    spans.set(entities[entityOf[from]!]!, [from, to]);
    from = to;
  }
  return spans;
}
