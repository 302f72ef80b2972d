/** Fits series after series, on several threads where there are any, and leaves off when the time is up. */
import { ModelError } from '../../../base/errors.ts';
import type { FeatureMatrix } from '../../../features/feature-matrix.ts';
import type { FitRun, JsonValue } from '../contract.ts';
import type { FittedSeries, Series, UnivariateKind } from './contract.ts';
import type { FittedRecord } from './fit-record.ts';
import { countMeasured, groupRows, takeSeries, takeTimes } from './group-rows.ts';
import { packRecords, unpackRecords } from './packed-records.ts';
import { loadPartialFit, savePartialFit } from './state.ts';
import { TAIL_LENGTH } from './tail.ts';
import { closeFitters, countPools, openFitters, type SeriesFitter } from './threads.ts';
import { createTimeBudget } from './time-budget.ts';

const NOTHING: FittedRecord = { record: [], tail: undefined };

export interface SeriesFitResult<Params> {
  readonly fitted: FittedSeries<Params>;
  readonly notes: readonly string[];
}

/**
 * Rows that `run.labels` has as anomalous count as missing.
 * @param threads that fit. What comes out does not depend on it
 * @throws ModelError where that leaves nothing
 * @throws RetryLaterError when the time is up; where there is a checkpoint, what is done so far is in it
 */
export async function fitAllSeries<Params>(
  kind: UnivariateKind<Params>,
  x: FeatureMatrix,
  params: Params & JsonValue,
  run: FitRun,
  threads: number,
): Promise<SeriesFitResult<Params>> {
  const columns = x.names.length;
  const own = x.entities.length * columns;
  const total = own + columns;
  const identity = { columns: x.names, entities: x.entities, params };
  const budget = createTimeBudget(run);
  const saved = await run.checkpoint?.read();
  const done = saved && loadPartialFit(kind, saved, identity);
  const records: ArrayLike<number>[] = done ? [...unpackRecords(done)] : [];
  const tails = new Float32Array(total * TAIL_LENGTH).fill(NaN);
  if (done) tails.set(done.tails);
  budget.check(records.length, total);

  const least = kind.leastValues(params);
  const groups = groupRows(x).map((rows) => ({ rows, times: takeTimes(x, rows) }));
  const fitters = await openFitters(kind, params, Math.max(1, Math.min(threads, total - records.length)));
  try {
    await fitUpTo(own, fitOwn, fitters);
    await fitUpTo(total, fitStandIn, fitters.slice(0, countPools(x.times.length)));
  } finally {
    await closeFitters(fitters);
  }
  if (records.every((record) => record.length === 0))
    throw new ModelError(
      'nothing-measured',
      `${x.times.length} rows without a value that is not labelled anomalous and can be learned from`,
    );
  const fitted = { ...identity, ...packRecords(records, kind.recordType), tails };
  return { fitted, notes: kind.describeFit(records.slice(0, own), params) };

  /** Every fitter takes the next one in turn, so that when they stop, the first ones are done without a gap. */
  async function fitUpTo(
    until: number,
    fit: (fitter: SeriesFitter, index: number) => Promise<FittedRecord>,
    by: readonly SeriesFitter[],
  ): Promise<void> {
    let next = records.length;
    let fitted = next;
    await Promise.all(
      by.map(async (fitter) => {
        while (next < until && !budget.isLate()) {
          const index = next++;
          const { record, tail } = await budget.time(() => fit(fitter, index));
          records[index] = record;
          if (tail !== undefined) tails.set(tail, index * TAIL_LENGTH);
          run.onProgress?.(++fitted / total);
        }
      }),
    );
    // An earlier run may have come farther.
    if (next >= until) return;
    if (next > 0)
      await run.checkpoint?.write(
        savePartialFit(kind, { ...identity, ...packRecords(records, kind.recordType), tails }),
      );
    budget.stop(next, total);
  }

  async function fitOwn(fitter: SeriesFitter, index: number): Promise<FittedRecord> {
    const series = take(Math.floor(index / columns), index % columns);
    return countMeasured(series) < least ? NOTHING : await fitter.fit([series]);
  }

  /** Of one entity alone its own record; of several, what they have in common. */
  async function fitStandIn(fitter: SeriesFitter, index: number): Promise<FittedRecord> {
    const column = index - own;
    const measured = groups
      .map((_, entity) => ({ entity, series: take(entity, column) }))
      .filter(({ series }) => countMeasured(series) > 0);
    const [only, ...others] = measured;
    if (only === undefined) return NOTHING;
    const known = only.entity * columns + column;
    if (others.length === 0 && records[known]!.length > 0)
      return {
        record: records[known]!,
        tail: tails.slice(known * TAIL_LENGTH, (known + 1) * TAIL_LENGTH),
      };
    return await fitter.fit(measured.map(({ series }) => series));
  }

  function take(entity: number, column: number): Series {
    return takeSeries({ x, ...groups[entity]!, labels: run.labels }, column);
  }
}
