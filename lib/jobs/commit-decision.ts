/** Decides on a window's rows, and moves the detector's state to what follows from them: tracks, and alerts to send. */
import { isDeepStrictEqual } from 'node:util';
import { buildAlert } from '../alert/build-alert.ts';
import type { Detector } from '../config/detector.ts';
import type { Transition } from '../decision/contract.ts';
import { decideWindow } from '../decision/decide.ts';
import { RetryLaterError } from '../errors.ts';
import type { DetectorState, PendingAlert } from '../store/detector-state.ts';
import { readState, updateState } from '../store/detector-states.ts';
import { incidentKey, scoresKey } from '../store/keys.ts';
import type { StoreContext } from './context.ts';
import { explainRow } from './explain-row.ts';
import type { FittedDetector } from './fitted-detector.ts';
import type { ScoredWindowRows } from './score-rows.ts';

export interface CommittedDecision {
  /** Per row, 1 = anomalous. */
  readonly anomalous: Uint8Array;
  /** Changes of state that this call made; 0 where an earlier attempt had made them. */
  readonly transitions: number;
  readonly lateRows: number;
}

interface Decided {
  readonly detector: Detector;
  readonly fitted: FittedDetector;
  readonly rows: ScoredWindowRows;
  readonly windowKey: string;
}

/** Others may decide on other windows of the same detector meanwhile; each round one of them gets through. */
const MAX_ROUNDS = 20;

/** @throws RetryLaterError where others changed the state every time */
export async function commitDecision(given: Decided, context: StoreContext): Promise<CommittedDecision> {
  const { detector, fitted, rows } = given;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const { state } = await readState(context.store, detector.name);
    const { anomalous, tracks, transitions, lateRows } = decideWindow({
      rows: rows.scored,
      policy: fitted.manifest.policy,
      tracks: state.entities,
      watchFrom: watchFrom(state, fitted),
      step: fitted.manifest.step,
      detector: detector.name,
      modelVersion: fitted.manifest.version,
    });
    const alerts = await Promise.all(transitions.map((transition) => alertOf(transition, given)));
    let lost = false;
    await updateState(context.store, detector.name, (latest) => {
      const done = isDeepStrictEqual(latest.entities, tracks);
      lost = !done && !isDeepStrictEqual(latest.entities, state.entities);
      if (done || lost) return undefined;
      return { ...latest, entities: tracks, outbox: [...latest.outbox, ...alerts] };
    });
    if (!lost) return { anomalous, transitions: transitions.length, lateRows };
  }
  throw new RetryLaterError(
    'state-contended',
    `${detector.name}: others decided ${MAX_ROUNDS} times while ${given.windowKey} was decided on`,
  );
}

/** A model without an activated state (a crash in between, or a pinned version) watches from its training's end. */
function watchFrom(state: DetectorState, { manifest }: FittedDetector): number {
  return state.watchFrom ?? Date.parse(manifest.trainingRange.end);
}

async function alertOf(transition: Transition, given: Decided): Promise<PendingAlert> {
  const { detector, fitted, rows, windowKey } = given;
  const { manifest } = fitted;
  const reasons =
    transition.peakRow === undefined ? [] : await explainRow({ fitted, rows, row: transition.peakRow });
  const alert = buildAlert({
    transition,
    reasons,
    detector,
    step: manifest.step,
    model: {
      version: manifest.version,
      kind: manifest.kind,
      trainedFrom: manifest.trainingRange.start,
      trainedTo: manifest.trainingRange.end,
    },
    threshold: manifest.policy.threshold,
    objects: {
      window: windowKey,
      scores: scoresKey(windowKey),
      incident: incidentKey(detector.name, transition.incidentId),
    },
  });
  return { alert, sequence: transition.sequence };
}
