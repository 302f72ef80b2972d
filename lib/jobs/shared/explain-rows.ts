/** Why rows scored as they did, in the metrics' own units. */
import type { Reason } from '../../alert/alert.ts';
import type { Detector } from '../../config/detector.ts';
import { seriesOf } from '../../expectation/expectation.ts';
import { expectRange, isSeasonal } from '../../expectation/expected-range.ts';
import { nameSource } from '../../features/column-name.ts';
import { deriveColumns } from '../../features/derive-columns.ts';
import type { FeatureMatrix } from '../../features/feature-matrix.ts';
import { profilesOf } from '../../features/scaler.ts';
import type { PlannedRows } from '../../features/source-columns.ts';
import type { Contribution } from '../../models/framework/contract.ts';
import { describeFeature, type UsualRange } from './describe-feature.ts';
import type { FittedDetector } from './fitted-detector.ts';

/** Of the score: what has less rounds to 0 % and explains nothing. */
const LEAST_SHARE = 0.005;

interface Part {
  /** Index of the column. */
  readonly column: number;
  readonly share: number;
  readonly isUnusual: boolean;
}

export interface ExplainInput {
  readonly fitted: Pick<FittedDetector, 'plan' | 'scaler' | 'model'> &
    Partial<Pick<FittedDetector, 'evidence'>>;
  /** What the rows of `x` were made of. */
  readonly planned: PlannedRows;
  readonly x: FeatureMatrix;
  readonly metrics: Detector['metrics'];
}

/**
 * All at once: what a window's columns are derived from is looked through once, however many incidents are in it.
 * @param rows of `x`
 * @returns for each of them one reason per metric, largest share first: what several columns of a metric add to the score adds up, and the most
 * telling one is shown. That is the one with the largest share of those that left their usual range, or of all where
 * none did. Metrics that had next to no part in the score are left out.
 */
export async function explainRows(
  given: ExplainInput,
  rows: Uint32Array,
): Promise<readonly (readonly Reason[])[]> {
  const { fitted, planned, x } = given;
  if (rows.length === 0) return [];
  const explained = await fitted.model.explain(x, rows);
  const values = deriveValues(planned, rows);
  return Array.from(rows, (row, at) =>
    toReasons(given, { row, contributions: explained[at] ?? [], values: values[at]! }),
  );
}

/** @returns for each of the rows the values of all columns, raw */
export function deriveValues(planned: PlannedRows, rows: Uint32Array): readonly (readonly number[])[] {
  const asked = rows.map((row) => planned.rows?.[row] ?? row);
  const columns = Array.from(deriveColumns({ ...planned, rows: asked }), (values) => values.slice());
  return Array.from(rows, (_, at) => columns.map((values) => values[at]!));
}

/** One a column: what is expected at that row by the versions that know, and what training stayed within by the others. */
export function usualAt(
  { fitted, x }: Pick<ExplainInput, 'fitted' | 'x'>,
  row: number,
): readonly UsualRange[] {
  const entity = x.entities[x.entityOf[row]!]!;
  const profiles = profilesOf(fitted.scaler, entity);
  if (fitted.evidence === undefined) return profiles;
  const series = seriesOf(fitted.evidence.expectation, entity);
  return profiles.map((profile, c) => {
    const isCalendar = fitted.plan.columns[c]!.source.kind === 'calendar';
    const range = isCalendar ? undefined : expectRange(series[c]!, profile, x.times[row]!);
    return range === undefined ? profile : { ...range, byHour: isSeasonal(series[c]!) };
  });
}

function toReasons(
  { fitted, planned, x, metrics }: ExplainInput,
  told: {
    readonly row: number;
    readonly contributions: readonly Contribution[];
    /** Of each column, unscaled. */
    readonly values: readonly number[];
  },
): readonly Reason[] {
  const { row, contributions, values } = told;
  const usual = usualAt({ fitted, x }, row);
  const bySubject = new Map<string, Part[]>();
  for (const { feature, share } of contributions) {
    const column = fitted.plan.columns.findIndex(({ name }) => name === feature);
    // What is missing is told as a silence, where the version misses anything.
    if (fitted.evidence !== undefined && fitted.plan.columns[column]!.source.kind === 'availability')
      continue;
    const subject = nameSource(fitted.plan.columns[column]!.source);
    const part = { column, share, isUnusual: isUnusual(values[column]!, usual[column]!) };
    bySubject.set(subject, [...(bySubject.get(subject) ?? []), part]);
  }
  return Array.from(bySubject.values(), (parts) => {
    const shown = findMostTelling(parts);
    return {
      share: parts.reduce((sum, part) => sum + part.share, 0),
      ...describeFeature({
        column: fitted.plan.columns[shown.column]!,
        step: planned.window.step,
        value: values[shown.column]!,
        usual: usual[shown.column]!,
        time: x.times[row]!,
        metrics,
      }),
    };
  })
    .filter(({ share }) => share >= LEAST_SHARE)
    .sort((a, b) => b.share - a.share);
}

function findMostTelling(parts: readonly Part[]): Part {
  const unusual = parts.filter((part) => part.isUnusual);
  return (unusual.length > 0 ? unusual : parts).reduce((a, b) => (b.share > a.share ? b : a));
}

export function isUnusual(value: number, { low, high }: UsualRange): boolean {
  return !(value >= low && value <= high);
}
