/**
 * The stored form of a detector's state. Members that this release does not know are kept as they are: a newer one, which
 * may run beside it or have run before it, finds again what it wrote.
 */
import * as z from 'zod';
import { describedAnomalySchema, reasonSchema } from '../alert/anomaly-schema.ts';
import { renameMembers } from '../base/rename-members.ts';
import { type Owner, REVISED_KINDS } from '../base/workload.ts';
import { dailyTimeSchema } from '../config/daily-time.ts';
import { SILENCE_KINDS } from '../config/silence-settings.ts';
import { MOST_SHARDS } from '../config/work-unit.ts';
import type { EntityTrack, LevelOff, OpenAnomaly } from '../decision/contract.ts';
import type { EndedAnomaly, Retractable } from '../decision/retract.ts';
import type { Rollout, RolloutState } from '../decision/rollouts.ts';
import type {
  MissedRows,
  OpenSilence,
  SilenceState,
  TrackedEntity,
  TrackedUnit,
} from '../decision/silence/contract.ts';
import type { TimeRange } from '../window/time-range.ts';
import type {
  AnomalyContext,
  DetectorState,
  ExportProgress,
  FarthestValue,
  LearnedWindow,
  PendingChange,
  ToldReach,
  UsualRows,
  WindowsCut,
  WorstRow,
} from './detector-state.ts';

/** A schema for each member, so that a member added to the type and forgotten here does not compile. */
type Shape<T> = { readonly [Member in keyof T]-?: z.ZodType<unknown> };

const time = z.number();
const count = z.int().min(0);

const timeRange: z.ZodType<TimeRange> = z.looseObject({ start: time, end: time } satisfies Shape<TimeRange>);

const levelOff: z.ZodType<LevelOff> = z.looseObject({
  rows: count,
  sum: z.number(),
} satisfies Shape<LevelOff>);

const openAnomaly: z.ZodType<OpenAnomaly> = z.looseObject({
  id: z.string(),
  start: time,
  firstAnomalous: time.optional(),
  driftOf: z.string().optional(),
  lastAnomalous: time,
  quietRows: count,
  peakScore: z.number(),
  modelVersion: z.string(),
  toldScore: z.number(),
  sequence: count,
  joint: z.looseObject({ rows: count, sum: z.number() }).optional(),
  byMetrics: z.boolean().optional(),
  levels: recordOf(levelOff).optional(),
} satisfies Shape<OpenAnomaly>);

const entityTrack: z.ZodType<EntityTrack> = z
  .looseObject({
    decidedUntil: time,
    recent: z.array(z.looseObject({ time, score: z.number() })),
    open: openAnomaly.optional(),
    told: z
      .array(
        z.looseObject({
          time,
          cause: z.int(),
          modelVersion: z.string(),
          level: z.number(),
          until: time.optional(),
          settledAt: time.optional(),
        }),
      )
      .optional(),
    heldBack: z.looseObject({ since: time, start: time.optional(), until: time }).optional(),
    spells: z
      .array(z.looseObject({ reason: z.string(), from: time, until: time, level: z.number() }))
      .optional(),
    wasOut: z.boolean().optional(),
    outLevel: z.number().optional(),
    drifts: z
      .array(z.looseObject({ reason: z.string(), since: time, until: time, knownSince: time.optional() }))
      .optional(),
    usualJoint: z.looseObject({ level: z.number(), below: count, modelVersion: z.string() }).optional(),
  } satisfies Shape<EntityTrack>)
  .transform((track) => ({ ...track, open: track.open }));

const anomalyContext: z.ZodType<AnomalyContext> = z.looseObject({
  namespace: z.string().optional(),
  workload: z.string(),
  siblings: count,
  isStart: z.boolean().optional(),
  earliestStart: time.optional(),
  dependsOn: z.array(z.string()),
  step: z.number().positive(),
  digest: dailyTimeSchema.optional(),
} satisfies Shape<AnomalyContext>);

const missedRows: z.ZodType<MissedRows> = z.looseObject({
  since: time,
  rows: count,
} satisfies Shape<MissedRows>);

const trackedUnit: z.ZodType<TrackedUnit> = z.looseObject({
  group: z.string(),
  heard: time,
  missed: count,
  since: time.optional(),
} satisfies Shape<TrackedUnit>);

const trackedEntity: z.ZodType<TrackedEntity> = z.looseObject({
  heard: time,
  missing: recordOf(missedRows),
} satisfies Shape<TrackedEntity>);

const silence: z.ZodType<SilenceState> = z.looseObject({
  heardUntil: time,
  sourceLimit: time.optional(),
  groups: recordOf(time),
  units: recordOf(trackedUnit),
  everyone: recordOf(missedRows),
  entities: recordOf(trackedEntity),
  open: z.array(
    z.looseObject({
      id: z.string(),
      kind: z.enum(SILENCE_KINDS),
      entity: z.string(),
      metrics: z.array(z.string()),
      start: time,
      last: time,
      silent: time,
      limit: time,
      due: time.optional(),
      visit: z.looseObject({ from: time, to: time }).optional(),
      sequence: count,
    } satisfies Shape<OpenSilence>),
  ),
} satisfies Shape<SilenceState>);

const pendingChange: z.ZodType<PendingChange> = z.preprocess(
  (value) => renameMembers(value, { alert: 'anomaly' }),
  z.looseObject({
    anomaly: describedAnomalySchema,
    sequence: count,
    about: anomalyContext.optional(),
  } satisfies Shape<PendingChange>),
);

const retractable: z.ZodType<Retractable> = z.looseObject({
  ended: z.array(
    z.looseObject({
      id: z.string(),
      entity: z.string(),
      start: time,
      firstAnomalous: time.optional(),
      driftOf: z.string().optional(),
      lastAnomalous: time,
      end: time,
      sequence: count,
      peakScore: z.number(),
      metric: z.string().optional(),
    } satisfies Shape<EndedAnomaly>),
  ),
  cleared: recordOf(z.array(z.tuple([time, time]))),
} satisfies Shape<Retractable>);

const rollouts: z.ZodType<RolloutState> = z.looseObject({
  revisions: recordOf(recordOf(time)),
  recent: z.array(
    z.looseObject({
      workload: z.string(),
      kind: z.enum(REVISED_KINDS).optional(),
      at: time,
      from: z.string(),
      to: z.string(),
    } satisfies Shape<Rollout>),
  ),
} satisfies Shape<RolloutState>);

const farthestValue: z.ZodType<FarthestValue> = z.looseObject({
  metric: z.string(),
  value: z.number(),
  at: time,
  usualLow: z.number(),
  usualHigh: z.number(),
  usual: z.number(),
  byHour: z.boolean().optional(),
} satisfies Shape<FarthestValue>);

const podOwner: z.ZodType<Owner> = z.looseObject({
  kind: z.string(),
  name: z.string(),
} satisfies Shape<Owner>);

const worstRow: z.ZodType<WorstRow> = z.looseObject({
  score: z.number(),
  reasons: z.array(reasonSchema),
  farthest: farthestValue.optional(),
  told: z
    .looseObject({ metric: z.string(), departure: z.number(), at: time } satisfies Shape<ToldReach>)
    .optional(),
} satisfies Shape<WorstRow>);

const learnedWindow: z.ZodType<LearnedWindow> = z.looseObject({
  etag: z.string(),
  rows: count,
  start: time.optional(),
  end: time.optional(),
} satisfies Shape<LearnedWindow>);

const usualRows: z.ZodType<UsualRows> = z.looseObject({
  window: z.string(),
  rows: z.array(count),
} satisfies Shape<UsualRows>);

const exportProgress: z.ZodType<ExportProgress> = z.looseObject({
  daysUntil: time,
  dataSince: time.optional(),
  gaps: z.array(timeRange),
  cut: z
    .looseObject({ step: z.number(), detectionWindow: z.number() } satisfies Shape<WindowsCut>)
    .optional(),
} satisfies Shape<ExportProgress>);

/** Of any detector. Zod compiles a schema on first use, which takes longer than reading a state. */
const anyState: z.ZodType<DetectorState> = z
  .looseObject({
    formatVersion: z.literal(1),
    detector: z.string(),
    phase: z.enum(['learning', 'active']),
    step: z.number().positive().optional(),
    exportedUntil: time.optional(),
    exporting: exportProgress.optional(),
    shards: z.int().min(1).max(MOST_SHARDS).optional(),
    learning: recordOf(learnedWindow),
    watchFrom: time.optional(),
    trainedUntil: time.optional(),
    entities: recordOf(entityTrack),
    endedPods: recordOf(time).optional(),
    silence: silence.optional(),
    retractable: retractable.optional(),
    rollouts: rollouts.optional(),
    podOwners: recordOf(podOwner).optional(),
    worst: recordOf(worstRow),
    decided: z.array(z.string()),
    usualRows: z.array(usualRows).optional(),
    outbox: z.array(pendingChange),
  } satisfies Shape<DetectorState>)
  .transform((stored) => ({
    ...stored,
    step: stored.step,
    exportedUntil: stored.exportedUntil,
    watchFrom: stored.watchFrom,
    trainedUntil: stored.trainedUntil,
  }));

/** @param detector whose state it has to be */
export function detectorStateSchema(detector: string): z.ZodType<DetectorState> {
  return anyState.refine((state) => state.detector === detector, {
    path: ['detector'],
    error: `expected ${JSON.stringify(detector)}`,
  });
}

/** As z.record, which leaves out a member called "__proto__": entity names come from dropped files. */
function recordOf<T>(member: z.ZodType<T>): z.ZodType<Record<string, T>> {
  const anyObject = z.custom<object>(
    (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
    { error: 'expected an object' },
  );
  return anyObject.transform((value, context) => {
    const members: [string, T][] = [];
    for (const [name, unchecked] of Object.entries(value)) {
      const result = member.safeParse(unchecked);
      if (result.success) members.push([name, result.data]);
      else
        for (const issue of result.error.issues)
          context.addIssue({ code: 'custom', message: issue.message, path: [name, ...issue.path] });
    }
    return Object.fromEntries(members);
  });
}
