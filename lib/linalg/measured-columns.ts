/**
 * What the columns of a matrix have measured, each as one array in the memory of a WebAssembly kernel, and values of any
 * rank among them: a tenth of a sort's time.
 */
import { COLUMNS_KERNEL } from './columns-kernel.ts';
import { copyPart } from './copy-rows.ts';
import { planMemory } from './memory-plan.ts';

/** Order statistics of one array, not empty. */
export interface RankedValues {
  readonly count: number;
  /** @param rank from 0, ascending */
  valueAt(rank: number): number;
  /** Median of |value - center|. */
  medianDistance(center: number): number;
}

export interface MeasuredColumns {
  /** Columns that are taken apart at a time. */
  readonly slice: number;
  /** Starts anew, with other columns. */
  clear(): void;
  /**
   * Appends what these rows have measured in columns `from` to `from` + slice, or the last one.
   * @returns per column how many values it has now
   */
  append(
    matrix: { readonly values: Float32Array; readonly width: number },
    rows: Uint32Array,
    from: number,
  ): Uint32Array;
  /** Values of a column, for reading, until `clear`. */
  view(column: number, start: number, end: number): Float32Array;
  rank(column: number, start: number, end: number): RankedValues;
}

interface Kernel {
  splitRows(rows: number, count: number, stride: number, columns: number, ends: number): void;
  measureDistances(values: number, count: number, center: number, out: number): void;
  takeDistances(
    values: number,
    distances: number,
    count: number,
    center: number,
    distance: number,
    out: number,
  ): number;
  countDigits(values: number, count: number, counts: number): void;
  selectRank(
    values: number,
    count: number,
    rank: number,
    counts: number,
    later: number,
    scratch: number,
    result: number,
  ): void;
}

/** Their values share a cache line of 64 bytes. */
const SLICE = 16;
/** Above it fewer columns are taken apart at a time: WebAssembly has 4 GiB. */
const MAX_SLICE_BYTES = 2 ** 30;
/** Rows that are taken apart at a time: they stay in the first cache. */
const CHUNK = 128;
/** Columns begin one cache line farther than a round number of bytes: else they share the same few sets of a cache. */
const LINE = 64;
const FIRST_COUNTS_BYTES = 2 * 4 * 2 ** 13;
const LATER_COUNTS_BYTES = 4 * 2 ** 10;

let compiled: WebAssembly.Module | undefined;

/** @param count values of a column, at most */
export function openMeasuredColumns(count: number, width: number): MeasuredColumns {
  const columnBytes = LINE * (2 * Math.ceil((4 * count + LINE) / (2 * LINE)) + 1);
  const slice = Math.max(1, Math.min(SLICE, width, Math.floor(MAX_SLICE_BYTES / columnBytes)));
  const plan = planMemory();
  const at = {
    columns: plan.take(slice * columnBytes),
    chunk: plan.take(CHUNK * slice * 4),
    ends: plan.take(slice * 4),
    distances: plan.take(columnBytes),
    scratch: plan.take(8 * count + LINE),
    counts: plan.take(FIRST_COUNTS_BYTES),
    later: plan.take(LATER_COUNTS_BYTES),
    result: plan.take(8),
  };
  const memory = plan.open();
  const { buffer } = memory;
  compiled ??= new WebAssembly.Module(Buffer.from(COLUMNS_KERNEL, 'base64'));
  const kernel = new WebAssembly.Instance(compiled, { env: { memory } }).exports as unknown as Kernel;
  const chunk = new Float32Array(buffer, at.chunk, CHUNK * slice);
  const ends = new Uint32Array(buffer, at.ends, slice);
  const selected = new Float32Array(buffer, at.result, 1);
  const less = new Uint32Array(buffer, at.result + 4, 1);
  const begin = (column: number): number => at.columns + column * columnBytes;
  const select = (values: number, length: number, rank: number): number => {
    kernel.selectRank(values, length, rank, at.counts, at.later, at.scratch, at.result);
    return selected[0]!;
  };
  return {
    slice,
    clear: () => {
      for (let c = 0; c < slice; c++) ends[c] = begin(c);
    },
    append: ({ values, width: stride }, rows, from) => {
      const columns = Math.min(slice, stride - from);
      for (let first = 0; first < rows.length; first += CHUNK) {
        const part = rows.subarray(first, first + CHUNK);
        copyPart({ values, width: stride }, part, { from, columns }, chunk);
        kernel.splitRows(at.chunk, part.length, columns, columns, at.ends);
      }
      return Uint32Array.from({ length: columns }, (_, c) => (ends[c]! - begin(c)) / 4);
    },
    view: (column, start, end) => new Float32Array(buffer, begin(column) + 4 * start, end - start),
    rank: (column, start, end) => {
      const values = begin(column) + 4 * start;
      const length = end - start;
      kernel.countDigits(values, length, at.counts);
      return {
        count: length,
        valueAt: (rank) => select(values, length, rank),
        medianDistance: (center) => {
          kernel.measureDistances(values, length, center, at.distances);
          kernel.countDigits(at.distances, length, at.counts);
          const distanceAt = (rank: number): number => {
            const rounded = select(at.distances, length, rank);
            const below = less[0]!;
            // Rounding keeps their order: the exact one is among those that round to the same.
            const alike = kernel.takeDistances(values, at.distances, length, center, rounded, at.scratch);
            return new Float64Array(buffer, at.scratch, alike).sort()[rank - below]!;
          };
          const upper = distanceAt(length >> 1);
          const median = length % 2 === 1 ? upper : (distanceAt((length >> 1) - 1) + upper) / 2;
          kernel.countDigits(values, length, at.counts);
          return median;
        },
      };
    },
  };
}
