/**
 * Means over the newest rows of a series. They are differences of two sums from one row on, so that a row costs as much whatever
 * the length of its stretch.
 */

/** Spreads beyond which a row of a mean counts as this far: a mean is about many rows, and not about one. */
export const CLIP = 8;
/** The newest rows have to be off by this share of what the stretch is, or else it is over. */
export const STILL = 0.5;
/** Rows that say so. */
const NEWEST = 5;
/** Share of a stretch's rows that has to be measured. */
const LEAST_MEASURED = 0.5;
/** Whole millionths: a difference of sums of them is exact, so that no mean depends on the row that the sums begin at. */
const UNITS = 2 ** 20;

/** Which rows the stretches of a series hold: the same for all series of an entity. */
export interface Spans {
  /** First row that has means. */
  readonly begin: number;
  /** First row that the stretch of any of those holds. */
  readonly first: number;
  /** Length → for each row from `begin` on, the first row of its stretch. */
  readonly starts: ReadonlyMap<number, Uint32Array>;
}

/**
 * @param places of the rows on the grid of steps, ascending
 * @param lengths in rows
 */
export function findSpans(places: Float64Array, begin: number, lengths: readonly number[]): Spans {
  const starts = new Map<number, Uint32Array>();
  let first = begin;
  for (const length of [...lengths, NEWEST]) {
    const own = new Uint32Array(places.length - begin);
    let from = begin;
    if (own.length > 0) while (from > 0 && places[from - 1]! > places[begin]! - length) from--;
    first = Math.min(first, from);
    for (let i = begin; i < places.length; i++) {
      while (places[from]! <= places[i]! - length) from++;
      own[i - begin] = from;
    }
    starts.set(length, own);
  }
  return { begin, first, starts };
}

/** At i: over the first i rows from `Spans.first` on, those that are missing left out. */
export interface RunningSums {
  readonly counts: Uint32Array;
  readonly anchored: Float64Array;
  readonly recent: Float64Array;
}

/** For series of so many rows, one after the other. */
export function openSums({ first }: Spans, rows: number): RunningSums {
  const length = rows - first + 1;
  return {
    counts: new Uint32Array(length),
    anchored: new Float64Array(length),
    recent: new Float64Array(length),
  };
}

/** How far each row of a series is off, in spreads; both are NaN where nothing was measured. */
export interface OffSeries {
  readonly anchored: Float64Array;
  readonly recent: Float64Array;
}

/** Sums up what is off to one side. */
export function sumUp(
  sums: RunningSums,
  { anchored, recent }: OffSeries,
  { first, sign }: { readonly first: number; readonly sign: 1 | -1 },
): void {
  let [count, sumAnchored, sumRecent] = [0, 0, 0];
  for (let i = first; i < anchored.length; i++) {
    const own = anchored[i]!;
    if (!Number.isNaN(own)) {
      count++;
      sumAnchored += quantize(sign * own);
      sumRecent += quantize(sign * recent[i]!);
    }
    const at = i + 1 - first;
    sums.counts[at] = count;
    sums.anchored[at] = sumAnchored;
    sums.recent[at] = sumRecent;
  }
}

/** The mean of each row's stretch, where its newest rows are still off; 0 where it is not above 0. */
export function fillMeans(
  out: Float32Array,
  { counts, anchored, recent }: RunningSums,
  { spans, length }: { readonly spans: Spans; readonly length: number },
): void {
  const { begin, first } = spans;
  const long = spans.starts.get(length)!;
  const short = spans.starts.get(NEWEST)!;
  const least = LEAST_MEASURED * length;
  for (let i = 0; i < long.length; i++) {
    const end = begin + i + 1 - first;
    const from = long[i]! - first;
    const near = short[i]! - first;
    const count = counts[end]! - counts[from]!;
    const newestCount = counts[end]! - counts[near]!;
    if (count < least || newestCount === 0) {
      out[begin + i] = 0;
      continue;
    }
    const sum = Math.min(anchored[end]! - anchored[from]!, recent[end]! - recent[from]!);
    const newestSum = Math.min(anchored[end]! - anchored[near]!, recent[end]! - recent[near]!);
    const mean = sum / UNITS / count;
    out[begin + i] = mean > 0 && newestSum / UNITS / newestCount >= STILL * mean ? mean : 0;
  }
}

function quantize(value: number): number {
  return Math.round(Math.max(-CLIP, Math.min(CLIP, value)) * UNITS);
}
