/** Fits series after series, and leaves off between two of them when the time is up. */
import { ModelError, RetryLaterError } from '../../errors.ts';
import type { FeatureMatrix } from '../../features/feature-matrix.ts';
import type { FitRun, JsonValue } from '../contract.ts';
import type { FittedSeries, Series, UnivariateKind } from './contract.ts';
import { countMeasured, groupRows, takeSeries, takeTimes } from './group-rows.ts';
import { type PackedRecords, packRecords, unpackRecords } from './packed-records.ts';
import { emptyScores } from './series-scores.ts';
import { loadPartialFit, savePartialFit } from './state.ts';
import { fitTail, TAIL_LENGTH } from './tail.ts';

/** Ms kept back for writing the checkpoint. */
const CHECKPOINT_RESERVE = 10_000;

export interface SeriesFitResult<Params> {
  readonly fitted: FittedSeries<Params>;
  readonly notes: readonly string[];
}

/**
 * Rows that `run.labels` has as anomalous count as missing.
 * @throws ModelError where that leaves nothing
 * @throws RetryLaterError when the time is up; where there is a checkpoint, what is done so far is in it
 */
export async function fitAllSeries<Params>(
  kind: UnivariateKind<Params>,
  x: FeatureMatrix,
  params: Params & JsonValue,
  run: FitRun,
): Promise<SeriesFitResult<Params>> {
  const columns = x.names.length;
  const total = (x.entities.length + 1) * columns;
  const identity = { columns: x.names, entities: x.entities, params };
  const pace = createPace(run);
  const saved = await run.checkpoint?.read();
  const done = saved && loadPartialFit(kind, saved, identity);
  const records: ArrayLike<number>[] = done ? [...unpackRecords(done)] : [];
  const tails = new Float32Array(total * TAIL_LENGTH).fill(NaN);
  if (done) tails.set(done.tails);
  pace.check(records.length, total);

  const least = kind.leastValues(params);
  const groups = groupRows(x);
  const fit = await kind.openFit(params);
  for (const [entity, rows] of groups.entries()) {
    if (records.length >= (entity + 1) * columns) continue;
    const times = takeTimes(x, rows);
    for (let column = records.length - entity * columns; column < columns; column++) {
      await pauseIfLate();
      const series = takeSeries({ x, rows, times, labels: run.labels }, column);
      add(countMeasured(series) >= least ? fit.fit(series) : [], [series]);
    }
  }
  for (let column = records.length - groups.length * columns; column < columns; column++) {
    await pauseIfLate();
    addStandIn(column);
  }
  if (records.every((record) => record.length === 0))
    throw new ModelError(
      'nothing-measured',
      `${x.times.length} rows without a value that is not labelled anomalous and can be learned from`,
    );
  const fitted = { ...identity, ...packRecords(records, kind.recordType), tails };
  return { fitted, notes: kind.describeFit(records.slice(0, x.entities.length * columns), params) };

  /** Of one entity alone its own record; of several, what they have in common. */
  function addStandIn(column: number): void {
    const series: Series[] = [];
    for (const rows of groups) {
      const each = takeSeries({ x, rows, times: takeTimes(x, rows), labels: run.labels }, column);
      if (countMeasured(each) > 0) series.push(each);
    }
    const own = records.filter((record, i) => i % columns === column && record.length > 0);
    if (series.length === 0) add([], []);
    else if (series.length === 1) add(own[0] ?? fit.fit(series[0]!), series);
    else add(fit.fitPool(series), series);
  }

  function add(record: ArrayLike<number>, series: readonly Series[]): void {
    if (record.length > 0)
      tails.set(fitTail(residualsOf({ kind, series, record, params })), records.length * TAIL_LENGTH);
    records.push(record);
    run.onProgress?.(records.length / total);
  }

  async function pauseIfLate(): Promise<void> {
    if (!pace.isLate()) return;
    const packed: PackedRecords = packRecords(records, kind.recordType);
    if (records.length > 0)
      await run.checkpoint?.write(savePartialFit(kind, { ...identity, ...packed, tails }));
    pace.stop(records.length, total);
  }
}

/** Of the training, the first rows of a series included: there are no others before them. */
function residualsOf<Params>(given: {
  readonly kind: UnivariateKind<Params>;
  readonly series: readonly Series[];
  readonly record: ArrayLike<number>;
  readonly params: Params;
}): Float64Array {
  const parts = given.series.map((series) => {
    const scores = emptyScores(series.times.length);
    given.kind.score(series, given.record, given.params, scores);
    return scores.residuals;
  });
  const all = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

interface Pace {
  /** Whether the time left is less than the slowest series took, or none. */
  isLate(): boolean;
  /** @throws RetryLaterError where no time is left */
  check(done: number, total: number): void;
  /** @throws RetryLaterError */
  stop(done: number, total: number): never;
}

/** The deadline is the only clock: what a series takes is what is gone of the time left. */
function createPace({ deadline, checkpoint }: FitRun): Pace {
  const reserve = checkpoint === undefined ? 0 : CHECKPOINT_RESERVE;
  let slowest = 0;
  let last = deadline.remaining();
  return {
    isLate() {
      const remaining = deadline.remaining();
      if (remaining === Infinity) return false;
      slowest = Math.max(slowest, last - remaining);
      last = remaining;
      return remaining <= reserve + slowest;
    },
    check(done, total) {
      if (deadline.remaining() <= 0) this.stop(done, total);
    },
    stop(done, total) {
      throw new RetryLaterError(
        'deadline',
        `fit stopped after ${done} of ${total} series: ${Math.max(0, Math.round(deadline.remaining()))} ms of its time are left`,
      );
    },
  };
}
