/** What a manifest asks for, as columns: durations become rows, and shorthands the columns that they stand for. */
import { formatDuration } from '../base/duration.ts';
import { FeatureError } from '../base/errors.ts';
import {
  type FeatureOperation,
  type FeatureRequest,
  type FeatureSettings,
  STATISTICS,
} from '../config/feature-settings.ts';
import { nameColumn } from './column-name.ts';
import { type Accumulating, transformOf } from './counters.ts';
import type { ColumnSource, PlannedColumn, Transform } from './planned-column.ts';

/** Each adds a column to every row of every window. */
const MOST_COLUMNS = 2000;
/** Earlier rows that a column may need, all its operations together: 8 days by the minute. */
const MOST_CONTEXT_ROWS = 20_000;

/**
 * @param metrics those of the data, sorted
 * @param step ms
 * @param counters metrics that are judged by their rate where no operation is asked for
 * @throws FeatureError where a metric is not there, a duration is no whole number of steps, two requests make the same
 *   column, or there are too many
 */
export function planColumns(
  metrics: readonly string[],
  settings: FeatureSettings,
  step: number,
  counters: ReadonlyMap<string, Accumulating> = new Map(),
): readonly PlannedColumn[] {
  const asked = settings.columns.flatMap((request) =>
    sourcesOf(request, metrics, settings.timeZone).flatMap((source) =>
      chainsOf(request, step).map((transforms) => ({
        name: nameColumn(source, transforms, step),
        source,
        transforms,
      })),
    ),
  );
  const columns = judgeByRate(asked, counters, step);
  if (columns.length > MOST_COLUMNS)
    throw new FeatureError(
      'too-many-columns',
      `${columns.length} feature columns of ${metrics.length} metrics; the limit is ${MOST_COLUMNS}`,
    );
  const seen = new Set<string>();
  for (const { name } of columns) {
    if (seen.has(name))
      throw new FeatureError('repeated-column', `two features are the same column: ${name}`);
    seen.add(name);
  }
  return columns;
}

/** A counter as it is becomes its rate, unless that is asked for beside it. */
function judgeByRate(
  asked: readonly PlannedColumn[],
  counters: ReadonlyMap<string, Accumulating>,
  step: number,
): readonly PlannedColumn[] {
  const names = new Set(asked.map(({ name }) => name));
  return asked.flatMap((column) => {
    const { source, transforms } = column;
    const kind = source.kind === 'metric' ? counters.get(source.metric) : undefined;
    if (kind === undefined || transforms.length > 0) return [column];
    const rate = [transformOf(kind)];
    const name = nameColumn(source, rate, step);
    return names.has(name) ? [] : [{ name, source, transforms: rate }];
  });
}

function sourcesOf(
  request: FeatureRequest,
  metrics: readonly string[],
  timeZone: string,
): readonly ColumnSource[] {
  if (request.kind === 'calendar')
    return (['sine', 'cosine'] as const).map((wave) => ({
      kind: 'calendar',
      cycle: request.cycle,
      wave,
      timeZone,
    }));
  if (request.kind === 'ratio') {
    const { of, to } = request;
    checkKnown([of, to], metrics);
    return [{ kind: 'ratio', of, to }];
  }
  const wanted = request.metrics === 'all' ? metrics : [...request.metrics].sort();
  checkKnown(wanted, metrics);
  return wanted.map((metric) => ({ kind: 'metric', metric }));
}

/** One list of transforms per column: several where an operation stands for several. */
function chainsOf(request: FeatureRequest, step: number): readonly (readonly Transform[])[] {
  if (request.kind === 'calendar') return [[]];
  let chains: readonly (readonly Transform[])[] = [[]];
  for (const operation of request.apply) {
    const made = transformsOf(operation, step);
    chains = chains.flatMap((chain) => made.map((transform) => [...chain, transform]));
  }
  for (const chain of chains) checkContext(chain);
  return chains;
}

function transformsOf(operation: FeatureOperation, step: number): readonly Transform[] {
  if (operation.kind === 'log') return [{ kind: 'log' }];
  const { kind, over } = operation;
  switch (kind) {
    case 'change':
    case 'relative_change':
    case 'rate':
    case 'lag':
      return [{ kind, rows: toRows(over, step, 1, kind) }];
    case 'smooth':
      return [{ kind: 'rolling', statistic: 'median', rows: toRows(over, step, 2, kind) }];
    case 'vector': {
      const rows = toRows(over, step, 2, kind);
      return [
        ...STATISTICS.map((statistic): Transform => ({ kind: 'rolling', statistic, rows })),
        { kind: 'change', rows },
      ];
    }
    default:
      return [{ kind: 'rolling', statistic: kind, rows: toRows(over, step, 2, kind) }];
  }
}

function toRows(over: number, step: number, least: number, operation: string): number {
  const rows = over / step;
  const text = `${operation} ${formatDuration(over)} at a step of ${formatDuration(step)}`;
  if (!Number.isSafeInteger(rows))
    throw new FeatureError('bad-duration', `${text} is ${rows} rows: not a whole number`);
  if (rows < least) throw new FeatureError('bad-duration', `${text} is ${rows} row; it needs ${least}`);
  return rows;
}

function checkContext(chain: readonly Transform[]): void {
  const rows = chain.reduce((sum, transform) => sum + ('rows' in transform ? transform.rows : 0), 0);
  if (rows > MOST_CONTEXT_ROWS)
    throw new FeatureError(
      'long-lookback',
      `a feature looks back over ${rows} rows; the limit is ${MOST_CONTEXT_ROWS}`,
    );
}

function checkKnown(wanted: readonly string[], metrics: readonly string[]): void {
  const unknown = wanted.find((metric) => !metrics.includes(metric));
  if (unknown === undefined) return;
  const known = metrics.slice(0, 20).map((metric) => JSON.stringify(metric));
  if (metrics.length > known.length) known.push(`${metrics.length - known.length} more`);
  throw new FeatureError(
    'unknown-metric',
    `a feature reads ${JSON.stringify(unknown)}, which the data does not have; it has ${known.join(', ')}`,
  );
}
