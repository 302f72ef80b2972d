/** Why rows scored as they did, in the metrics' own units. */
import type { Reason } from '../../alert/alert.ts';
import type { Detector } from '../../config/detector.ts';
import type { ScanInput } from '../../evidence/statistics.ts';
import { nameSource } from '../../features/column-name.ts';
import { deriveColumns } from '../../features/derive-columns.ts';
import type { FeatureMatrix } from '../../features/feature-matrix.ts';
import type { PlannedRows } from '../../features/source-columns.ts';
import type { Contribution } from '../../models/framework/contract.ts';
import { describeFeature, type UsualRange } from './describe-feature.ts';
import type { FittedDetector } from './fitted-detector.ts';
import { openUsual, type Usual } from './usual-at.ts';

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
  readonly leastChanges: ScanInput['leastChanges'];
}

/**
 * All at once: what a window's columns are derived from is looked through once, however many anomalies are in it.
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
  const usual = openUsual(given);
  return Array.from(rows, (row, at) =>
    toReasons({ ...given, usual }, { row, contributions: explained[at] ?? [], values: values[at]! }),
  );
}

/** @returns for each of the rows the values of all columns, raw */
export function deriveValues(planned: PlannedRows, rows: Uint32Array): readonly (readonly number[])[] {
  const asked = rows.map((row) => planned.rows?.[row] ?? row);
  const columns = Array.from(deriveColumns({ ...planned, rows: asked }), (values) => values.slice());
  return Array.from(rows, (_, at) => columns.map((values) => values[at]!));
}

function toReasons(
  { fitted, planned, x, metrics, usual: usualOf }: ExplainInput & { readonly usual: Usual },
  told: {
    readonly row: number;
    readonly contributions: readonly Contribution[];
    /** Of each column, unscaled. */
    readonly values: readonly number[];
  },
): readonly Reason[] {
  const { row, contributions, values } = told;
  const usual = fitted.plan.columns.map((_, column) => usualOf.at(row, column));
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
