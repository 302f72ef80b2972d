/**
 * Plan, scaler and usual ranges as JSON: what an artifact keeps so that a row is scaled at score time as it was in
 * training. Numbers are base64 of little-endian float64, 4 per column of an entity that has values of its own, and 2
 * more unless the scaler is the robust one: 1,000 entities × 17 columns take 0.8 MB.
 */
import { SCALER_KINDS, type ScalerKind } from '../config/feature-settings.ts';
import { type FeaturePlan, hashPlan } from './plan.ts';
import { loadPlan } from './plan-state.ts';
import { type Profile, SHAPES, type Shape } from './profile.ts';
import { bytes, invalid, record, show, strings } from './read-state.ts';
import type { FittedScaler } from './scaler.ts';

/** Version 1 knew the robust scaler only, and a plan of every metric as it is. It is read, and no longer written. */
export const FEATURE_STATE_VERSION = 2;

export interface FeatureState {
  readonly formatVersion: typeof FEATURE_STATE_VERSION;
  readonly plan: FeaturePlan;
  readonly scaler: {
    readonly kind: ScalerKind;
    readonly columns: readonly string[];
    readonly entities: readonly string[];
    /** Base64 of one byte per profile, entity by entity, the pooled ones last. */
    readonly shapes: string;
    /** Base64 of centre, scale, low, high per profile, in that order. */
    readonly profiles: string;
    /** Base64 of offset and divisor per profile; null where those are centre and scale: for the robust scaler. */
    readonly scaling: string | null;
  };
}

export interface Features {
  readonly plan: FeaturePlan;
  readonly scaler: FittedScaler;
}

export interface LoadedFeatures extends Features {
  /** Of the plan as it stands in the state, which may be of an older format than `plan`. */
  readonly planHash: string;
}

const SHAPE_NAMES = Object.keys(SHAPES) as readonly Shape[];

export function saveFeatures({ plan, scaler }: Features): FeatureState {
  const profiles = [...scaler.entities.values(), scaler.pooled].flat();
  const shapes = Uint8Array.from(profiles, (profile) => SHAPES[profile.shape]);
  return {
    formatVersion: FEATURE_STATE_VERSION,
    plan,
    scaler: {
      kind: scaler.kind,
      columns: scaler.columns,
      entities: [...scaler.entities.keys()],
      shapes: Buffer.from(shapes).toString('base64'),
      profiles: writeNumbers(profiles.flatMap(({ center, scale, low, high }) => [center, scale, low, high])),
      scaling:
        scaler.kind === 'robust'
          ? null
          : writeNumbers(profiles.flatMap(({ offset, divisor }) => [offset, divisor])),
    },
  };
}

/** @throws ArtifactError where `state` is of another format version, or inconsistent */
export function loadFeatures(state: unknown): LoadedFeatures {
  const { formatVersion, plan: rawPlan, scaler: rawScaler } = record(state, 'feature state');
  if (formatVersion !== 1 && formatVersion !== FEATURE_STATE_VERSION)
    throw invalid(
      `feature state has format version ${show(formatVersion)}, this build reads 1 to ${FEATURE_STATE_VERSION}`,
    );
  const plan = loadPlan(rawPlan);
  const raw = record(rawScaler, 'scaler');
  const kind = formatVersion === 1 ? 'robust' : loadKind(raw.kind);
  const columns = strings(raw.columns, 'scaler columns');
  if (columns.join('\n') !== plan.columns.map((column) => column.name).join('\n'))
    throw invalid(`scaler columns ${show(columns)} are not the plan's`);
  const entities = strings(raw.entities, 'scaler entities');
  if (new Set(entities).size !== entities.length) throw invalid('scaler entities: a name is given twice');
  const count = (entities.length + 1) * columns.length;
  const shapes = bytes(raw.shapes, count, 'scaler shapes');
  const usual = readNumbers(raw.profiles, count * 4, 'scaler profiles');
  const scaling = kind === 'robust' ? undefined : readNumbers(raw.scaling, count * 2, 'scaler scaling');
  const rows = Array.from({ length: entities.length + 1 }, (_, row) =>
    columns.map((column, c) => {
      const index = row * columns.length + c;
      return loadProfile({ shape: shapes[index], usual, scaling, index, column });
    }),
  );
  const pooled = rows.pop()!;
  return {
    plan,
    planHash: hashPlan(record(rawPlan, 'feature plan')),
    scaler: { kind, columns, entities: new Map(entities.map((name, e) => [name, rows[e]!])), pooled },
  };
}

function loadKind(raw: unknown): ScalerKind {
  const kind = SCALER_KINDS.find((known) => known === raw);
  if (kind === undefined) throw invalid(`scaler kind ${show(raw)} is none of ${SCALER_KINDS.join(', ')}`);
  return kind;
}

function loadProfile(stored: {
  readonly shape: number | undefined;
  readonly usual: Float64Array;
  readonly scaling: Float64Array | undefined;
  readonly index: number;
  readonly column: string;
}): Profile {
  const { usual, scaling, index, column } = stored;
  const shape = SHAPE_NAMES.find((name) => SHAPES[name] === stored.shape);
  if (shape === undefined) throw invalid(`column ${column} has shape ${stored.shape}, known are 0 to 2`);
  const [center, scale, low, high] = [0, 1, 2, 3].map((k) => usual[index * 4 + k]!) as [
    number,
    number,
    number,
    number,
  ];
  const offset = scaling === undefined ? center : scaling[index * 2]!;
  const divisor = scaling === undefined ? scale : scaling[index * 2 + 1]!;
  const measured = [center, scale, low, high, offset, divisor].every(Number.isFinite);
  const fits = {
    varies: measured && scale > 0 && divisor > 0,
    constant: measured && scale === 0 && divisor === 0,
    unmeasured: Number.isNaN(center),
  };
  if (!fits[shape])
    throw invalid(
      `column ${column} ${shape}, but has centre ${center}, scale ${scale}, offset ${offset} and divisor ${divisor}`,
    );
  return { shape, center, scale, low, high, offset, divisor };
}

function writeNumbers(numbers: readonly number[]): string {
  const buffer = Buffer.alloc(numbers.length * 8);
  for (const [i, number] of numbers.entries()) buffer.writeDoubleLE(number, i * 8);
  return buffer.toString('base64');
}

function readNumbers(raw: unknown, count: number, what: string): Float64Array {
  const buffer = bytes(raw, count * 8, what);
  return Float64Array.from({ length: count }, (_, i) => buffer.readDoubleLE(i * 8));
}
