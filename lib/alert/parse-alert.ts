/** The JSON of an alert, checked. Subscribers in JavaScript can use it as it is. */
import * as z from 'zod';
import { TidewatchError } from '../base/errors.ts';
import { ANOMALY_STATES } from '../decision/contract.ts';
import { NOTIFIED_STATES } from '../incident/contract.ts';
import type { Alert, AlertCulprit, AlertLinks, AlertMember } from './alert.ts';
import { factsShape, objectsShape, type Shape } from './anomaly-schema.ts';

export const memberSchema: z.ZodType<AlertMember> = z.looseObject({
  anomalyId: z.string().describe('Stays the same for the anomaly.'),
  incidentId: z
    .string()
    .optional()
    .describe(
      'In a digest: the incident whose probable culprit it is; `state`, `start`, `end` and `summary` are then of that.',
    ),
  detector: z.string().describe('That found it.'),
  entity: z.string().describe("Empty: all of the detector's data is one entity."),
  workload: z.string().describe('Of the entity, or the entity itself.'),
  state: z.enum(ANOMALY_STATES).describe('Of the anomaly.'),
  start: z.string().describe('First row of it.'),
  end: z.string().nullable().describe('Exclusive; null: it is open.'),
  summary: z.string().describe('One sentence.'),
  object: z.string().describe('Key of the anomaly: each of its changes, with its reasons.'),
} satisfies Shape<AlertMember>);

export const alertSchema: z.ZodType<Alert> = z.looseObject({
  formatVersion: z.literal(1).describe('1.'),
  notificationId: z
    .string()
    .describe('Of one change of one incident: drop repeats by it. Its number counts up within the incident.'),
  incidentId: z
    .string()
    .describe('The same in every message about an incident; a digest has one of its own.'),
  state: z.enum(NOTIFIED_STATES).describe('What became of the incident.'),
  isBack: z
    .boolean()
    .optional()
    .describe(
      'Its end was told, and it is there again: true in the first message that says so. What closed it opens it anew.',
    ),
  ...factsShape,
  firstCulprit: z
    .looseObject({
      detector: z.string().describe('That found it.'),
      targetService: z.string().optional().describe('Of its detector.'),
      namespace: z.string().optional().describe('Absent where the entity names none.'),
      workload: z.string().describe('Of the entity, without its namespace; or the entity itself.'),
      labels: z
        .record(z.string(), z.string())
        .optional()
        .describe("`metadata.labels` of its detector's manifest."),
    } satisfies Shape<AlertCulprit>)
    .optional()
    .describe(
      'The probable culprit of the first message: the same in every message about the incident, whoever is the culprit since. Absent in a digest.',
    ),
  members: z
    .array(memberSchema)
    .optional()
    .describe(
      'The anomalies of the incident, the probable culprit first; of a digest its incidents, the most important first; at most 50.',
    ),
  membersLeftOut: z
    .int()
    .min(0)
    .optional()
    .describe("How many were cut off the end of `members`; the incident's object has them."),
  objects: z
    .looseObject({
      bucket: z.string().optional().describe('Name of the bucket; absent where there is none.'),
      region: z.string().optional().describe('Of the bucket.'),
      ...objectsShape,
      incident: z
        .string()
        .describe('Key of the incident, or of the digest: all of its members, and what was told.'),
      anomaly: z.string().optional().describe("Key of the culprit's anomaly."),
      page: z
        .string()
        .optional()
        .describe('Key of the page for people, written shortly after the message; absent in a digest.'),
    } satisfies Shape<Alert['objects']>)
    .describe('Where to read on.'),
  links: z
    .looseObject({
      page: z
        .string()
        .describe(
          'Address of the page: whoever has it may see it and answer the incident. Absent in a digest.',
        ),
      expires: z.string().describe('Until when it holds, exclusive.'),
    } satisfies Shape<AlertLinks>)
    .optional()
    .describe('Where the deployment serves pages (`pages=on`).'),
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
