/** What is fitted on and what is scored, for one series. */
import { DEFAULTS } from '../../lib/config/defaults.ts';
import type { SeriesFiles } from './find-series.ts';
import { cutSeries, readSeries, type Series, SeriesError } from './read-series.ts';

export interface QualityCase {
  readonly train: Series;
  readonly test: Series;
  /** Whether the test begins where the training ends, and may look back on it. */
  readonly follows: boolean;
}

/** Share of a file that has no training file, as NAB's probation is. */
const FIRST_SHARE = 0.15;
/** Rows below which nothing is fitted: an entity needs as many for a scale of its own. */
const LEAST_TRAINING_ROWS = 64;

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
    const first = countFirstRows(rows);
    const train = cutSeries(scored, 0, first);
    return makeCase({ ...train, labels: new Uint8Array(first) }, cutSeries(scored, first, rows));
  }
  const train = readSeries(trainFile);
  const unknown = scored.metrics.filter((metric) => !train.metrics.includes(metric));
  const lost = train.metrics.filter((metric) => !scored.metrics.includes(metric));
  // A column that holds nothing on one side cannot be compared; the product would refuse to score without it.
  return makeCase(withoutMetrics(train, lost), withoutMetrics(scored, unknown));
}

/** The warm-up after which a detector trains by itself, where that leaves half of the file; a fixed share at least. */
function countFirstRows(rows: number): number {
  const share = Math.ceil(FIRST_SHARE * rows);
  return rows >= 2 * DEFAULTS.warmup ? Math.max(share, DEFAULTS.warmup) : share;
}

function makeCase(train: Series, test: Series): QualityCase {
  if (train.times.length < LEAST_TRAINING_ROWS)
    throw new SeriesError(`${train.times.length} training rows; at least ${LEAST_TRAINING_ROWS}`);
  const pause = test.times[0]! - train.times.at(-1)!;
  const follows = train.step === test.step && pause > 0 && pause <= 2 * train.step;
  return { train, test, follows };
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
