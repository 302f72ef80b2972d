/** What is fitted on and what is scored, for one series. */
import { DEFAULTS } from '../../lib/config/defaults.ts';
import type { SeriesFiles } from './find-series.ts';
import { cutSeries, readSeries, type Series, SeriesError } from './read-series.ts';

export interface QualityCase {
  readonly train: Series;
  /** Test rows, and before them the newest training rows where the test follows at once. */
  readonly test: Series;
  /** Epoch ms: rows from here on count. */
  readonly testStart: number;
}

/** Share of a file that has no training file, as NAB's probation is… */
const FIRST_SHARE = 0.15;
/** …or the rows after which a detector trains by itself, where they are more; but never more than this share. */
const FIRST_SHARE_AT_MOST = 0.5;
/** Rows below which nothing is fitted. */
const LEAST_TRAINING_ROWS = 100;
/** Training rows that stand before the test as context; a day at a minute's step, as features look back. */
const CONTEXT_ROWS = 1440;

/**
 * @throws SeriesError where a file cannot be used
 *
 * Labels of a training file are given to the fit, as those of dropped data are; those of a file's own first part are
 * not, as nobody has labelled what has only just arrived.
 */
export function loadCase({ train: trainFile, test: testFile }: SeriesFiles): QualityCase {
  const scored = readSeries(testFile);
  if (trainFile === undefined) {
    const rows = scored.times.length;
    const first = Math.max(
      Math.ceil(FIRST_SHARE * rows),
      Math.min(DEFAULTS.warmup, Math.floor(FIRST_SHARE_AT_MOST * rows)),
    );
    const train = cutSeries(scored, 0, first);
    return makeCase({ ...train, labels: new Uint8Array(first) }, cutSeries(scored, first, rows));
  }
  const train = readSeries(trainFile);
  const unknown = scored.metrics.filter((metric) => !train.metrics.includes(metric));
  const lost = train.metrics.filter((metric) => !scored.metrics.includes(metric));
  // A column that holds nothing on one side cannot be compared; the product would refuse to score without it.
  return makeCase(withoutMetrics(train, lost), withoutMetrics(scored, unknown));
}

function makeCase(train: Series, test: Series): QualityCase {
  if (train.times.length < LEAST_TRAINING_ROWS)
    throw new SeriesError(`${train.times.length} training rows; at least ${LEAST_TRAINING_ROWS}`);
  const testStart = test.times[0]!;
  const pause = testStart - train.times.at(-1)!;
  const follows = train.step === test.step && pause > 0 && pause <= 2 * train.step;
  return { train, test: follows ? prepend(train, test) : test, testStart };
}

function prepend(train: Series, test: Series): Series {
  const rows = train.times.length;
  const context = cutSeries(train, Math.max(0, rows - CONTEXT_ROWS), rows);
  return {
    ...test,
    range: { start: context.range.start, end: test.range.end },
    entityOf: new Uint32Array(context.times.length + test.times.length),
    times: join(context.times, test.times),
    columns: test.metrics.map((metric, c) =>
      join(context.columns[train.metrics.indexOf(metric)]!, test.columns[c]!),
    ),
    labels: Uint8Array.from([...context.labels, ...test.labels]),
  };
}

function withoutMetrics(series: Series, names: readonly string[]): Series {
  const kept = series.metrics.flatMap((metric, c) => (names.includes(metric) ? [] : [c]));
  if (kept.length === 0) throw new SeriesError('training and test file share no column');
  return {
    ...series,
    metrics: kept.map((c) => series.metrics[c]!),
    columns: kept.map((c) => series.columns[c]!),
  };
}

function join(a: Float64Array, b: Float64Array): Float64Array {
  const both = new Float64Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
