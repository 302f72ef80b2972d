/** Why an anomaly opened, where single metrics opened it: each by its own evidence, and over the stretch that it took. */
import type { Reason } from '../../alert/alert.ts';
import { formatDuration } from '../../base/duration.ts';
import type { RowEvidence } from '../../evidence/evidence.ts';
import { spreadAt } from '../../evidence/residuals.ts';
import { SHORT } from '../../evidence/statistics.ts';
import { type ColumnEvidence, findTellingColumns, type OffWhat } from '../../evidence/telling-metrics.ts';
import { expectAt, scatterAt, seriesOf } from '../../expectation/expectation.ts';
import { isSeasonal, keepSign, unscale } from '../../expectation/expected-range.ts';
import { nameSource } from '../../features/column-name.ts';
import { profilesOf } from '../../features/scaler.ts';
import { describeFeature, type UsualRange } from './describe-feature.ts';
import { deriveValues, type ExplainInput, explainRows, isUnusual } from './explain-rows.ts';
import type { FittedDetector } from './fitted-detector.ts';
import { openUsual, type Usual } from './usual-at.ts';

/** What has less of the largest evidence, or of what opens an anomaly, did not open it. */
const LEAST_OF_LARGEST = 0.5;
const LEAST_RATIO = 0.5;
/** Rows from which a stretch is told by its mean: a row of it alone need not be out at all. */
const LEAST_TOLD_BY_MEAN = 30;

interface Given extends ExplainInput {
  readonly fitted: ExplainInput['fitted'] & { readonly evidence: NonNullable<FittedDetector['evidence']> };
  /** Of a row: the one column that is off what training predicts, wherever it has been of late. Left out: all, by what they are judged by. */
  readonly columnOf?: (row: number) => number | undefined;
}

/** Metrics by themselves, all of them together as the model sees them, or one that has drifted off what training predicts: its column. */
export type ToldBy = 'metrics' | 'model' | { readonly drifted: number };

/**
 * By what opened an anomaly at these rows.
 * @param given.toldBy of a row of `x`
 */
export async function explainDecided(
  given: ExplainInput & {
    readonly toldBy: (row: number) => ToldBy;
  },
  rows: Uint32Array,
): Promise<readonly (readonly Reason[])[]> {
  const { toldBy } = given;
  const { evidence } = given.fitted;
  if (evidence === undefined) return explainRows(given, rows);
  const fitted = { ...given.fitted, evidence };
  const ofModel = rows.filter((row) => toldBy(row) === 'model');
  const ofMetrics = rows.filter((row) => toldBy(row) === 'metrics');
  const drifted = rows.filter((row) => typeof toldBy(row) === 'object');
  const found = new Map<number, readonly Reason[]>();
  const keep = (those: Uint32Array, reasons: readonly (readonly Reason[])[]): void => {
    for (const [at, row] of those.entries()) found.set(row, reasons[at]!);
  };
  keep(ofModel, await explainRows(given, ofModel));
  keep(ofMetrics, explainEvidence({ ...given, fitted }, ofMetrics));
  const columnOf = (row: number): number | undefined => {
    const told = toldBy(row);
    return typeof told === 'object' ? told.drifted : undefined;
  };
  keep(drifted, explainEvidence({ ...given, fitted, columnOf }, drifted));
  return Array.from(rows, (row) => found.get(row)!);
}

/** The larger part speaks. @param row of `evidence` */
export function isOfMetrics(
  { metrics, joint }: Pick<RowEvidence, 'metrics' | 'joint'>,
  row: number,
): boolean {
  return metrics[row]! > 0 && metrics[row]! >= joint[row]!;
}

/**
 * @param rows of `x`, whose evidence is of metrics
 * @returns for each of them one reason per metric, the largest evidence first; shares are in proportion to it
 */
export function explainEvidence(given: Given, rows: Uint32Array): readonly (readonly Reason[])[] {
  if (rows.length === 0) return [];
  const { fitted, planned, x, leastChanges, columnOf } = given;
  const offWhat: OffWhat = columnOf === undefined ? 'both' : 'training';
  const found = findTellingColumns({ x, fitted: fitted.evidence, leastChanges, offWhat }, rows);
  const values = deriveValues(planned, rows);
  const usual = openUsual({ ...given, offWhat });
  return Array.from(rows, (row, at) => {
    const asked = columnOf?.(row);
    const off = found[at]!.filter(({ column }) => asked === undefined || column === asked);
    const told = keepTelling(takeSubjects(given, off));
    const total = told.reduce((sum, { ratio }) => sum + ratio, 0);
    return told.map((evidence) => ({
      share: evidence.ratio / total,
      ...describeColumn({ ...given, usual }, { row, evidence, value: values[at]![evidence.column]! }),
    }));
  });
}

/** Of the columns of a metric the one with the largest evidence. */
function takeSubjects({ fitted }: Given, found: readonly ColumnEvidence[]): readonly ColumnEvidence[] {
  const bySubject = new Map<string, ColumnEvidence>();
  for (const evidence of found) {
    const { source } = fitted.plan.columns[evidence.column]!;
    const subject = nameSource(source);
    if (source.kind !== 'calendar' && !bySubject.has(subject)) bySubject.set(subject, evidence);
  }
  return [...bySubject.values()];
}

/** Evidence at which an anomaly opens. */
const OPENS_ALONE = 1;

function keepTelling(found: readonly ColumnEvidence[]): readonly ColumnEvidence[] {
  const largest = found[0]?.ratio ?? 0;
  // Several together may open an anomaly without any that comes near to it alone.
  const least = Math.max(LEAST_OF_LARGEST * largest, Math.min(LEAST_RATIO, largest));
  // What would have opened it by itself is never left out, however far another went.
  return found.filter(({ ratio }) => ratio >= Math.min(least, OPENS_ALONE));
}

function describeColumn(
  given: Given & { readonly usual: Usual },
  told: { readonly row: number; readonly evidence: ColumnEvidence; readonly value: number },
): Omit<Reason, 'share'> {
  const { fitted, planned, x, metrics } = given;
  const { row, evidence, value } = told;
  const column = fitted.plan.columns[evidence.column]!;
  const { step } = planned.window;
  const atRow = given.usual.at(row, evidence.column);
  const stretch = needsStretch(evidence, value, atRow) ? overStretch(given, row, evidence) : undefined;
  const described = describeFeature({
    column,
    step,
    value: stretch?.value ?? value,
    usual: stretch?.usual ?? atRow,
    time: x.times[row]!,
    metrics,
  });
  if (stretch === undefined) return described;
  const mean = `mean over ${formatDuration(stretch.rows * step)}`;
  return { ...described, derived: [described.derived ?? [], mean].flat().join(', ') };
}

function needsStretch({ length }: ColumnEvidence, value: number, usual: UsualRange): boolean {
  return length >= LEAST_TOLD_BY_MEAN || !isUnusual(value, usual);
}

/** Undefined where a mean says nothing: of a constant, and of logarithms. */
function overStretch(
  { fitted, planned, x, leastChanges, usual }: Given & { readonly usual: Usual },
  row: number,
  { column, length, component }: ColumnEvidence,
): { readonly rows: number; readonly value: number; readonly usual: UsualRange } | undefined {
  const { plan, scaler, evidence } = fitted;
  const entity = x.entities[x.entityOf[row]!]!;
  const profile = profilesOf(scaler, entity)[column]!;
  if (profile.shape !== 'varies' || plan.columns[column]!.transforms.some(({ kind }) => kind === 'log'))
    return undefined;
  const series = seriesOf(evidence.expectation, entity)[column]!;
  const rows = length === 0 ? SHORT.n : length;
  const from = x.times[row]! - (rows - 0.5) * planned.window.step;
  let count = 0;
  let value = 0;
  let expected = 0;
  let scatter = 0;
  let spread = 0;
  let moved = 0;
  const least = leastChanges(entity)[column]!;
  for (let at = row; at >= 0 && x.entityOf[at] === x.entityOf[row] && x.times[at]! > from; at--) {
    const scaled = x.values[at * x.names.length + column]!;
    if (Number.isNaN(scaled)) continue;
    count++;
    value += scaled;
    expected += expectAt(series, x.times[at]!);
    moved += usual.movedAt(at, column);
    scatter += scatterAt(series, x.times[at]!);
    spread += spreadAt(series, least, x.times[at]!);
  }
  if (count === 0) return undefined;
  const center = (expected + moved) / count;
  const wide = scatter / count;
  const reach = (evidence.reach[component]! * spread) / count;
  const inUnits = (scaled: number): number => keepSign(unscale(scaled, profile), profile);
  return {
    rows,
    value: unscale(value / count, profile),
    usual: {
      // Of a few rows the band of each; of many how far their mean goes by itself.
      low: inUnits(center + (length === 0 ? wide * series.low : -reach)),
      high: inUnits(center + (length === 0 ? wide * series.high : reach)),
      center: inUnits(center),
      byHour: isSeasonal(series),
      ...(moved !== 0 && { moved: (moved / count) * profile.divisor }),
    },
  };
}
