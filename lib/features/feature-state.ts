/**
 * Plan, scaler and usual ranges as JSON: what an artifact keeps so that a row is scaled at score time as it was in
 * training. Numbers are base64 of little-endian float64, 4 per column of an entity that has values of its own:
 * 1,000 entities × 17 columns take 0.8 MB.
 */
import { ArtifactError } from '../errors.ts';
import { type FeaturePlan, PLAN_FORMAT_VERSION, planFeatures, plannedMetrics } from './plan.ts';
import { type Profile, SHAPES, type Shape } from './profile.ts';
import type { FittedScaler } from './robust-scaler.ts';

export const FEATURE_STATE_VERSION = 1;

export interface FeatureState {
  readonly formatVersion: typeof FEATURE_STATE_VERSION;
  readonly plan: FeaturePlan;
  readonly scaler: {
    readonly columns: readonly string[];
    readonly entities: readonly string[];
    /** Base64 of one byte per profile, entity by entity, the pooled ones last. */
    readonly shapes: string;
    /** Base64 of centre, scale, low, high per profile, in that order. */
    readonly profiles: string;
  };
}

export interface Features {
  readonly plan: FeaturePlan;
  readonly scaler: FittedScaler;
}

const NUMBERS_PER_PROFILE = 4;
const SHAPE_NAMES = Object.keys(SHAPES) as readonly Shape[];

export function saveFeatures({ plan, scaler }: Features): FeatureState {
  const profiles = [...scaler.entities.values(), scaler.pooled].flat();
  const shapes = Uint8Array.from(profiles, (profile) => SHAPES[profile.shape]);
  const numbers = Buffer.alloc(profiles.length * NUMBERS_PER_PROFILE * 8);
  for (const [i, { center, scale, low, high }] of profiles.entries())
    for (const [k, number] of [center, scale, low, high].entries())
      numbers.writeDoubleLE(number, (i * NUMBERS_PER_PROFILE + k) * 8);
  return {
    formatVersion: FEATURE_STATE_VERSION,
    plan,
    scaler: {
      columns: scaler.columns,
      entities: [...scaler.entities.keys()],
      shapes: Buffer.from(shapes).toString('base64'),
      profiles: numbers.toString('base64'),
    },
  };
}

/** @throws ArtifactError where `state` is of another format version, or inconsistent */
export function loadFeatures(state: unknown): Features {
  const { formatVersion, plan: rawPlan, scaler: rawScaler } = record(state, 'feature state');
  if (formatVersion !== FEATURE_STATE_VERSION)
    throw invalid(
      `feature state has format version ${show(formatVersion)}, this build reads ${FEATURE_STATE_VERSION}`,
    );
  const plan = loadPlan(rawPlan);
  const raw = record(rawScaler, 'scaler');
  const columns = strings(raw.columns, 'scaler columns');
  if (columns.join('\n') !== plan.columns.map((column) => column.name).join('\n'))
    throw invalid(`scaler columns ${show(columns)} are not the plan's`);
  const entities = strings(raw.entities, 'scaler entities');
  if (new Set(entities).size !== entities.length) throw invalid('scaler entities: a name is given twice');
  const count = (entities.length + 1) * columns.length;
  const shapes = bytes(raw.shapes, count, 'scaler shapes');
  const numbers = bytes(raw.profiles, count * NUMBERS_PER_PROFILE * 8, 'scaler profiles');
  const rows = Array.from({ length: entities.length + 1 }, (_, row) =>
    columns.map((column, c) => loadProfile({ shapes, numbers, index: row * columns.length + c, column })),
  );
  const pooled = rows.pop()!;
  return {
    plan,
    scaler: { columns, entities: new Map(entities.map((name, e) => [name, rows[e]!])), pooled },
  };
}

/** Format version 1 knows one plan per list of metrics, so that any other is a damaged one. */
function loadPlan(raw: unknown): FeaturePlan {
  const { formatVersion, columns } = record(raw, 'feature plan');
  if (formatVersion !== PLAN_FORMAT_VERSION)
    throw invalid(
      `feature plan has format version ${show(formatVersion)}, this build reads ${PLAN_FORMAT_VERSION}`,
    );
  if (!Array.isArray(columns)) throw invalid(`feature plan columns: ${show(columns)} is not a list`);
  const metrics = columns
    .map((item) => record(item, 'feature column'))
    .filter((item) => item.kind === 'metric');
  const names = strings(
    metrics.map((item) => item.metric),
    'feature plan metrics',
  );
  try {
    const plan = planFeatures(names);
    const same =
      plannedMetrics(plan).join('\n') === names.join('\n') && columns.length === plan.columns.length;
    if (same && JSON.stringify(sortKeys(raw)) === JSON.stringify(sortKeys(plan))) return plan;
  } catch (cause) {
    throw new ArtifactError('bad-features', 'feature plan cannot be read', { cause });
  }
  throw invalid('feature plan holds columns or settings that format version 1 does not have');
}

interface ProfileSource {
  readonly shapes: Buffer;
  readonly numbers: Buffer;
  readonly index: number;
  readonly column: string;
}

function loadProfile({ shapes, numbers, index, column }: ProfileSource): Profile {
  const shape = SHAPE_NAMES.find((name) => SHAPES[name] === shapes[index]);
  if (shape === undefined) throw invalid(`column ${column} has shape ${shapes[index]}, known are 0 to 2`);
  const [center, scale, low, high] = Array.from({ length: NUMBERS_PER_PROFILE }, (_, k) =>
    numbers.readDoubleLE((index * NUMBERS_PER_PROFILE + k) * 8),
  ) as [number, number, number, number];
  const measured = [center, scale, low, high].every(Number.isFinite);
  const fits = {
    varies: measured && scale > 0,
    constant: measured && scale === 0,
    unmeasured: Number.isNaN(center),
  };
  if (!fits[shape]) throw invalid(`column ${column} ${shape}, but has centre ${center} and scale ${scale}`);
  return { shape, center, scale, low, high };
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

function record(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw invalid(`${what}: ${show(value)} is not an object`);
}

function strings(value: unknown, what: string): readonly string[] {
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  throw invalid(`${what}: ${show(value)} is not a list of strings`);
}

function bytes(value: unknown, length: number, what: string): Buffer {
  const decoded = Buffer.from(typeof value === 'string' ? value : '', 'base64');
  if (decoded.length !== length) throw invalid(`${what}: ${decoded.length} bytes, expected ${length}`);
  return decoded;
}

function show(value: unknown): string {
  return (JSON.stringify(value) ?? String(value)).slice(0, 200);
}

function invalid(message: string): ArtifactError {
  return new ArtifactError('bad-features', message);
}
