/**
 * Tells by its state whether a detector does its work: its windows are exported and decided on in time, and its model is
 * not due to be replaced. Then none of its windows have to be listed, which is most of the cost of a check: an exported window
 * that no event told of leaves a hole, and the scoring of the next one lists the days around. If the state says otherwise,
 * or does not tell, the windows themselves are looked at.
 *
 * What else had no event (a window that was written again, a file that somebody dropped beside them) is no concern until the
 * first window of the next quarter of a day, six hours at most: its scoring lists, and takes it along.
 */
import { resolveVersion } from '../../store/model-repository.ts';
import { FUTURE_TOLERANCE } from '../../window/time-bounds.ts';
import type { StoreContext } from './context.ts';
import type { Telling } from './detector-findings.ts';
import { type Findings, findConcerns, LONGEST_WAIT } from './detector-health.ts';
import type { LoadedDetector } from './load-detectors.ts';
import { newestData } from './newest-data.ts';
import { findSetAside } from './training-attempts.ts';

/**
 * Two requests where it does.
 * @returns undefined where its windows have to be looked at. Files that people drop always have to: only their arrival tells.
 */
export async function findAtWork(
  { store, now }: Pick<StoreContext, 'store' | 'now'>,
  loaded: LoadedDetector,
  telling: Telling,
): Promise<Findings | undefined> {
  const { detector, storedState } = loaded;
  if (storedState === undefined || !isAtWork(loaded, now())) return undefined;
  const version = await resolveVersion(store, detector);
  const setAside = await findSetAside(store, loaded, now());
  if (version === undefined) return undefined;
  const findings: Findings = {
    detector,
    state: storedState.state,
    objects: [],
    pending: [],
    version,
    isTraining: false,
    setAside,
    declaredAt: undefined,
    ...(await telling(detector.name)),
  };
  // By its cursor alone: a window may have come by another way.
  return findConcerns(findings, now()).some(({ code }) => code === 'silent') ? undefined : findings;
}

function isAtWork({ detector, storedState }: LoadedDetector, now: number): boolean {
  const { exportedUntil, trainedUntil, phase, step: told, entities } = storedState!.state;
  const { metrics, detectionWindow, ingestDelay, training } = detector;
  const step = detector.step ?? told;
  const latest = now + FUTURE_TOLERANCE;
  if (metrics.length === 0 || phase !== 'active' || step === undefined) return false;
  if (exportedUntil === undefined || exportedUntil > now) return false;
  // Whether a model is stale is told by the windows that came since.
  if (trainedUntil === undefined || trainedUntil > latest) return false;
  if (newestData(storedState!.state, latest) >= trainedUntil + training.every) return false;
  const decidedUntil = newestData({ exportedUntil: undefined, entities }, now) + step;
  // The first window after that ends a window later, and came with its delay, so that it has waited for less.
  const mostWaited = now - decidedUntil - detectionWindow - ingestDelay;
  return decidedUntil >= exportedUntil || mostWaited <= LONGEST_WAIT;
}
