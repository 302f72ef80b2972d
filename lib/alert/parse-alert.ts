/** The JSON of an alert, checked. Subscribers in JavaScript can use it as it is. */
import { z } from 'zod';
import { TidewatchError } from '../base/errors.ts';
import { SEVERITIES } from '../config/severity.ts';
import { SILENCE_KINDS } from '../config/silence-settings.ts';
import { ANOMALY_STATES, NOTIFIED_STATES } from '../incident/contract.ts';
import type { Alert, AlertMember, AlertRestart, AlertSilence, Reason } from './alert.ts';
import { METRIC_UNITS } from './metric-unit.ts';

/** A schema for each member, so that a member added to the type and forgotten here does not compile. */
type Shape<T> = { readonly [Member in keyof T]-?: z.ZodType<unknown> };

export const reasonSchema: z.ZodType<Reason> = z.looseObject({
  metric: z.string(),
  derived: z.string().optional(),
  share: z.number(),
  value: z.number().nullable(),
  unit: z.enum(METRIC_UNITS).optional(),
  byHour: z.boolean().optional(),
  usualLow: z.number(),
  usualHigh: z.number(),
  usual: z.number(),
} satisfies Shape<Reason>);

export const memberSchema: z.ZodType<AlertMember> = z.looseObject({
  anomalyId: z.string(),
  detector: z.string(),
  entity: z.string(),
  workload: z.string(),
  state: z.enum(ANOMALY_STATES),
  start: z.string(),
  end: z.string().nullable(),
  summary: z.string(),
  object: z.string(),
} satisfies Shape<AlertMember>);

export const alertSchema: z.ZodType<Alert> = z.looseObject({
  formatVersion: z.literal(1),
  notificationId: z.string(),
  incidentId: z.string(),
  state: z.enum(NOTIFIED_STATES),
  detector: z.string(),
  targetService: z.string().nullable(),
  entity: z.string(),
  severity: z.enum(SEVERITIES),
  summary: z.string(),
  reasons: z.array(reasonSchema),
  reasonsLeftOut: z.int().min(0),
  restarts: z
    .array(
      z.looseObject({
        metric: z.string(),
        at: z.string(),
        from: z.number(),
        to: z.number(),
      } satisfies Shape<AlertRestart>),
    )
    .optional(),
  by: z.enum(['evidence', 'silence']).optional(),
  silence: z
    .looseObject({
      kind: z.enum(SILENCE_KINDS),
      metrics: z.array(z.string()),
      lastHeard: z.string(),
      cameLate: z.boolean(),
    } satisfies Shape<AlertSilence>)
    .optional(),
  score: z.number(),
  threshold: z.number(),
  falseAlarms: z
    .looseObject({ count: z.number(), per: z.number() } satisfies Shape<NonNullable<Alert['falseAlarms']>>)
    .optional(),
  rarity: z
    .looseObject({
      onceIn: z.number(),
      isBound: z.boolean(),
      heldBack: z.boolean(),
    } satisfies Shape<NonNullable<Alert['rarity']>>)
    .optional(),
  start: z.string(),
  lastAnomalous: z.string(),
  end: z.string().nullable(),
  model: z.looseObject({
    version: z.string(),
    kind: z.string(),
    trainedFrom: z.string(),
    trainedTo: z.string(),
  } satisfies Shape<Alert['model']>),
  members: z.array(memberSchema).optional(),
  membersLeftOut: z.int().min(0).optional(),
  objects: z.looseObject({
    window: z.string(),
    scores: z.string(),
    incident: z.string(),
    anomaly: z.string().optional(),
  } satisfies Shape<Alert['objects']>),
} satisfies Shape<Alert>);

/** @throws TidewatchError where the text is no alert of this format */
export function parseAlert(text: string): Alert {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new TidewatchError('bad-alert', `an alert is JSON, not ${JSON.stringify(text.slice(0, 80))}`, {
      cause,
    });
  }
  const result = alertSchema.safeParse(value);
  if (result.success) return result.data;
  throw new TidewatchError('bad-alert', `not an alert of format 1: ${z.prettifyError(result.error)}`, {
    cause: result.error,
  });
}
