/** What a model version was made of and what it consists of: enough to make it again and to trust what is loaded. */
import * as z from 'zod';
import { MODEL_KINDS, type ModelKind } from '../config/model-kind.ts';
import type { CalibratedBudget, ScoreCalibration } from '../decision/calibration.ts';
import type { DecisionPolicy } from '../decision/contract.ts';
import type { JsonValue } from '../models/framework/contract.ts';
import { jsonObject } from './json.ts';

export const MODEL_MANIFEST_FORMAT = 1;

/** Holds no time of day and no host: the same inputs give the same bytes. */
export interface ModelManifest {
  readonly formatVersion: typeof MODEL_MANIFEST_FORMAT;
  readonly detector: string;
  readonly version: string;
  readonly kind: ModelKind;
  /** What the detector asks for, where the model that was fitted is of another kind: a stand-in, or one that was chosen. */
  readonly requestedKind?: ModelKind | undefined;
  /** Every parameter of the model that was asked for, defaults filled in. */
  readonly params: Readonly<Record<string, JsonValue>>;
  readonly seed: number;
  readonly featurePlanHash: string;
  /** Of the detector's settings. */
  readonly manifestHash: string;
  /** The version that the fit went on from, in place of random weights. */
  readonly lineage?: ModelLineage | undefined;
  /** The windows it was fitted on, oldest first. `rows` as stored in the object. */
  readonly inputs: readonly { readonly key: string; readonly etag: string; readonly rows: number }[];
  /** Of those, what it was not fitted on though it was there; absent: nothing. */
  readonly leftOut?: LeftOutOfTraining | undefined;
  /** Grid rows that it was fitted on, and the entities they belong to. */
  readonly rows: number;
  readonly entities: number;
  /** Milliseconds between grid rows. */
  readonly step: number;
  /** Half-open, ISO 8601 UTC. */
  readonly trainingRange: { readonly start: string; readonly end: string };
  readonly softwareVersion: string;
  /** Of the training scores, in percent: where the policy's threshold comes from. */
  readonly percentile: number;
  readonly policy: DecisionPolicy;
  /** What its scores mean. Absent in versions from before it was measured. */
  readonly calibration?: ScoreCalibration | undefined;
  /** Every other file of the version by name. */
  readonly files: Readonly<Record<string, FileEntry>>;
}

/** A version of another detector, or an earlier one of the same. */
export interface ModelLineage {
  readonly detector: string;
  readonly version: string;
}

/** Grid rows in which something was measured. */
export interface LeftOutOfTraining {
  /** By reason (`training-holes.ts`), each row once: by the first that holds of it. A newer release may know others. */
  readonly rows: Readonly<Record<string, number>>;
  /** Those with the most rows, in order of time. Half-open, ISO 8601 UTC. */
  readonly ranges: readonly {
    readonly reason: string;
    /** The name of the exclusion, the id of the anomaly, or, where nobody watched, the metric that was farthest off. */
    readonly of: string;
    /** Of what nobody watched: that metric's median in it, and what was expected there; absent where it has no scale. */
    readonly value?: number | undefined;
    readonly usual?: number | undefined;
    /** Absent: of several. */
    readonly entity?: string | undefined;
    readonly start: string;
    readonly end: string;
    readonly rows: number;
  }[];
  /** Ranges that are not listed; absent: none. */
  readonly rangesNotListed?: number | undefined;
  /** Rows of anomalies that nobody answered and that are learned from, being more than half of their workload's; absent: none. */
  readonly takenIn?: { readonly rows: number; readonly workloads: number } | undefined;
  /** Anomalies and verdicts that were too many to be read; absent: none. */
  readonly unread?: number | undefined;
  /**
   * Rows from before anybody watched that are like nothing else, and are learned from: too many to be an exception; absent:
   * none.
   */
  readonly tooUnlike?: number | undefined;
}

export interface FileEntry {
  /** Hexadecimal, lower case. */
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
}

/** Plain names: a manifest must not reach outside of its own version. */
const FILE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

type Shape<T> = { readonly [Member in keyof T]-?: z.ZodType<unknown> };

const count = z.int().min(0);

const policy: z.ZodType<DecisionPolicy> = z.looseObject({
  by: z.literal('evidence').optional(),
  holdAbove: z.number().optional(),
  settleRows: count.optional(),
  driftRows: count.optional(),
  threshold: z.number(),
  minDeviation: z.number(),
  extremeDeviation: z.number().optional(),
  k: count,
  n: count,
  resolveAfter: count,
} satisfies Shape<DecisionPolicy>);

const tail: z.ZodType<ScoreCalibration['tail']> = z.looseObject({
  rows: count,
  levels: z.array(z.number()),
  surprises: z.array(z.number()),
  tail: z.looseObject({ shape: z.number(), scale: z.number() }),
  straightFrom: z.number(),
} satisfies Shape<ScoreCalibration['tail']>);

const calibration: z.ZodType<ScoreCalibration> = z.looseObject({
  tail,
  heldBack: z.boolean(),
  budget: z
    .looseObject({
      count: z.number().positive(),
      per: z.number().positive(),
      expected: z.number(),
      peaks: count,
      exposure: z.number(),
      beyond: z.number(),
    } satisfies Shape<CalibratedBudget>)
    .optional(),
} satisfies Shape<ScoreCalibration>);

const leftOut: z.ZodType<LeftOutOfTraining> = z.looseObject({
  rows: z.record(z.string(), count),
  ranges: z.array(
    z.looseObject({
      reason: z.string(),
      of: z.string(),
      value: z.number().optional(),
      usual: z.number().optional(),
      entity: z.string().optional(),
      start: z.iso.datetime(),
      end: z.iso.datetime(),
      rows: count,
    }),
  ),
  rangesNotListed: count.optional(),
  takenIn: z.looseObject({ rows: count, workloads: count }).optional(),
  unread: count.optional(),
  tooUnlike: count.optional(),
} satisfies Shape<LeftOutOfTraining>);

/** Also of what a training keeps between its runs. */
export const inputsSchema: z.ZodType<ModelManifest['inputs']> = z.array(
  z.looseObject({ key: z.string(), etag: z.string(), rows: count }),
);

export const lineageSchema: z.ZodType<ModelLineage> = z.looseObject({
  detector: z.string(),
  version: z.string(),
} satisfies Shape<ModelLineage>);

export const filesSchema: z.ZodType<ModelManifest['files']> = z.record(
  z.string().regex(FILE_NAME),
  z.looseObject({ sha256: z.string().regex(/^[0-9a-f]{64}$/), size: count } satisfies Shape<FileEntry>),
);

export const modelManifestSchema: z.ZodType<ModelManifest> = z.looseObject({
  formatVersion: z.literal(MODEL_MANIFEST_FORMAT),
  detector: z.string(),
  version: z.string(),
  kind: z.enum(MODEL_KINDS),
  requestedKind: z.enum(MODEL_KINDS).optional(),
  params: jsonObject,
  seed: count,
  featurePlanHash: z.string(),
  manifestHash: z.string(),
  lineage: lineageSchema.optional(),
  inputs: inputsSchema,
  leftOut: leftOut.optional(),
  rows: count,
  entities: count,
  step: z.number().positive(),
  trainingRange: z.looseObject({ start: z.iso.datetime(), end: z.iso.datetime() }),
  softwareVersion: z.string(),
  percentile: z.number(),
  policy,
  calibration: calibration.optional(),
  files: filesSchema,
} satisfies Shape<ModelManifest>);

export function isArtifactFileName(name: string): boolean {
  return FILE_NAME.test(name) && name !== 'manifest.json';
}
