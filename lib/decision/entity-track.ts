/** One entity's rows of a window, in order of time: the state machine behind `decideWindow`. */
import { unknownMembers } from '../base/unknown-members.ts';
import { anomalyId } from './anomaly-id.ts';
import {
  type AnomalyWalk,
  describeChanges,
  goOn,
  higher,
  keepDriftOf,
  keepFirstAnomalous,
  type RecentRow,
  rebase,
  tellsMore,
} from './anomaly-walk.ts';
import type { DecisionPolicy, Drift, EntityTrack, OpenAnomaly, Telling, Transition } from './contract.ts';
import { isUsualAtThisHour, noteSpell } from './daily-spells.ts';
import { followUsual, type JudgedRow } from './judge-row.ts';
import {
  findNews,
  type Memory,
  remember,
  rememberEnd,
  rememberHeldBack,
  rememberSettled,
  WORSE,
} from './recurrence.ts';
import { followLevels, hasSettled, isStillDrifting, isStillMoving } from './settling.ts';
import { findDrift, followDrifts } from './slow-drift.ts';

export interface TrackRules {
  readonly detector: string;
  readonly modelVersion: string;
  readonly policy: DecisionPolicy;
  /** Epoch ms: earlier rows open no anomaly. */
  readonly watchFrom: number;
  /** Ms between rows. */
  readonly step: number;
  /** Ms of silence after which an open anomaly resolves. */
  readonly abandonedAfter: number;
}

/** A row that is not late. */
export interface TrackedRow extends JudgedRow {
  /** Of the window. */
  readonly row: number;
  /** Epoch ms. */
  readonly time: number;
}

/** A track while its rows of one window are walked through. Lives for one `decideWindow` call; mutable inside it. */
export interface TrackWalk {
  readonly entity: string;
  readonly rules: TrackRules;
  /** Epoch ms of the newest row so far; undefined before the entity's first. */
  decidedUntil: number | undefined;
  recent: readonly RecentRow[];
  usualJoint: EntityTrack['usualJoint'];
  memory: Memory;
  wasOut: boolean;
  outLevel: number | undefined;
  /** Undefined of an entity whose drifts nobody followed until now. */
  drifts: readonly Drift[] | undefined;
  /** What a newer release remembers of the entity besides: it stays as it is. */
  readonly unknown: object;
  /** Anomalies that this window touched, oldest first. Only the last one may be open. */
  readonly anomalies: AnomalyWalk[];
}

const TRACK_MEMBERS: Readonly<Record<keyof EntityTrack, true>> = {
  decidedUntil: true,
  recent: true,
  open: true,
  usualJoint: true,
  told: true,
  heldBack: true,
  spells: true,
  wasOut: true,
  outLevel: true,
  drifts: true,
};

export function startWalk(entity: string, track: EntityTrack | undefined, rules: TrackRules): TrackWalk {
  const open = track?.open;
  return {
    entity,
    rules,
    decidedUntil: track?.decidedUntil,
    recent: (track?.recent ?? []).map((entry) => ({ ...entry, row: undefined })),
    usualJoint: track?.usualJoint?.modelVersion === rules.modelVersion ? track.usualJoint : undefined,
    memory: { told: track?.told ?? [], heldBack: track?.heldBack, spells: track?.spells ?? [] },
    wasOut: track?.wasOut ?? false,
    outLevel: track?.outLevel,
    drifts: track === undefined ? [] : track.drifts,
    unknown: unknownMembers(track, TRACK_MEMBERS),
    anomalies: open ? [goOn(rebase(open, rules))] : [],
  };
}

/** Takes in the next row: later than every one before it. */
export function takeRow(walk: TrackWalk, row: TrackedRow): void {
  passTime(walk, row.time);
  if (walk.decidedUntil !== undefined && row.time - walk.decidedUntil > walk.rules.step) walk.recent = [];
  walk.decidedUntil = row.time;
  walk.usualJoint = followUsual(walk.usualJoint, row.joint, 2 * walk.rules.policy.resolveAfter);
  decideRow(walk, row);
  if (walk.rules.policy.driftRows !== undefined) tellDrift(walk, row, walk.rules.policy.driftRows);
  // After the decision: a row must not make itself usual.
  const { policy, step } = walk.rules;
  if (policy.by === 'evidence' && row.holds)
    walk.memory = {
      ...walk.memory,
      spells: noteSpell(walk.memory.spells, row, { step, isTold: openAnomalyOf(walk) !== undefined }),
    };
}

function decideRow(walk: TrackWalk, row: TrackedRow): void {
  const open = openAnomalyOf(walk);
  if (open) continueAnomaly(walk, open, row);
  else if (row.time < walk.rules.watchFrom) {
    walk.wasOut = walk.rules.policy.by === 'evidence' && row.holds;
    walk.outLevel = walk.wasOut ? Math.max(walk.outLevel ?? 0, row.level) : undefined;
  } else if (walk.wasOut && row.holds && row.level < WORSE * (walk.outLevel ?? Infinity)) return;
  else {
    walk.wasOut = false;
    walk.outLevel = undefined;
    if (row.anomalous) extendRun(walk, row);
  }
}

/**
 * Resolves an open anomaly whose entity has been silent for too long at `now` (epoch ms, by the data's clock), or is known to be
 * gone.
 */
export function passTime(
  walk: TrackWalk,
  now: number,
  { isGone = false }: { readonly isGone?: boolean } = {},
): void {
  const open = openAnomalyOf(walk);
  if (open === undefined || walk.decidedUntil === undefined) return;
  if (!isGone && now - walk.decidedUntil <= walk.rules.abandonedAfter) return;
  open.isGone = isGone;
  resolveAnomaly(walk, open);
}

/** The track to store, and what people may want to hear of this window. */
export function endWalk(walk: TrackWalk): {
  readonly track: EntityTrack | undefined;
  readonly transitions: readonly Transition[];
} {
  const transitions = walk.anomalies.flatMap((anomaly) =>
    describeChanges(anomaly, { entity: walk.entity, policy: walk.rules.policy }),
  );
  if (walk.decidedUntil === undefined) return { track: undefined, transitions };
  const { told, heldBack, spells } = walk.memory;
  return {
    track: {
      ...walk.unknown,
      decidedUntil: walk.decidedUntil,
      recent: walk.recent.map(({ row: _, ...entry }) => entry),
      open: openAnomalyOf(walk)?.anomaly,
      ...(walk.usualJoint !== undefined && { usualJoint: walk.usualJoint }),
      ...(told.length > 0 && { told }),
      ...(heldBack !== undefined && { heldBack }),
      ...(spells.length > 0 && { spells }),
      ...(walk.wasOut && { wasOut: true }),
      ...(walk.outLevel !== undefined && { outLevel: walk.outLevel }),
      // What nobody follows would be stale by the time a version does again.
      ...(walk.drifts !== undefined && walk.rules.policy.driftRows !== undefined && { drifts: walk.drifts }),
    },
    transitions,
  };
}

function openAnomalyOf(walk: TrackWalk): AnomalyWalk | undefined {
  const last = walk.anomalies.at(-1);
  return last?.end === undefined ? last : undefined;
}

/** After the row was decided on: what opened by it is known. */
function tellDrift(walk: TrackWalk, row: TrackedRow, driftRows: number): void {
  const { policy, step, modelVersion, watchFrom } = walk.rules;
  // What was off before a version with this rule followed one without has been told by others, or settled unnoticed.
  const isKnown = openAnomalyOf(walk) !== undefined || row.time < watchFrom || walk.drifts === undefined;
  walk.drifts = followDrifts(walk.drifts ?? [], row, { isKnown, step });
  if (isKnown) return;
  const drift = findDrift(walk.drifts, row, {
    after: driftRows * step,
    toldAt: walk.memory.told.at(-1)?.time,
  });
  if (drift === undefined || isUsualAtThisHour(walk.memory.spells, { ...drift, time: row.time }, step))
    return;
  const { cause, level, since, reason } = drift;
  openAnomaly(walk, {
    telling: { time: row.time, cause, modelVersion, level },
    firstAnomalous: row.time,
    start: Math.max(since, endOfLast(walk)),
    // Not how far it is off what training predicts: what is twice as bad as an alert by evidence would be no news of an entity that drifts.
    rows: [{ time: row.time, score: Math.max(row.level, policy.threshold), row: row.row }],
    byMetrics: true,
    ...followLevels(undefined, { ...row, metricReason: reason, metrics: level }, policy),
    earliestStart: undefined,
    drifted: cause >> 1,
    driftOf: reason,
  });
  walk.drifts = followDrifts(walk.drifts, row, { isKnown: true, step });
}

function extendRun(walk: TrackWalk, judged: TrackedRow): void {
  const { row, time, level: score, cause, reason, stretch } = judged;
  const { policy, step, modelVersion } = walk.rules;
  const telling: Telling = { time, cause, modelVersion, level: score };
  const began = Math.max(time - judged.sinceOnset * step, endOfLast(walk));
  const span =
    policy.by === 'evidence'
      ? findNews(walk.memory, telling, {
          from: time - (stretch - 1) * step,
          start: began,
          step,
          threshold: policy.threshold,
          reason,
        })
      : { since: time, start: time };
  if (span === undefined) {
    walk.memory = rememberHeldBack(walk.memory, telling, { start: began, step });
    return;
  }
  // No gap lies within the run, so the newest n rows are those of the newest n steps.
  const kept = walk.recent.filter((entry) => entry.time > time - policy.n * step);
  walk.recent = [...kept, { time, score, row }];
  const first = walk.recent[0];
  if (walk.recent.length < policy.k || first === undefined) return;

  const firstAnomalous = Math.min(first.time, span.since);
  openAnomaly(walk, {
    telling,
    firstAnomalous,
    start: Math.min(firstAnomalous, span.start),
    rows: walk.recent,
    byMetrics: toldByMetrics(judged, policy),
    ...followLevels(undefined, judged, policy),
    // Where it is not known with which row of the stretch it began.
    earliestStart: judged.sinceOnset === 0 ? time - (stretch - 1) * step : undefined,
    drifted: undefined,
  });
}

/** @param by.rows that opened it, those of earlier windows included; the last one is of this window */
function openAnomaly(
  walk: TrackWalk,
  by: Pick<AnomalyWalk, 'earliestStart' | 'drifted'> &
    Pick<OpenAnomaly, 'start' | 'levels' | 'driftOf'> & {
      readonly firstAnomalous: number;
      readonly telling: Telling;
      readonly rows: readonly RecentRow[];
      readonly byMetrics: boolean;
    },
): void {
  const { policy, detector, modelVersion } = walk.rules;
  const { telling, firstAnomalous, start, rows, byMetrics, levels, earliestStart, drifted } = by;
  if (policy.by === 'evidence') walk.memory = remember(walk.memory, telling);
  const peakScore = Math.max(...rows.map(({ score }) => score));
  walk.anomalies.push({
    anomaly: {
      id: anomalyId({ detector, entity: walk.entity, firstAnomalous, modelVersion }),
      start,
      ...keepFirstAnomalous({ start, firstAnomalous }),
      ...keepDriftOf(by),
      lastAnomalous: telling.time,
      quietRows: 0,
      peakScore,
      modelVersion,
      toldScore: peakScore,
      sequence: 0,
      ...(byMetrics && { byMetrics }),
      ...(levels !== undefined && { levels }),
    },
    openedHere: true,
    earliestStart,
    drifted,
    telling: rows.filter(({ row }) => row !== undefined).reduce(higher),
    end: undefined,
    hasSettled: false,
    isGone: false,
  });
  walk.recent = [];
}

/** Epoch ms, exclusive: a row that was part of an anomaly is not part of the next one. */
function endOfLast({ memory, rules }: TrackWalk): number {
  const last = memory.told.at(-1);
  return (last?.settledAt ?? last?.until ?? Number.NEGATIVE_INFINITY) + rules.step;
}

function continueAnomaly(walk: TrackWalk, open: AnomalyWalk, judged: TrackedRow): void {
  const { row, time, level: score } = judged;
  settleJoint(walk, open, judged);
  if (
    isPartOf(open.anomaly, judged, walk.rules.policy) ||
    isStillMoving(open.anomaly, judged, walk.rules) ||
    isStillDrifting(open.anomaly, judged, walk.rules)
  ) {
    if (tellsMore(open, score, walk.rules.policy)) {
      open.telling = { row, time, score };
      open.drifted = undefined;
    }
    open.anomaly = {
      ...open.anomaly,
      lastAnomalous: time,
      quietRows: 0,
      peakScore: Math.max(open.anomaly.peakScore, score),
      ...(toldByMetrics(judged, walk.rules.policy) && { byMetrics: true }),
      ...followLevels(open.anomaly.levels, judged, walk.rules.policy),
    };
    return;
  }
  open.anomaly = { ...open.anomaly, quietRows: open.anomaly.quietRows + 1 };
  if (open.anomaly.quietRows < walk.rules.policy.resolveAfter) return;
  open.hasSettled = hasSettled(open.anomaly, judged, walk.rules);
  if (open.anomaly.byMetrics) expectEcho(walk, judged);
  resolveAnomaly(walk, open);
}

/**
 * A model that looks back still sees a fault after its end, for as long as it looks back. So an anomaly that metrics told of
 * is over once they are back…
 */
function isPartOf(
  { byMetrics }: OpenAnomaly,
  { metrics, holds }: TrackedRow,
  policy: DecisionPolicy,
): boolean {
  return byMetrics ? metrics >= (policy.holdAbove ?? policy.threshold) : holds;
}

function toldByMetrics({ metrics }: TrackedRow, { by, threshold }: DecisionPolicy): boolean {
  return by === 'evidence' && metrics >= threshold;
}

/** …and what the model still says after that opens no anomaly. */
function expectEcho(walk: TrackWalk, { joint }: TrackedRow): void {
  const level = Math.max(joint, walk.usualJoint?.level ?? 0);
  if (level > 0) walk.usualJoint = { level, below: 0, modelVersion: walk.rules.modelVersion };
}

/**
 * The evidence of metrics follows their recent level by itself; that of the model does not. So what the model has said for
 * `settleRows` rows counts as usual from then on.
 */
function settleJoint(walk: TrackWalk, open: AnomalyWalk, { joint }: TrackedRow): void {
  const { policy, modelVersion } = walk.rules;
  if (policy.settleRows === undefined) return;
  const before = open.anomaly.joint ?? { rows: 0, sum: 0 };
  const seen = { ...before, rows: before.rows + 1, sum: before.sum + joint };
  const isDue = seen.rows >= policy.settleRows;
  // A model that said nothing has no usual level that anything could stay at.
  if (isDue && seen.sum > 0) walk.usualJoint = { level: seen.sum / seen.rows, below: 0, modelVersion };
  open.anomaly = { ...open.anomaly, joint: isDue ? { rows: 0, sum: 0 } : seen };
}

function resolveAnomaly(walk: TrackWalk, open: AnomalyWalk): void {
  open.end = open.anomaly.lastAnomalous + walk.rules.step;
  if (walk.rules.policy.by !== 'evidence') return;
  const { lastAnomalous, peakScore } = open.anomaly;
  walk.memory = open.hasSettled
    ? rememberSettled(walk.memory, lastAnomalous)
    : rememberEnd(walk.memory, { until: lastAnomalous, peak: peakScore });
}
