/** Missing data of a window: who has gone silent, and the changes of anomalies that it comes to. */
import type { Reason } from '../../alert/alert.ts';
import { describeAnomaly } from '../../alert/describe-anomaly.ts';
import { nameWorkload } from '../../base/workload.ts';
import type { Detector } from '../../config/detector.ts';
import { unitOf } from '../../config/work-unit.ts';
import type { SilenceState, SilenceTransition } from '../../decision/silence/contract.ts';
import { holdSilences } from '../../decision/silence/open-silences.ts';
import { walkAbsence, walkSilence } from '../../decision/silence/walk-silence.ts';
import type { SilenceRules } from '../../decision/silence/walk-state.ts';
import { profilesOf } from '../../features/scaler.ts';
import type { AnomalyContext, DetectorState, PendingChange } from '../../store/detector-state.ts';
import { updateState } from '../../store/detector-states.ts';
import { scoresKey } from '../../store/keys.ts';
import type { MetricWindow } from '../../window/window.ts';
import type { StoreContext } from '../shared/context.ts';
import type { FittedDetector } from '../shared/fitted-detector.ts';
import { countPods } from './count-pods.ts';
import { describeContexts } from './describe-contexts.ts';
import { describeModel } from './describe-model.ts';
import { describeRollouts } from './describe-rollouts.ts';
import { type KnownOwners, ownerOf } from './follow-owners.ts';

/** Ms of rows that are walked through at once: each export asks anew. */
const LONGEST_ABSENCE = 2 * 86_400_000;

export interface SilenceOfWindow {
  readonly state: SilenceState | undefined;
  readonly transitions: readonly SilenceTransition[];
}

/** Nothing changes in versions that do not know who is missed. */
export function followSilence(
  given: {
    readonly detector: Detector;
    readonly fitted: FittedDetector;
    /** As it came. */
    readonly window: MetricWindow;
    /** Epoch ms. */
    readonly arrival: number;
    /** Epoch ms. */
    readonly now: number;
    readonly watchFrom: number;
    readonly owners: KnownOwners | undefined;
  },
  before: SilenceState | undefined,
): SilenceOfWindow {
  const { window, arrival, now } = given;
  const rules = rulesOf(given);
  if (rules === undefined) return { state: before, transitions: [] };
  return walkSilence(window, { before, arrival, now, rules });
}

/** Undefined in versions that do not know who is missed. */
function rulesOf({
  detector,
  fitted,
  watchFrom,
  owners,
}: {
  readonly detector: Detector;
  readonly fitted: FittedDetector;
  readonly watchFrom: number;
  readonly owners: KnownOwners | undefined;
}): SilenceRules | undefined {
  const { usual } = fitted;
  if (usual === undefined) return undefined;
  return {
    detector: detector.name,
    settings: detector.silence,
    usual,
    // One whose training knew no owners misses pods by their names.
    workloadOf: (entity) => {
      const owned = nameWorkload(entity, detector.entityLabels, ownerOf(owners, entity));
      return usual.units.has(owned) ? owned : nameWorkload(entity, detector.entityLabels);
    },
    step: fitted.manifest.step,
    watchFrom,
    isWhole: detector.metrics.length > 0,
  };
}

/** Nobody of the shard was in the windows that the export has passed since, while others of the detector were. */
function followAbsence(
  given: {
    readonly detector: Detector;
    readonly fitted: FittedDetector;
    readonly exportedUntil: number | undefined;
    readonly now: number;
  },
  state: DetectorState,
  before: SilenceState,
): { readonly state: SilenceState; readonly transitions: readonly SilenceTransition[] } {
  const { detector, fitted, exportedUntil = Number.NEGATIVE_INFINITY, now } = given;
  const rules = rulesOf({
    detector,
    fitted,
    watchFrom: state.watchFrom ?? now,
    owners: state.podOwners,
  });
  const isExported = detector.shard !== undefined && detector.metrics.length > 0;
  if (rules === undefined || !isExported) return { state: before, transitions: [] };
  const { step } = rules;
  const gaps = state.exporting?.gaps ?? [];
  const times: number[] = [];
  const from = Math.max(before.heardUntil + step, exportedUntil - LONGEST_ABSENCE);
  for (let time = from; time < exportedUntil; time += step)
    if (!gaps.some(({ start, end }) => time >= start && time < end)) times.push(time);
  return walkAbsence(times, { before, rules });
}

/**
 * Tells of silences that the clock noticed, and of those of a shard that others of its detector show. Doing it again changes
 * nothing.
 * @param given.exportedUntil epoch ms up to which every window of the unit was decided on; undefined where nothing tells
 */
export async function tellNoticedSilences(
  given: {
    readonly detector: Detector;
    readonly fitted: FittedDetector;
    readonly windowKey: string;
    readonly exportedUntil: number | undefined;
  },
  context: StoreContext,
): Promise<void> {
  const { name } = given.detector;
  await updateState(context.store, unitOf(given.detector), (state) => {
    if (state.silence === undefined) return undefined;
    const absence = followAbsence({ ...given, now: context.now() }, state, state.silence);
    const open = holdSilences(name, absence.state.open);
    open.tellNoticed();
    const transitions = [...absence.transitions, ...open.transitions];
    if (transitions.length === 0 && absence.state === state.silence) return undefined;
    const { entities } = state;
    const { step } = given.fitted.manifest;
    const contextOf = describeContexts({
      detector: given.detector,
      before: entities,
      after: entities,
      owners: state.podOwners,
      step,
    });
    const rolloutsOf = describeRollouts(given.detector, state.rollouts, state.podOwners);
    const podsOf = countPods({
      detector: given.detector,
      tracks: entities,
      owners: state.podOwners,
      step,
    });
    const changes = transitions.map((each) =>
      describeSilence({ ...given, contextOf, rolloutsOf, podsOf }, each),
    );
    return {
      ...state,
      silence: { ...absence.state, open: open.list() },
      outbox: [...state.outbox, ...changes],
    };
  });
}

/** @param given.windowKey of the window that showed it; of what the clock noticed the newest that there is */
export function describeSilence(
  given: {
    readonly detector: Detector;
    readonly fitted: FittedDetector;
    readonly windowKey: string;
    readonly contextOf: (entity: string) => AnomalyContext;
    readonly rolloutsOf: ReturnType<typeof describeRollouts>;
    readonly podsOf: ReturnType<typeof countPods>;
  },
  { transition, silence }: SilenceTransition,
): PendingChange {
  const { detector, fitted, windowKey } = given;
  const { kind, entity, metrics, start, limit, cameLate, due, visit, gone } = silence;
  const { step } = fitted.manifest;
  const anomaly = describeAnomaly({
    transition,
    reasons: metrics.flatMap((metric) =>
      missingReason(fitted, { entity, metric, share: 1 / metrics.length }),
    ),
    detector,
    step,
    model: describeModel(fitted.manifest),
    by: 'silence',
    silence: {
      kind,
      metrics,
      lastHeard: new Date(start - step).toISOString(),
      ...(due !== undefined && { expected: new Date(due).toISOString() }),
      ...(visit !== undefined && {
        lastVisit: { from: new Date(visit.from).toISOString(), to: new Date(visit.to).toISOString() },
      }),
      cameLate,
      ...(gone !== undefined && { isGone: true }),
    },
    fate: { others: gone?.others, ...(kind === 'entity' && { pods: given.podsOf(entity, start - step) }) },
    rollouts: given.rolloutsOf(transition),
    threshold: limit / 1000,
    objects: { window: windowKey, scores: scoresKey(windowKey) },
  });
  return { anomaly, sequence: transition.sequence, about: given.contextOf(entity) };
}

/** What the metric would be by now; none where no column of the model is the metric as it is. */
function missingReason(
  { plan, scaler }: FittedDetector,
  { entity, metric, share }: { readonly entity: string; readonly metric: string; readonly share: number },
): readonly Reason[] {
  const column = plan.columns.findIndex(
    ({ source, transforms }) =>
      source.kind === 'metric' && source.metric === metric && transforms.length === 0,
  );
  const profile = profilesOf(scaler, entity)[column];
  if (profile === undefined || profile.shape === 'unmeasured') return [];
  const { low: usualLow, high: usualHigh, center: usual } = profile;
  return [{ metric, share, value: null, usualLow, usualHigh, usual }];
}
