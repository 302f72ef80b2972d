/**
 * A stored plan, checked: a column that this build would compute in another way than training did is an error. So what
 * says how a column is computed has no unknown members; what stands around it may.
 */
import * as z from 'zod';
import { ArtifactError } from '../base/errors.ts';
import { CALENDAR_CYCLES, isTimeZone, STATISTICS } from '../config/feature-settings.ts';
import { nameColumn } from './column-name.ts';
import {
  AVAILABILITY_COLUMN,
  contextRowsOf,
  type FeaturePlan,
  PLAN_FORMAT_VERSION,
  planFeatures,
} from './plan.ts';
import { invalid, record, show } from './read-state.ts';

const rows = z.int().min(1);
const timeZone = z.string().refine(isTimeZone, { error: 'a time zone that this runtime does not know' });

const transform = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('log') }),
  z.strictObject({ kind: z.literal('change'), rows }),
  z.strictObject({ kind: z.literal('relative_change'), rows }),
  z.strictObject({ kind: z.literal('rate'), rows }),
  z.strictObject({ kind: z.literal('uptime'), of: z.enum(['age', 'start']), rows: z.literal(1) }),
  z.strictObject({ kind: z.literal('lag'), rows }),
  z.strictObject({ kind: z.literal('rolling'), statistic: z.enum(STATISTICS), rows: rows.min(2) }),
]);

const source = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('metric'), metric: z.string().min(1) }),
  z.strictObject({ kind: z.literal('ratio'), of: z.string().min(1), to: z.string().min(1) }),
  z.strictObject({
    kind: z.literal('calendar'),
    cycle: z.enum(CALENDAR_CYCLES),
    wave: z.enum(['sine', 'cosine']),
    timeZone,
  }),
  z.strictObject({ kind: z.literal('availability') }),
]);

const planSchema: z.ZodType<FeaturePlan> = z.looseObject({
  formatVersion: z.literal(PLAN_FORMAT_VERSION),
  columns: z.array(z.looseObject({ name: z.string(), source, transforms: z.array(transform) })).min(1),
  missing: z.literal('nan'),
  minWindowShare: z.number().min(0).max(1),
  contextRows: z.int().min(0),
  step: z.number().positive().nullable(),
  timeZone: timeZone.exactOptional(),
});

/** A plan of format 1 becomes the plan of format 2 that computes the same. @throws ArtifactError */
export function loadPlan(raw: unknown): FeaturePlan {
  const { formatVersion } = record(raw, 'feature plan');
  if (formatVersion === 1) return loadFirstFormat(raw);
  if (formatVersion !== PLAN_FORMAT_VERSION)
    throw invalid(
      `feature plan has format version ${show(formatVersion)}, this build reads 1 to ${PLAN_FORMAT_VERSION}`,
    );
  const result = planSchema.safeParse(raw);
  if (!result.success)
    throw new ArtifactError('bad-features', `feature plan: ${z.prettifyError(result.error)}`, {
      cause: result.error,
    });
  checkPlan(result.data);
  return result.data;
}

function checkPlan({ columns, contextRows, step }: FeaturePlan): void {
  const names = new Set(columns.map(({ name }) => name));
  if (names.size !== columns.length) throw invalid('feature plan: a column is given twice');
  for (const column of columns) {
    const expected = nameColumn(column.source, column.transforms, step ?? 0);
    if (step !== null && column.name !== expected)
      throw invalid(`feature plan: column ${show(column.name)} is ${show(expected)}`);
  }
  const needed = Math.max(...columns.map(contextRowsOf));
  if (needed !== contextRows)
    throw invalid(`feature plan says ${contextRows} context rows, its columns need ${needed}`);
  if ((step === null) !== (needed === 0))
    throw invalid(`feature plan has ${needed} context rows and a step of ${step}`);
}

/** Format 1 knew one plan per list of metrics, so that any other is a damaged one. */
function loadFirstFormat(raw: unknown): FeaturePlan {
  const { columns } = record(raw, 'feature plan');
  if (!Array.isArray(columns)) throw invalid(`feature plan columns: ${show(columns)} is not a list`);
  const metrics = columns
    .map((item) => record(item, 'feature column').metric)
    .filter((metric) => typeof metric === 'string');
  const plan = planOrRefuse(metrics);
  const first = {
    formatVersion: 1,
    columns: [
      ...metrics.map((metric) => ({ kind: 'metric', name: metric, metric, transform: 'identity' })),
      { kind: 'availability', name: AVAILABILITY_COLUMN },
    ],
    missing: 'nan',
    contextRows: 0,
  };
  const inOrder = plan.columns.every(({ name }, c) => name === first.columns[c]?.name);
  if (inOrder && JSON.stringify(sortKeys(raw)) === JSON.stringify(sortKeys(first))) return plan;
  throw invalid('feature plan holds columns or settings that format version 1 does not have');
}

function planOrRefuse(metrics: readonly string[]): FeaturePlan {
  try {
    return planFeatures(metrics);
  } catch (cause) {
    throw new ArtifactError('bad-features', 'feature plan cannot be read', { cause });
  }
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort()
      .map(([key, item]) => [key, sortKeys(item)]),
  );
}
