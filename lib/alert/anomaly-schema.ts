/** What is said of an anomaly, checked; also as it was stored while an anomaly went by the names of a message about an incident. */
import * as z from 'zod';
import { renameMembers } from '../base/rename-members.ts';
import { REVISED_KINDS } from '../base/workload.ts';
import { SEVERITIES } from '../config/severity.ts';
import { SILENCE_KINDS } from '../config/silence-settings.ts';
import { ANOMALY_STATES } from '../decision/contract.ts';
import type {
  AlertRelated,
  AlertRestart,
  AlertRollout,
  AlertSettled,
  AlertSilence,
  AlertWorst,
  AnomalyFacts,
  DescribedAnomaly,
  Reason,
} from './alert.ts';
import { METRIC_UNITS } from './metric-unit.ts';

/** A schema for each member, so that a member added to the type and forgotten here does not compile. */
export type Shape<T> = { readonly [Member in keyof T]-?: z.ZodType<T[Member]> };

export const reasonSchema: z.ZodType<Reason> = z.looseObject({
  metric: z.string().describe('Its name.'),
  derived: z
    .string()
    .optional()
    .describe('What was computed from it, such as "change over 5m"; absent: it is the metric itself.'),
  share: z.number().describe('0 to 1 of the score at the worst row.'),
  value: z.number().nullable().describe('At the worst row; null: nothing was measured.'),
  unit: z
    .enum(METRIC_UNITS)
    .optional()
    .describe('Of the values below and above; absent where it is in doubt.'),
  byHour: z
    .boolean()
    .optional()
    .describe('Whether the clock predicts it: the bounds are those of the time of day and week.'),
  usualLow: z.number().describe('Lower bound of what is usual or expected, in the unit of `value`.'),
  usualHigh: z.number().describe('Upper bound.'),
  usual: z.number().describe('The middle of it.'),
  usualMoved: z
    .number()
    .optional()
    .describe(
      'How far `usual` lies off what training predicts, where the metric has settled at a new level since and is held against that; absent elsewhere.',
    ),
  deviation: z
    .number()
    .nullable()
    .optional()
    .describe(
      'How far `value` is from `usual`, in units of half of the usual band (`usualHigh` less `usualLow`), to three decimals; negative below `usual`. null: nothing was measured, or the band has no width. Older alerts lack it.',
    ),
} satisfies Shape<Reason>);

/** What an anomaly and an alert have in common, but for their objects, of which an alert has more. */
export const factsShape: Shape<Omit<AnomalyFacts, 'formatVersion' | 'objects'>> = {
  isGone: z
    .boolean()
    .optional()
    .describe(
      'Of `resolved`: its pods are no longer there, so that nothing says that they were well. Also of what lacked data.',
    ),
  detector: z.string().describe('Of the probable culprit.'),
  targetService: z.string().nullable().describe('`spec.target_service` of its manifest.'),
  entity: z.string().describe("The probable culprit; empty: all of the detector's data is one entity."),
  severity: z
    .enum(SEVERITIES)
    .describe('Never falls while the incident lasts; at most `spec.alert_severity`.'),
  labels: z.record(z.string(), z.string()).optional().describe('`metadata.labels` of the manifest.'),
  annotations: z
    .record(z.string(), z.string())
    .optional()
    .describe('`metadata.annotations` of the manifest.'),
  metadataLeftOut: z
    .int()
    .min(0)
    .optional()
    .describe(
      'Labels and annotations that were too many (over 20 of each) or too long (over 1,024 characters).',
    ),
  summary: z.string().describe("One sentence for a phone's lock screen."),
  reasons: z.array(reasonSchema).describe('Metrics of the culprit, largest share first; at most 20.'),
  reasonsLeftOut: z.int().min(0).describe('How many were cut off the end of `reasons`.'),
  restarts: z
    .array(
      z.looseObject({
        metric: z.string().describe('The counter or uptime that began again.'),
        at: z.string().describe('First row after it.'),
        from: z.number().describe('Value before.'),
        to: z.number().describe('Value after.'),
      } satisfies Shape<AlertRestart>),
    )
    .optional()
    .describe('Shortly before or during the incident, oldest first; at most 5.'),
  rollouts: z
    .array(
      z.looseObject({
        workload: z.string().describe('With its namespace, such as `shop/checkout`.'),
        kind: z.enum(REVISED_KINDS).optional().describe('Absent: a Deployment.'),
        at: z
          .string()
          .describe(
            'First row of a pod of the new ReplicaSet; of other kinds, at which the new revision was asked for.',
          ),
        from: z
          .string()
          .describe(
            'Hash of the ReplicaSet that was there, as names of its pods have it; of a StatefulSet that of its revision, of a DaemonSet the generation of its specification.',
          ),
        to: z.string().describe('Of the new one.'),
      } satisfies Shape<AlertRollout>),
    )
    .optional()
    .describe(
      'Of its workloads or what they depend on, from an hour before the incident on, oldest first; at most 5.',
    ),
  worst: z
    .looseObject({
      metric: z.string().describe('Its name: that which leads the reasons.'),
      value: z.number().describe('The farthest from what was expected.'),
      at: z.string().describe('Its row.'),
      unit: z.enum(METRIC_UNITS).optional().describe('Of all values; absent where it is in doubt.'),
      usualLow: z.number().describe('Lower bound of what is usual or expected at that row.'),
      usualHigh: z.number().describe('Upper bound.'),
      usual: z.number().describe('The middle of it.'),
      byHour: z.boolean().optional().describe('Whether the bounds are those of the time of day and week.'),
    } satisfies Shape<AlertWorst>)
    .optional()
    .describe(
      "How far the culprit's leading metric went at most so far; absent where no metric by itself tells.",
    ),
  settled: z
    .looseObject({
      metric: z.string().describe('Its name.'),
      value: z.number().describe('The median of its rows since.'),
      usual: z.number().describe('What was usual, or expected, when it moved.'),
      unit: z.enum(METRIC_UNITS).optional().describe('Of both; absent where it is in doubt.'),
    } satisfies Shape<AlertSettled>)
    .optional()
    .describe(
      'Of what has settled: where the metric is that it was about; absent where it was about none by itself.',
    ),
  by: z
    .enum(['evidence', 'silence'])
    .optional()
    .describe(
      "What `score` and `threshold` are of; absent: the model's scores. `silence`: seconds without data.",
    ),
  related: z
    .array(
      z.looseObject({
        detector: z.string().describe('Whose it is.'),
        entity: z.string().describe('Another one than the culprit.'),
        metric: z.string().describe('Its name.'),
        correlation: z.number().describe('-1 to 1, of ranks: below 0 it went the other way.'),
      } satisfies Shape<AlertRelated>),
    )
    .optional()
    .describe(
      'Metrics of other entities that moved as the leading one did, the most alike first; at most 8. Of other detectors: those that have a part in the incident, as far as they were found before the message. Absent where none is known when the message is made.',
    ),
  silence: z
    .looseObject({
      kind: z
        .enum(SILENCE_KINDS)
        .describe('One entity is silent, metrics of it are missing, nobody reports, or data comes late.'),
      metrics: z.array(z.string()).describe('Those that are missing; empty: all.'),
      lastHeard: z.string().describe('The newest row that was there.'),
      expected: z
        .string()
        .optional()
        .describe(
          'When it should have come, of what comes at regular times, as a nightly job does; absent where that is not known.',
        ),
      lastVisit: z
        .looseObject({
          from: z.string().describe('Its first row.'),
          to: z.string().describe('Its end, exclusive.'),
        })
        .optional()
        .describe('With `expected`: when it was there last.'),
      cameLate: z.boolean().describe('At its end: whether the rows came after all.'),
      isGone: z
        .boolean()
        .optional()
        .describe('At its end: true where its entity is no longer there, and so not back; else absent.'),
    } satisfies Shape<AlertSilence>)
    .optional()
    .describe('With `by: silence`: what is missing.'),
  score: z.number().describe('The highest so far.'),
  threshold: z.number().describe('From which a row is anomalous.'),
  falseAlarms: z
    .looseObject({
      count: z.number().describe('So many'),
      per: z.number().describe('in so many milliseconds, over all entities of the detector.'),
    } satisfies Shape<NonNullable<AnomalyFacts['falseAlarms']>>)
    .optional()
    .describe('With `by: evidence`: how often normal data goes as far as `threshold`.'),
  rarity: z
    .looseObject({
      onceIn: z.number().describe('One of so many normal rows.'),
      isBound: z.boolean().describe('Whether it is rarer than that.'),
      heldBack: z.boolean().describe('Whether the rows were kept out of the training.'),
    } satisfies Shape<NonNullable<AnomalyFacts['rarity']>>)
    .optional()
    .describe(
      "How often normal rows score as high as `score`; absent where the model's version does not tell.",
    ),
  start: z
    .string()
    .describe(
      'First row of the incident: the first that is off; where a mean over a stretch told of it, the first for which that was far enough.',
    ),
  lastAnomalous: z.string().describe('Newest anomalous row.'),
  end: z.string().nullable().describe('Exclusive; null while it is open.'),
  model: z
    .looseObject({
      version: z.string().describe('Folder of the version in `models/`.'),
      kind: z.string().describe('Such as `isolation-forest`.'),
      trainedFrom: z.string().describe('First row of its training.'),
      trainedTo: z.string().describe('End of its training, exclusive.'),
    } satisfies Shape<AnomalyFacts['model']>)
    .describe('That the culprit was judged by.'),
};

export const objectsShape: Shape<AnomalyFacts['objects']> = {
  window: z.string().describe('Key of the data.'),
  scores: z.string().describe('Key of their scores.'),
};

/** By their former names. */
const NAMES = { incidentId: 'anomalyId', notificationId: 'changeId' } as const;

export const describedAnomalySchema: z.ZodType<DescribedAnomaly> = z.preprocess(
  (value) => renameMembers(value, NAMES),
  z.looseObject({
    formatVersion: z.literal(1),
    anomalyId: z.string(),
    changeId: z.string(),
    state: z.enum(ANOMALY_STATES),
    ...factsShape,
    objects: z.looseObject(objectsShape),
  } satisfies Shape<DescribedAnomaly>),
);
