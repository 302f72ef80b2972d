/**
 * Which metrics of other entities moved with an anomaly, from the rows that its window was scored by: nothing is read for it.
 * The page of an incident looks among the detectors of all of its members, and at the rows after its first message too.
 */
import type { AlertRelated, Reason } from '../../alert/alert.ts';
import type { Detector } from '../../config/detector.ts';
import type { Transition } from '../../decision/contract.ts';
import { findRelated, rangeOfRelated, roundCorrelation } from '../shared/find-related.ts';
import type { FittedDetector } from '../shared/fitted-detector.ts';
import { gatherRows } from '../shared/gather-rows.ts';
import type { ScoredWindowRows } from '../shared/score-rows.ts';

/** Pairs of metrics that are compared in a window: about a second. */
const MOST_PAIRS = 20_000;

/**
 * @param transitions of the window: where there are many, those that begin first are looked at, and of those that begin together
 * those that are farthest out, as the probable culprit is
 */
export function openRelated(
  {
    detector,
    fitted,
    rows,
  }: { readonly detector: Detector; readonly fitted: FittedDetector; readonly rows: ScoredWindowRows },
  transitions: readonly Transition[],
): (transition: Transition, reasons: readonly Reason[]) => readonly AlertRelated[] {
  let looked: ReadonlySet<Transition> | undefined;
  return (transition, reasons) => {
    const leading = reasons.find(({ derived }) => derived === undefined) ?? reasons[0];
    if (leading === undefined) return [];
    const { window } = rows.planned;
    const series = window.entities.length * window.metrics.length;
    looked ??= new Set(chooseLooked(transitions, Math.floor(MOST_PAIRS / Math.max(1, series))));
    if (window.entities.length < 2 || !looked.has(transition)) return [];
    const { step } = fitted.manifest;
    const { entity, start, lastAnomalous } = transition;
    const range = rangeOfRelated({ start, end: lastAnomalous + step, step });
    const gathered = gatherRows({ range, step });
    gathered.add(window);
    const usual = { scaler: fitted.scaler, expectation: fitted.evidence?.expectation };
    return findRelated([{ detector: detector.name, rows: gathered, usual }], {
      culprit: { detector: detector.name, entity, metric: leading.metric },
      isMember: () => false,
    }).map(({ isMember: _, correlation, ...each }) => ({
      ...each,
      correlation: roundCorrelation(correlation),
    }));
  };
}

function chooseLooked(transitions: readonly Transition[], most: number): readonly Transition[] {
  return transitions
    .filter(({ state }) => state !== 'retracted')
    .toSorted((a, b) => a.start - b.start || b.peakScore - a.peakScore)
    .slice(0, most);
}
