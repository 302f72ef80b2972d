/**
 * Range-AUC and VUS: ROC and precision-recall areas that forgive a detector for being a little early or late.
 *
 * Every labelled range gets a buffer on both sides in which the label falls off from 1, an alarm in the buffer counts
 * in part, and recall is scaled by the share of ranges that were touched at all. Range-AUC is for one length of the
 * buffer, VUS is its mean over every length from 0 to a maximum: no single length has to be picked.
 * Paparrizos et al. 2022, "Volume Under the Surface", doi:10.14778/3551793.3551830; the numbers are those of
 * `RangeAUC_volume_opt` and `RangeAUC_volume_opt_mem` (they agree) of TSB-AD, at its 250 thresholds.
 *
 * Cost: rows × log(rows) once, then for each length the rows within reach of a range.
 */
import { EvaluationError } from '../../base/errors.ts';
import { checkLabelledScores, checkLength, type LabelledScores } from './labelled-scores.ts';
import { firstAtOrBelow } from './threshold-sweep.ts';

export interface RangeAreas {
  /** NaN where no row is anomalous, or all are. */
  readonly roc: number;
  /** NaN where no row is anomalous. */
  readonly pr: number;
}

export interface RangeRows extends LabelledScores {
  /** Row → entity, rows of an entity together and in order of time: no buffer reaches into another entity. Absent: one. */
  readonly entityOf?: Uint32Array;
}

/** Buffer in rows that TSB-AD takes where it is not derived from the data. */
export const DEFAULT_MAX_BUFFER = 100;
/** Thresholds, at even ranks among the scores: TSB-AD's `thre`. */
const THRESHOLDS = 250;

/**
 * @param rows in order of time
 * @param maxBuffer rows, 0 or more: the label of a range fades over half of it on either side
 * @throws EvaluationError where there is no row, a label is neither 0 nor 1, a score is not finite, or the buffer is
 *   not a whole number of at least 0
 */
export function volumeUnderSurface(rows: RangeRows, maxBuffer: number = DEFAULT_MAX_BUFFER): RangeAreas {
  const ranked = rankRows(rows, maxBuffer);
  let roc = 0;
  let pr = 0;
  for (let buffer = 0; buffer <= maxBuffer; buffer++) {
    const areas = areasAt(ranked, buffer);
    roc += areas.roc;
    pr += areas.pr;
  }
  return { roc: roc / (maxBuffer + 1), pr: pr / (maxBuffer + 1) };
}

/** A run of labelled rows; all bounds inclusive. */
interface LabelledRange {
  readonly first: number;
  readonly last: number;
  /** First and last row of the entity. */
  readonly lowest: number;
  readonly highest: number;
}

interface RankedRows {
  readonly labels: Uint8Array;
  readonly ranges: readonly LabelledRange[];
  /** Row → index of the highest threshold that it reaches. */
  readonly rank: Uint16Array;
  /** Per threshold: rows at or above it, and labelled ones among them. */
  readonly called: Float64Array;
  readonly calledLabelled: Float64Array;
  readonly positives: number;
  /** Scratch, 0 between calls: what the buffers add to a row's label. */
  readonly extension: Float64Array;
}

function rankRows(rows: RangeRows, buffer: number): RankedRows {
  checkLabelledScores(rows);
  if (!(Number.isInteger(buffer) && buffer >= 0))
    throw new EvaluationError('bad-buffer', `a buffer of ${buffer} rows; it is a whole number, 0 or more`);
  const { labels, scores, entityOf = new Uint32Array(labels.length) } = rows;
  checkLength('entityOf', entityOf.length, labels.length);
  const descending = scores.slice().sort().reverse();
  // As numpy.linspace(0, rows - 1, 250).astype(int) has it.
  const stride = (scores.length - 1) / (THRESHOLDS - 1);
  const thresholds = Float64Array.from({ length: THRESHOLDS }, (_, k) =>
    k === THRESHOLDS - 1 ? descending.at(-1)! : descending[Math.floor(k * stride)]!,
  );
  const rank = Uint16Array.from(scores, (score) => firstAtOrBelow(thresholds, score));
  const called = new Float64Array(THRESHOLDS);
  const calledLabelled = new Float64Array(THRESHOLDS);
  for (let row = 0; row < rank.length; row++) {
    called[rank[row]!]! += 1;
    calledLabelled[rank[row]!]! += labels[row]!;
  }
  accumulate(called);
  accumulate(calledLabelled);
  return {
    labels,
    ranges: findRanges(labels, entityOf),
    rank,
    called,
    calledLabelled,
    positives: calledLabelled.at(-1)!,
    extension: new Float64Array(labels.length),
  };
}

function findRanges(labels: Uint8Array, entityOf: Uint32Array): readonly LabelledRange[] {
  const ranges: LabelledRange[] = [];
  let lowest = 0;
  for (let end = 1; end <= labels.length; end++) {
    if (end < labels.length && entityOf[end] === entityOf[lowest]) continue;
    for (let row = lowest; row < end; row++) {
      if (labels[row] !== 1) continue;
      const first = row;
      while (row + 1 < end && labels[row + 1] === 1) row++;
      ranges.push({ first, last: row, lowest, highest: end - 1 });
    }
    lowest = end;
  }
  return ranges;
}

function areasAt(ranked: RankedRows, buffer: number): RangeAreas {
  if (ranked.positives === 0) return { roc: NaN, pr: NaN };
  const { labels, called, calledLabelled, positives } = ranked;
  const reached = mergeWithinReach(ranked.ranges, buffer >> 1);
  const found = sumExtensions(ranked, reached, buffer);
  const touched = countTouched(ranked, reached);
  let roc = 0;
  let pr = 0;
  let lastTpr = 0;
  let lastFpr = 0;
  for (let k = 0; k < THRESHOLDS; k++) {
    const truePositives = calledLabelled[k]! + found[k]!;
    // Mean of the labelled rows and of those with the alarms in the buffers.
    const anomalous = (positives + positives + found[k]!) / 2;
    const recall = Math.min(truePositives / anomalous, 1);
    const tpr = recall * (touched[k]! / reached.length);
    const fpr = (called[k]! - truePositives) / (labels.length - anomalous);
    roc += ((fpr - lastFpr) * (tpr + lastTpr)) / 2;
    pr += ((tpr - lastTpr) * truePositives) / called[k]!;
    lastTpr = tpr;
    lastFpr = fpr;
  }
  roc += ((1 - lastFpr) * (1 + lastTpr)) / 2;
  return { roc, pr };
}

/** Ranges whose buffers touch count as one, as in TSB-AD. */
function mergeWithinReach(
  ranges: readonly LabelledRange[],
  reach: number,
): readonly { readonly first: number; readonly last: number }[] {
  const merged: { first: number; last: number; lowest: number }[] = [];
  for (const { first, last, lowest, highest } of ranges) {
    const reached = { first: Math.max(first - reach, lowest), last: Math.min(last + reach, highest), lowest };
    const before = merged.at(-1);
    if (before !== undefined && before.lowest === lowest && before.last >= first - reach)
      before.last = reached.last;
    else merged.push(reached);
  }
  return merged;
}

/** Per threshold: what alarms in the buffers count, in rows. */
function sumExtensions(
  { labels, ranges, rank, extension }: RankedRows,
  reached: readonly { readonly first: number; readonly last: number }[],
  buffer: number,
): Float64Array {
  const found = new Float64Array(THRESHOLDS);
  for (const { first, last, lowest, highest } of ranges) {
    for (let distance = 1; distance <= buffer >> 1; distance++) {
      const weight = Math.sqrt(1 - distance / buffer);
      if (last + distance <= highest) extension[last + distance]! += weight;
      if (first - distance >= lowest) extension[first - distance]! += weight;
    }
  }
  for (const { first, last } of reached) {
    for (let row = first; row <= last; row++) {
      if (labels[row] === 0) found[rank[row]!]! += Math.min(extension[row]!, 1);
      extension[row] = 0;
    }
  }
  accumulate(found);
  return found;
}

/** Per threshold: ranges with their buffers that hold an alarm. */
function countTouched(
  { rank }: RankedRows,
  reached: readonly { readonly first: number; readonly last: number }[],
): Float64Array {
  const touched = new Float64Array(THRESHOLDS);
  for (const { first, last } of reached) {
    let best = THRESHOLDS - 1;
    for (let row = first; row <= last; row++) if (rank[row]! < best) best = rank[row]!;
    touched[best]! += 1;
  }
  accumulate(touched);
  return touched;
}

function accumulate(counts: Float64Array): void {
  for (let i = 1; i < counts.length; i++) counts[i]! += counts[i - 1]!;
}
