/** The smallest change of each metric that matters, and which way it has to go, on the scale of the feature matrix. */
import { type MetricUnit, unitOfMetric } from '../../alert/metric-unit.ts';
import type { ChangeSettings, Detector } from '../../config/detector.ts';
import type { Watched } from '../../evidence/calibrate-evidence.ts';
import { harmlessSideOf } from '../../expectation/harmless-side.ts';
import type { FeaturePlan } from '../../features/plan.ts';
import type { PlannedColumn } from '../../features/planned-column.ts';
import type { Profile } from '../../features/profile.ts';
import { CONSTANT_SCALE, type FittedScaler, profilesOf } from '../../features/scaler.ts';

/**
 * Where nobody says: below these nobody would look twice, however steady a metric was. In the unit itself; a metric
 * without a known unit goes by its usual level alone.
 */
const LEAST_BY_UNIT: Readonly<Record<MetricUnit, number>> = {
  bytes: 64 * 1024,
  'bytes/s': 1024,
  seconds: 0.001,
  milliseconds: 1,
  ratio: 0.002,
  percent: 0.2,
  cores: 0.002,
  celsius: 0.5,
};

interface Given {
  readonly detector: Detector;
  readonly plan: FeaturePlan;
  readonly scaler: FittedScaler;
}

/** @returns per entity one number a column, 0 or above, in units of the matrix */
export function findLeastChanges({ detector, plan, scaler }: Given): (entity: string) => Float64Array {
  const known = new Map<readonly Profile[], Float64Array>();
  const settings = plan.columns.map((column) => settingsOf(detector, column));
  return (entity) => {
    const profiles = profilesOf(scaler, entity);
    const found =
      known.get(profiles) ?? Float64Array.from(profiles, (profile, c) => toScale(profile, settings[c]!));
    known.set(profiles, found);
    return found;
  };
}

/** @returns one a column, in its own unit: how far from 0 what was constantly 0 has to go, as `buildMatrix` takes it */
export function findLeastOffZero({ detector, plan }: Pick<Given, 'detector' | 'plan'>): readonly number[] {
  return plan.columns.map((column) => settingsOf(detector, column).absolute);
}

/**
 * Which way each column is watched, one a column. The clock is no metric: that training saw no Sunday makes none unusual.
 * Nor is what is missing, which is a silence and told as one. To its harmless side a metric is not watched, unless `by_metric` of
 * that metric says so.
 */
export function findDirections(given: Pick<Given, 'detector' | 'plan'>): readonly Watched[] {
  const { detector, plan } = given;
  return findAskedDirections(given).map((direction, c) => {
    const { source, name } = plan.columns[c]!;
    const isSaid =
      source.kind === 'metric' && detector.threshold.byMetric[source.metric]?.direction !== undefined;
    const harmless = harmlessSideOf(name);
    if (direction !== 'both' || isSaid || harmless === undefined) return direction;
    return harmless === 'above' ? 'below' : 'above';
  });
}

/** As `findDirections`, by what the manifest asks for alone. */
export function findAskedDirections({
  detector,
  plan,
}: Pick<Given, 'detector' | 'plan'>): readonly Watched[] {
  return plan.columns.map((column) =>
    column.source.kind === 'calendar' || column.source.kind === 'availability'
      ? 'none'
      : settingsOf(detector, column).direction,
  );
}

interface ColumnSettings extends Omit<ChangeSettings, 'absolute'> {
  readonly absolute: number;
}

function settingsOf({ threshold, metrics }: Detector, column: PlannedColumn): ColumnSettings {
  const metric = column.source.kind === 'metric' ? column.source.metric : undefined;
  const own = { ...threshold.change, ...(metric === undefined ? {} : threshold.byMetric[metric]) };
  if (metric === undefined || column.transforms.length > 0) return { ...own, absolute: 0 };
  const unit = unitOfMetric(metric, metrics.find(({ name }) => name === metric)?.query);
  return { ...own, absolute: own.absolute ?? (unit === undefined ? 0 : LEAST_BY_UNIT[unit]) };
}

function toScale(profile: Profile, { absolute, relative }: ColumnSettings): number {
  const { shape, center, divisor } = profile;
  if (shape === 'unmeasured') return 0;
  const size = Math.abs(center);
  if (shape === 'varies') return Math.max(absolute, relative * size) / divisor;
  // A constant's moves are told as a share of the larger magnitude. Off zero every one is the whole of it: see `findLeastOffZero`.
  return Math.max(relative, size > 0 ? absolute / size : 0) / CONSTANT_SCALE;
}
