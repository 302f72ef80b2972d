/** What a version expects of its metrics: the part of its files that a plot needs, without its model. */
import { ArtifactError, NotFoundError } from '../../base/errors.ts';
import { loadEvidence } from '../../evidence/state.ts';
import { type Expectation, seriesOf } from '../../expectation/expectation.ts';
import { type ExpectedRange, expectRange } from '../../expectation/expected-range.ts';
import { loadFeatures } from '../../features/feature-state.ts';
import type { Profile } from '../../features/profile.ts';
import { type UsualRanges, usualOf } from '../../report/report-input.ts';
import { loadVersion } from '../../store/model-repository.ts';
import type { ObjectStore } from '../../store/object-store.ts';
import { EVIDENCE_FILE } from './fitted-detector.ts';

export interface UsualValues {
  readonly scaler: UsualRanges;
  /** Absent in versions that decide by the score. */
  readonly expectation: Expectation | undefined;
}

const FEATURES_FILE = 'features.json';

/** @param unit of work @returns undefined where the version is gone, or cannot be read */
export async function loadUsualValues(
  store: ObjectStore,
  unit: string,
  version: string,
): Promise<UsualValues | undefined> {
  try {
    const { files } = await loadVersion(store, unit, version, (name) =>
      [FEATURES_FILE, EVIDENCE_FILE].includes(name),
    );
    const read = (name: string): unknown =>
      files[name] === undefined ? undefined : JSON.parse(new TextDecoder().decode(files[name]));
    const evidence = read(EVIDENCE_FILE);
    return {
      scaler: loadFeatures(read(FEATURES_FILE)).scaler,
      expectation: evidence === undefined ? undefined : loadEvidence(evidence).expectation,
    };
  } catch (error) {
    if (error instanceof ArtifactError || error instanceof NotFoundError || error instanceof SyntaxError)
      return undefined;
    throw error;
  }
}

/**
 * Of a metric as it is measured; neither for one that the version knows only by what it computes from it.
 * @param moved how far its level lies off what training predicts, as a reason has it
 */
export function usualOfMetric(
  { scaler, expectation }: UsualValues,
  entity: string,
  metric: string,
  moved = 0,
): { readonly expected?: (time: number) => ExpectedRange; readonly usual?: Profile } {
  const column = scaler.columns.indexOf(metric);
  const usual = usualOf(scaler, entity, metric);
  if (usual === undefined) return {};
  const series = expectation && seriesOf(expectation, entity)[column];
  if (series === undefined || expectRange(series, usual, 0) === undefined) return { usual };
  // On the scale of the matrix: of a column that varies, or else nothing were expected.
  const scaled = moved / usual.divisor;
  return { usual, expected: (time) => expectRange(series, usual, time, scaled)! };
}
