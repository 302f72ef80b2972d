import type { Detector } from '../../config/detector.ts';
import { unitOf } from '../../config/work-unit.ts';
import { hashPlan } from '../../features/plan.ts';
import type { FittedModel } from '../../models/framework/contract.ts';
import type { ModelLineage, ModelManifest } from '../../store/model-manifest.ts';
import { SOFTWARE_VERSION } from '../shared/software-version.ts';
import type { CalibratedVersion } from './calibrate-version.ts';
import { listLeftOut } from './cut-holes.ts';
import type { TrainingData } from './training-data.ts';

/** What the manifest of a version says beside its files. */
export function describeVersion(given: {
  readonly detector: Detector;
  readonly manifestHash: string;
  readonly data: TrainingData;
  readonly lineage: ModelLineage | undefined;
  readonly version: string;
  readonly params: unknown;
  readonly calibrated: CalibratedVersion;
  readonly fitted: FittedModel;
}): Omit<ModelManifest, 'files' | 'formatVersion'> {
  const { detector, manifestHash, data, lineage, version, params, calibrated, fitted } = given;
  const { range, entities, times, step } = data.window;
  return {
    detector: unitOf(detector),
    version,
    kind: fitted.kind,
    ...(fitted.kind !== detector.model.kind && { requestedKind: detector.model.kind }),
    params: params as ModelManifest['params'],
    seed: detector.model.seed,
    featurePlanHash: hashPlan(data.planned.plan),
    manifestHash,
    ...(lineage !== undefined && { lineage }),
    inputs: data.inputs,
    ...(data.leftOut !== undefined && { leftOut: listLeftOut(data.leftOut) }),
    rows: times.length,
    entities: entities.length,
    step,
    trainingRange: { start: new Date(range.start).toISOString(), end: new Date(range.end).toISOString() },
    softwareVersion: SOFTWARE_VERSION,
    percentile: calibrated.percentile,
    policy: calibrated.policy,
    ...(calibrated.calibration !== undefined && { calibration: calibrated.calibration }),
  };
}
