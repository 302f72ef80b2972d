/** Learns what is usual: seasons, then each feature's centre and spread, then how the features go together. */
import { ModelError } from '../../../base/errors.ts';
import type { FeatureMatrix } from '../../../features/feature-matrix.ts';
import { checkDeadline } from '../../framework/check-deadline.ts';
import type { FitRun } from '../../framework/contract.ts';
import { checkTraining } from '../../framework/matrix-checks.ts';
import { takeCoordinates } from './coordinates.ts';
import { buildFactor } from './covariance.ts';
import { describeFit } from './describe.ts';
import { type JointModel, listFeatures, MOST_COLUMNS } from './joint-model.ts';
import {
  findBounds,
  findConstants,
  findDailySpreads,
  findSeasons,
  measureSpreads,
  sampleColumns,
  sampleFeatures,
} from './measure.ts';
import { averageProducts } from './moments.ts';
import { SCALE_SETS } from './scales.ts';

const LEAST_ROWS = 2;
/** Features beyond which scales are given up: a row costs their square. */
const MOST_FEATURES = 512;
/** Share of a fit's work that is done after each step, roughly. */
const PROGRESS = { seasons: 0.2, spreads: 0.5, moments: 0.9, all: 1 } as const;

export interface Fit {
  readonly model: JointModel;
  readonly notes: readonly string[];
}

/**
 * Nothing in it is drawn. Rows with the label 1 count as missing.
 * @throws ModelError where there are too few rows or too many columns, or nothing was measured
 * @throws RetryLaterError where no time is left
 */
export function fitJointModel(x: FeatureMatrix, run: FitRun): Fit {
  checkTraining(x, run, LEAST_ROWS);
  if (x.names.length > MOST_COLUMNS)
    throw new ModelError(
      'too-many-columns',
      `${x.names.length} columns, mahalanobis takes at most ${MOST_COLUMNS}`,
    );
  checkDeadline(run);
  const constant = findConstants(x, run.labels);
  const columns = sampleColumns(x, run.labels);
  const seasons = findSeasons(columns, constant);
  run.onProgress?.(PROGRESS.seasons);

  checkDeadline(run);
  const scaleSet = chooseScales(constant);
  const features = listFeatures(scaleSet, constant);
  const sampled = sampleFeatures(x, { seasons, features, labels: run.labels });
  // Beside others, quiet hours are told by the joint structure; alone they are told by the clock.
  const isAlone = constant.filter((flag) => flag === 0).length === 1;
  const dailySpread = isAlone ? findDailySpreads(sampled) : new Float32Array();
  const usual = measureSpreads(sampled, dailySpread);
  run.onProgress?.(PROGRESS.spreads);

  const coordinates = takeCoordinates({ dailySpread, ...usual }, features);
  const moments = averageProducts(x, { seasons, coordinates, run });
  run.onProgress?.(PROGRESS.moments);

  const columnOf = features.map(({ column }) => column);
  const factor = buildFactor(moments, columnOf);
  const bounds = findBounds(features, sampled, x.names.length);
  const model = {
    columns: [...x.names],
    scaleSet,
    constant,
    seasons,
    ...usual,
    dailySpread,
    factor,
    ...bounds,
  };
  run.onProgress?.(PROGRESS.all);
  return { model, notes: describeFit(model, columns[0]!.times) };
}

/** The richest set that fits; the poorest where none does. */
function chooseScales(constant: Uint8Array): number {
  const at = SCALE_SETS.findIndex((_, set) => listFeatures(set, constant).length <= MOST_FEATURES);
  return at < 0 ? SCALE_SETS.length - 1 : at;
}
