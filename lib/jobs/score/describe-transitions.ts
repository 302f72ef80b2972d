/** Describes what people may want to hear of a window: each change of an anomaly, with its reasons and how far it went. */
import type { AlertRelated, AlertRestart, Reason } from '../../alert/alert.ts';
import { describeAnomaly } from '../../alert/describe-anomaly.ts';
import type { Detector } from '../../config/detector.ts';
import { describeRarity } from '../../decision/calibration.ts';
import type { EntityTrack, OpenAnomaly, Transition } from '../../decision/contract.ts';
import { isReasonOf } from '../../decision/judge-row.ts';
import { findRestarts } from '../../features/restarts.ts';
import type { PlannedRows } from '../../features/source-columns.ts';
import type {
  AnomalyContext,
  DetectorState,
  FarthestValue,
  PendingChange,
  WorstRow,
} from '../../store/detector-state.ts';
import { scoresKey } from '../../store/keys.ts';
import type { MetricWindow } from '../../window/window.ts';
import type { UsualRange } from '../shared/describe-feature.ts';
import { explainDecided, isOfMetrics, type ToldBy } from '../shared/explain-evidence.ts';
import type { FittedDetector } from '../shared/fitted-detector.ts';
import { findLeastChanges } from '../shared/least-changes.ts';
import type { ScoredWindowRows } from '../shared/score-rows.ts';
import { openUsual } from '../shared/usual-at.ts';
import { describeModel } from './describe-model.ts';
import { openRelated } from './describe-related.ts';
import type { describeRollouts } from './describe-rollouts.ts';
import { measureSettled } from './measure-settled.ts';
import { goesOn, noteTold, openWorst } from './measure-worst.ts';

/** What people see of an anomaly began a little after its cause: restarts are looked for from this many rows before it on. */
const ROWS_BEFORE = 10;

export interface Decided {
  readonly detector: Detector;
  readonly fitted: FittedDetector;
  readonly rows: ScoredWindowRows;
  /** As it came: what is missing of it is missing here. */
  readonly window: MetricWindow;
  readonly windowKey: string;
  readonly etag: string;
  /** When the window's bytes came, epoch ms. */
  readonly arrival: number;
  /** Other bytes of it were decided on before. */
  readonly isCorrected?: boolean;
}

export interface Described extends Decided {
  readonly contextOf: (entity: string) => AnomalyContext;
  readonly rolloutsOf: ReturnType<typeof describeRollouts>;
}

/**
 * The changes that the transitions are, in their order. Each gives the reasons of the anomaly's most telling row so far:
 * what an anomaly was about is not what its last minute looked like.
 */
export async function describeTransitions(
  {
    transitions,
    tracks,
  }: { readonly transitions: readonly Transition[]; readonly tracks: DetectorState['entities'] },
  { worst: before, retractable }: Pick<DetectorState, 'worst' | 'retractable'>,
  given: Described,
): Promise<{
  readonly changes: readonly PendingChange[];
  readonly worst: DetectorState['worst'];
  /** As they were given, where nothing but decisions was told of. */
  readonly tracks: DetectorState['entities'];
}> {
  const worst = new Map(Object.entries(before));
  const changes: PendingChange[] = [];
  const scoreOf = ({ tellingRow, drifted, peakScore }: Transition): number => {
    if (drifted !== undefined) return peakScore;
    return tellingRow === undefined ? -Infinity : levelOf(given.rows, tellingRow);
  };
  const tellsMore = (transition: Transition): boolean =>
    scoreOf(transition) > (worst.get(transition.anomalyId)?.score ?? -Infinity);
  const retracted = transitions.filter(({ state }) => state === 'retracted');
  const reasonsOf = await explainScored(given, transitions.filter(tellsMore));
  const usualOf = await explainScored(given, retracted, { isUsual: true });
  const relatedOf = openRelated(given, transitions);
  let measureWorst: ReturnType<typeof openWorst> | undefined;
  const follow = (id: string, anomaly: Parameters<ReturnType<typeof openWorst>>[0]): WorstRow | undefined => {
    const known = worst.get(id);
    if (known === undefined) return undefined;
    measureWorst ??= openWorst({
      window: given.rows.prepared.window,
      plan: given.fitted.plan,
      usualAt: usualOfRows(given),
    });
    const farthest = measureWorst(anomaly, known.reasons, known.farthest);
    const next = farthest === undefined ? known : { ...known, farthest };
    worst.set(id, next);
    return next;
  };
  for (const transition of transitions) {
    const { anomalyId, tellingRow } = transition;
    if (transition.state === 'retracted') {
      const ended = retractable?.ended.find(({ id }) => id === anomalyId);
      const metric = ended === undefined ? worst.get(anomalyId)?.reasons[0]?.metric : ended.metric;
      const reasons = (tellingRow === undefined ? undefined : usualOf.get(tellingRow)) ?? [];
      changes.push(changeOf(transition, putFirst(reasons, metric), given));
      worst.delete(anomalyId);
      continue;
    }
    if (tellingRow !== undefined && tellsMore(transition))
      worst.set(anomalyId, {
        ...worst.get(anomalyId),
        score: scoreOf(transition),
        reasons: reasonsOf.get(tellingRow)!,
      });
    const known = follow(anomalyId, transition);
    const reasons = known?.reasons ?? [];
    changes.push(changeOf(transition, reasons, given, known?.farthest, relatedOf(transition, reasons)));
    if (transition.end !== undefined) worst.delete(anomalyId);
    else if (known !== undefined) worst.set(anomalyId, noteTold(known, transition));
  }
  // Nobody is told of those now, but of how far they went at their end; and where they go on, of that.
  const moved: [string, EntityTrack][] = [];
  for (const [entity, track] of Object.entries(tracks)) {
    const { open } = track;
    const known = open && follow(open.id, { entity, ...open });
    if (open === undefined || known === undefined) continue;
    if (known.told === undefined) worst.set(open.id, noteTold(known, open));
    if (!goesOn(known)) continue;
    const sequence = open.sequence + 1;
    const transition = toldAgain(entity, { ...open, sequence });
    changes.push(changeOf(transition, known.reasons, given, known.farthest));
    worst.set(open.id, noteTold(known, open));
    moved.push([entity, { ...track, open: { ...open, sequence } }]);
  }
  return {
    changes,
    worst: Object.fromEntries(worst),
    tracks: moved.length === 0 ? tracks : { ...tracks, ...Object.fromEntries(moved) },
  };
}

function toldAgain(
  entity: string,
  { id, sequence, start, lastAnomalous, peakScore }: OpenAnomaly,
): Transition {
  return {
    anomalyId: id,
    entity,
    state: 'updated',
    sequence,
    start,
    lastAnomalous,
    end: undefined,
    tellingRow: undefined,
    peakScore,
  };
}

/** What was told of before what is told now. */
function putFirst(reasons: readonly Reason[], metric: string | undefined): readonly Reason[] {
  return reasons.toSorted((a, b) => Number(b.metric === metric) - Number(a.metric === metric));
}

/** What its version holds against the threshold. */
function levelOf({ scored: { scores, evidence } }: ScoredWindowRows, row: number): number {
  return evidence === undefined ? scores[row]! : Math.max(evidence.metrics[row]!, evidence.joint[row]!);
}

/** Of the window's rows: of the metric that drifted what training predicts, as its reasons have it; of others what they are judged by. */
function usualOfRows({
  detector,
  fitted,
  rows: { x, matrixRows },
}: Decided): (row: number, column: number, driftOf: string | undefined) => UsualRange {
  const given = { fitted, x, leastChanges: findLeastChanges({ detector, ...fitted }) };
  const judged = openUsual(given);
  const predicted = openUsual({ ...given, offWhat: 'training' });
  return (row, column, driftOf) =>
    (isReasonOf(driftOf, x.names[column]!) ? predicted : judged).at(matrixRows[row]!, column);
}

/**
 * @param asked what is told by a row of the window, once a row
 * @param given.isUsual no metric tells by itself, and all of them are looked at
 */
async function explainScored(
  { detector, fitted, rows }: Decided,
  asked: readonly Transition[],
  { isUsual = false }: { readonly isUsual?: boolean } = {},
): Promise<ReadonlyMap<number, readonly Reason[]>> {
  const { planned, x, matrixRows, scored } = rows;
  const { evidence } = scored;
  // Of rows of the matrix.
  const toldBy = new Map<number, ToldBy>();
  const places: number[] = [];
  for (const { tellingRow, drifted } of asked) {
    // What opens and settles within a window is told by one row.
    if (tellingRow === undefined || toldBy.has(matrixRows[tellingRow]!)) continue;
    const isPlain = isUsual || evidence === undefined || !isOfMetrics(evidence, tellingRow);
    const by = isPlain ? 'model' : 'metrics';
    toldBy.set(matrixRows[tellingRow]!, drifted === undefined ? by : { drifted });
    places.push(tellingRow);
  }
  const reasons = await explainDecided(
    {
      fitted,
      planned,
      x,
      metrics: detector.metrics,
      leastChanges: findLeastChanges({ detector, ...fitted }),
      toldBy: (row) => toldBy.get(row)!,
    },
    Uint32Array.from(places, (row) => matrixRows[row]!),
  );
  return new Map(places.map((row, at) => [row, reasons[at]!]));
}

function changeOf(
  transition: Transition,
  reasons: readonly Reason[],
  given: Described,
  farthest?: FarthestValue,
  related?: readonly AlertRelated[],
): PendingChange {
  const { detector, fitted, windowKey } = given;
  const { manifest } = fitted;
  const anomaly = describeAnomaly({
    transition,
    reasons,
    restarts: describeRestarts(transition, given.rows.planned, manifest.step),
    settled: measureSettled(transition, reasons, given.rows.prepared.window),
    worst: farthest && { ...farthest, at: new Date(farthest.at).toISOString() },
    related,
    rollouts: given.rolloutsOf(transition),
    detector,
    step: manifest.step,
    model: describeModel(manifest),
    by: manifest.policy.by,
    threshold: manifest.policy.threshold,
    rarity: manifest.calibration && describeRarity(manifest.calibration, transition.peakScore),
    objects: { window: windowKey, scores: scoresKey(windowKey) },
  });
  const { sequence, entity, earliestStart } = transition;
  const about = { ...given.contextOf(entity), ...(earliestStart !== undefined && { earliestStart }) };
  return { anomaly, sequence, about };
}

/**
 * Counters and uptimes that began again shortly before an anomaly, or during it.
 * @param step ms
 */
function describeRestarts(
  { entity, start, lastAnomalous }: Transition,
  planned: PlannedRows,
  step: number,
): readonly AlertRestart[] {
  const within = { entity, from: start - ROWS_BEFORE * step, to: lastAnomalous };
  return findRestarts(planned, within).map(({ metric, time, from, to }) => ({
    metric,
    at: new Date(time).toISOString(),
    from,
    to,
  }));
}
