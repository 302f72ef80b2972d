/** Decides on a window's rows, and moves the detector's state to what follows from them: tracks, and what to tell. */
import { isDeepStrictEqual } from 'node:util';
import { RetryLaterError } from '../../base/errors.ts';
import { workloadOfGenerated } from '../../base/workload.ts';
import { unitOf } from '../../config/work-unit.ts';
import type { Transition } from '../../decision/contract.ts';
import { type DecisionClock, decideWindow, type WindowDecision } from '../../decision/decide.ts';
import {
  type EndedAnomaly,
  type Retractable,
  type Retraction,
  retractAnomalies,
} from '../../decision/retract.ts';
import { followRollouts } from '../../decision/rollouts.ts';
import type { DetectorState, PendingChange } from '../../store/detector-state.ts';
import { moveState, readState, type StoredState } from '../../store/detector-states.ts';
import { rangeOfWindowKey } from '../../store/keys.ts';
import { FUTURE_TOLERANCE } from '../../window/time-bounds.ts';
import type { StoreContext } from '../shared/context.ts';
import type { FittedDetector } from '../shared/fitted-detector.ts';
import type { ScoredWindowRows } from '../shared/score-rows.ts';
import { countPods } from './count-pods.ts';
import { describeContexts } from './describe-contexts.ts';
import { describeRollouts } from './describe-rollouts.ts';
import { type Decided, describeTransitions } from './describe-transitions.ts';
import { followOwners } from './follow-owners.ts';
import { describeSilence, followSilence } from './silence-changes.ts';

export interface CommittedDecision {
  /** Per row, 1 = anomalous. */
  readonly anomalous: Uint8Array;
  /** Changes of state that this call made; 0 where an earlier attempt had made them. */
  readonly transitions: number;
  readonly lateRows: number;
  /** As it was left. */
  readonly state: StoredState;
}

/** Others may decide on other windows of the same detector meanwhile; each round one of them gets through. */
const MAX_ROUNDS = 20;

/** Of the state, what a decision follows from: where others have moved it meanwhile, it is decided anew. */
const DECIDED_BY = [
  'entities',
  'endedPods',
  'silence',
  'watchFrom',
  'worst',
  'retractable',
  'rollouts',
  'podOwners',
] as const;
/** More than may be scored at once, or again because an answer was lost. */
export const REMEMBERED_WINDOWS = 64;
/** Ms of data, and anomalies, for which what is over can be taken back: of a fleet's outage all. */
const RETRACTABLE_FOR = 24 * 3_600_000;
const REMEMBERED_ENDED = 200;
/** Windows with rows that were usual by then: those of runs that may still be at them. */
const REMEMBERED_USUAL_ROWS = 8;

/**
 * A window that was decided on before, by an earlier attempt or another run, is left as it was decided.
 * @param known the state as it was read or moved last: where nobody has written since, it need not be read again
 * @throws RetryLaterError where others changed the state every time
 */
export async function commitDecision(
  given: Decided,
  context: StoreContext,
  known?: StoredState,
): Promise<CommittedDecision> {
  const { detector, fitted, rows } = given;
  const id = `${given.windowKey}@${given.etag}`;
  // A window that came by another machine's clock than this one's is not judged by the slower of them.
  const now = Math.max(context.now(), given.arrival);
  const clock: DecisionClock = { now, latest: now + FUTURE_TOLERANCE };
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const before = (round === 0 ? known : undefined) ?? (await readState(context.store, unitOf(detector)));
    const { state } = before;
    const from = watchFrom(state, fitted, clock);
    const decision = decideWindow({
      rows: rows.scored,
      policy: fitted.manifest.policy,
      tracks: state.entities,
      watchFrom: from,
      step: fitted.manifest.step,
      detector: detector.name,
      modelVersion: fitted.manifest.version,
      pods: {
        // A file that somebody dropped may be of some pods.
        isWhole: rangeOfWindowKey(given.windowKey) !== undefined,
        workloadOf: (entity) => workloadOfGenerated(entity, detector.entityLabels),
        until: state.endedPods ?? {},
      },
      clock,
    });
    const { anomalous, usualRows, endedPods, lateRows } = decision;
    if (state.decided.includes(id)) {
      const known = state.usualRows?.find(({ window }) => window === id);
      for (const row of known?.rows ?? []) anomalous[row] = 0;
      return { anomalous, transitions: 0, lateRows: 0, state: before };
    }
    const retraction = retract({ ...given, anomalous, tracks: decision.tracks }, state.retractable);
    const { tracks } = retraction;
    const transitions = [...decision.transitions, ...retraction.transitions];
    const owners = followOwners(given.window, state.podOwners, tracks, fitted.scaler.entities);
    const silence = followSilence({ ...given, now, watchFrom: from, owners }, state.silence);
    const contextOf = describeContexts({
      detector,
      before: state.entities,
      after: tracks,
      // Of a pod that is forgotten with this window, its end is told by its owner, too.
      owners: followOwners(given.window, state.podOwners, { ...state.entities, ...tracks }),
      step: fitted.manifest.step,
    });
    const rollouts = followRollouts(given.window, detector.entityLabels, state.rollouts);
    const described = { ...given, contextOf, rolloutsOf: describeRollouts(detector, rollouts, owners) };
    const podsOf = countPods({ detector, tracks, owners, step: fitted.manifest.step });
    const told = await describeTransitions({ transitions, tracks }, state, described);
    const { changes, worst } = told;
    const retractable = rememberEnded(retraction, { transitions, changes, tracks });
    const silences = silence.transitions.map((each) => describeSilence({ ...described, podsOf }, each));
    let changed = false;
    const change = (latest: DetectorState): DetectorState | undefined => {
      changed = DECIDED_BY.some((member) => !isDeepStrictEqual(latest[member], state[member]));
      if (changed || latest.decided.includes(id)) return undefined;
      const decided = [...latest.decided, id].slice(-REMEMBERED_WINDOWS);
      return {
        ...latest,
        entities: told.tracks,
        ...((latest.endedPods !== undefined || Object.keys(endedPods).length > 0) && { endedPods }),
        ...(silence.state !== undefined && { silence: silence.state }),
        ...(rollouts !== undefined && { rollouts }),
        ...((latest.podOwners ?? owners) !== undefined && { podOwners: owners }),
        worst,
        decided,
        ...((latest.retractable ?? retractable) !== undefined && { retractable }),
        ...rememberUsualRows(latest.usualRows, id, usualRows),
        outbox: [...latest.outbox, ...changes, ...silences],
      };
    };
    const moved = await moveState(context.store, unitOf(detector), { change, known: before });
    if (!changed && retraction.transitions.length > 0)
      context.telemetry.count('AnomaliesRetracted', retraction.transitions.length, {
        detector: detector.name,
      });
    if (!changed) return { anomalous, transitions: changes.length + silences.length, lateRows, state: moved };
  }
  throw new RetryLaterError(
    'state-contended',
    `${detector.name}: others decided ${MAX_ROUNDS} times while ${given.windowKey} was decided on`,
  );
}

/** Absent where there is none, so that states stay as they were. */
function rememberUsualRows(
  before: DetectorState['usualRows'],
  id: string,
  rows: readonly number[],
): Pick<DetectorState, 'usualRows'> {
  if (before === undefined && rows.length === 0) return {};
  const all = rows.length === 0 ? (before ?? []) : [...(before ?? []), { window: id, rows }];
  return { usualRows: all.slice(-REMEMBERED_USUAL_ROWS) };
}

/**
 * A model without an activated state (a crash in between, or a pinned version) watches from its training's end. What
 * lies in the future comes from before times were bounded, and would watch nothing for as long.
 */
function watchFrom(
  state: DetectorState,
  { manifest }: FittedDetector,
  { now, latest }: DecisionClock,
): number {
  const known = [state.watchFrom, Date.parse(manifest.trainingRange.end)];
  return known.find((time) => time !== undefined && time <= latest) ?? now;
}

/** Nothing is taken back but by a window that was corrected. */
function retract(
  given: Decided & Pick<WindowDecision, 'anomalous' | 'tracks'>,
  before: Retractable = { ended: [], cleared: {} },
): Retraction {
  const { detector, fitted, rows, anomalous, tracks } = given;
  if (given.isCorrected !== true) return { ...before, tracks, transitions: [] };
  const { policy, step, version } = fitted.manifest;
  return retractAnomalies({
    rows: rows.scored,
    anomalous,
    isMeasured: (row, metric) => isMeasured(rows, row, metric),
    policy,
    tracks,
    before,
    step,
    detector: detector.name,
    modelVersion: version,
  });
}

/** All metrics, where none is named or the window has none of that name. */
function isMeasured(
  { prepared: { window, availability } }: ScoredWindowRows,
  row: number,
  metric: string | undefined,
): boolean {
  const column = metric === undefined ? undefined : window.columns[window.metrics.indexOf(metric)];
  return column === undefined ? availability[row] === 1 : !Number.isNaN(column[row]!);
}

/** Absent while nothing has ended, so that states stay as they were. */
function rememberEnded(
  { ended: before, cleared }: Retractable,
  {
    transitions,
    changes,
    tracks,
  }: {
    /** Of the changes, and those that tell nothing. */
    readonly transitions: readonly Transition[];
    readonly changes: readonly PendingChange[];
    readonly tracks: DetectorState['entities'];
  },
): Retractable | undefined {
  const known = new Map(transitions.map((transition) => [transition.anomalyId, transition]));
  const added = changes.flatMap(({ anomaly, sequence }): readonly EndedAnomaly[] => {
    if (anomaly.end === null || anomaly.state === 'retracted') return [];
    const metric = anomaly.reasons[0]?.metric;
    const { firstAnomalous, driftOf } = known.get(anomaly.anomalyId) ?? {};
    return [
      {
        id: anomaly.anomalyId,
        entity: anomaly.entity,
        start: Date.parse(anomaly.start),
        ...(firstAnomalous !== undefined && { firstAnomalous }),
        ...(driftOf !== undefined && { driftOf }),
        lastAnomalous: Date.parse(anomaly.lastAnomalous),
        end: Date.parse(anomaly.end),
        sequence,
        peakScore: anomaly.score,
        ...(metric !== undefined && { metric }),
      },
    ];
  });
  const all = [...before, ...added];
  // Of the data's clock. A loop: a spread of more than 125,000 does not fit on the stack.
  let newest = Number.NEGATIVE_INFINITY;
  for (const { end } of all) newest = Math.max(newest, end);
  for (const { decidedUntil } of Object.values(tracks)) newest = Math.max(newest, decidedUntil);
  const ended = all.filter(({ end }) => end > newest - RETRACTABLE_FOR).slice(-REMEMBERED_ENDED);
  return ended.length === 0 && Object.keys(cleared).length === 0 ? undefined : { ended, cleared };
}
